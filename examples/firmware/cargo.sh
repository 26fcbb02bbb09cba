#!/bin/sh
# Cargo of Debian's toolchain, with the unstable features that msp430-none-elf needs, whatever
# rustup toolchain is in use: ./cargo.sh run --release -p smoke
unset RUSTC RUSTC_WRAPPER RUSTUP_TOOLCHAIN RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
PATH=/usr/bin:/bin RUSTC_BOOTSTRAP=1
export PATH RUSTC_BOOTSTRAP
exec /usr/bin/cargo "$@"
