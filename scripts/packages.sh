#!/bin/sh
# Brings the programs that tests run beside Python, where this machine lets us; the tests that lack one say so themselves.
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need node nodejs
need npm npm
need openssl openssl
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >/dev/null 2>&1 && exit 0
fi
echo "LACKING:$missing; some tests will be skipped: apt install$missing" >&2
