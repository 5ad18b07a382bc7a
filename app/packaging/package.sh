#!/usr/bin/env bash
# Makes a Debian package of the program, and an AppImage where appimagetool is at hand, in target/package.
#
#   app/packaging/package.sh
#
# EQUIJUMP   takes this program instead of building one (it goes into target/release)
#
# Needs a Rust toolchain, gzip, and cargo-deb (`cargo install cargo-deb`; version 2.0 is too old, for it does
# not know edition 2024; dpkg-dev lets it find the libraries that the program needs).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
package=${CARGO_TARGET_DIR:-$PWD/target}/package
if [ "$package" != "$PWD/target/package" ]; then
    echo "package.sh: unset CARGO_TARGET_DIR; the package is made of what lies in target" >&2
    exit 1
fi
if [ -n "${EQUIJUMP:-}" ]; then
    mkdir -p target/release
    cp "$EQUIJUMP" target/release/equijump
else
    cargo build --release --locked -p equijump
fi
program=target/release/equijump

# A start from nothing: files of an earlier version must not get into the package.
rm -rf "$package"
mkdir -p "$package/completions"
"$program" man --out "$package/man"
"$program" completions bash >"$package/completions/equijump.bash"
"$program" completions zsh >"$package/completions/_equijump"
"$program" completions fish >"$package/completions/equijump.fish"

if command -v cargo-deb >/dev/null; then
    # Structures, model and shaders are inside the program, so that these few files are all.
    cargo deb -p equijump --no-build --output "$package/"
    ls "$package"/*.deb
else
    echo "package.sh: no cargo-deb, so no Debian package; cargo install cargo-deb" >&2
    missing=1
fi

app/packaging/appimage.sh "$program" "$package"
exit "${missing:-0}"
