#!/bin/sh
# Installs the MSP430 toolchain on Debian 12 (bookworm with bookworm-security). Safe to run again.
set -eu
packages="rustc-web cargo-web rust-web-src lld-22 mspdebug"
missing=
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -q
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi
/usr/bin/rustc --version
ld.lld-22 --version
