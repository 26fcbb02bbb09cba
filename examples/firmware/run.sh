#!/bin/sh
# Cargo's runner: builds the simulator for the host, then runs the firmware in it.
# FREEML_SIM names another simulator, or one that is already built.
set -eu
if [ -z "${FREEML_SIM:-}" ]; then
    root=$(cd "$(dirname "$0")/../.." && pwd)
    target=${CARGO_TARGET_DIR:-$root/target}
    case $target in /*) ;; *) target=$PWD/$target ;; esac
    # Built from the root, where the settings for msp430 do not apply.
    (cd "$root" && CARGO_TARGET_DIR=$target "${CARGO:-cargo}" build --quiet --release --package freeml-sim)
    FREEML_SIM=$target/release/freeml-sim
fi
exec "$FREEML_SIM" "$@"
