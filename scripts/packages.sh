#!/bin/sh
# Brings the programs, fonts and libraries that tests use beside Python, where this machine lets us; the tests that
# lack one say so themselves.
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need node nodejs
need npm npm
need openssl openssl
need ffmpeg ffmpeg
need chromium chromium
need Xvfb xvfb
need exiftool libimage-exiftool-perl
need promtool prometheus
need redis-server redis-server
need faketime faketime
need unshare util-linux
need ip iproute2
need curl curl
need_file() { # PACKAGE, then the places where one of its files may be
    package="$1"; shift
    for place in "$@"; do [ -e "$place" ] && return; done
    missing="$missing $package"
}
need_file fonts-noto-core /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf
need_file fonts-noto-cjk /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
need_file libfribidi0 /usr/lib/*/libfribidi.so.0 /usr/lib*/libfribidi.so.0
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >/dev/null 2>&1 && exit 0
fi
echo "LACKING:$missing; some tests will be skipped: apt install$missing" >&2
