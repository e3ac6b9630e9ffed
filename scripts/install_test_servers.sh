#!/usr/bin/env bash
# Install what the tests cross a real boundary to: Chromium, PostgreSQL, Redis, coturn, a CJK font.
# As root on Debian or Ubuntu the missing ones are installed; else they are named, and the suites
# that need them are reported as skipped.
set -euo pipefail

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }
has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_cjk_font() { compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null; }

missing=()
has_chromium || missing+=(chromium)
has_postgres || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v turnserver >/dev/null || missing+=(coturn)
has_cjk_font || missing+=(fonts-noto-cjk)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed, so their suites will be reported as skipped: ${missing[*]}" >&2
    echo "Install them with: sudo apt-get install ${missing[*]}" >&2
    exit 0
fi

# A policy of "never start" keeps the packages' own services down: each test starts its own server.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made_policy=yes
fi
cleanup() { if [ "$made_policy" = yes ]; then rm -f "$policy"; fi; }
trap cleanup EXIT

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
for package in "${missing[@]}"; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
        echo "Could not install $package; its suites will be reported as skipped." >&2
done
