#!/usr/bin/env bash
# Print a Python 3.11 to 3.13 that can make virtual environments, or say clearly what is missing.
set -euo pipefail

fits() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
    fits "$candidate" || continue
    if ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$candidate cannot make virtual environments: apt-get install python3-venv" >&2
        exit 1
    fi
    command -v "$candidate"
    exit 0
done

found=$(python3 --version 2>/dev/null || echo "no python3")
echo "This needs Python 3.11, 3.12 or 3.13; found: $found." >&2
echo "Install one (apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
