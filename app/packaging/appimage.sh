#!/usr/bin/env bash
# Lays out the folder that an AppImage is made of, and makes the AppImage where appimagetool is at hand.
#
#   app/packaging/appimage.sh PROGRAM FOLDER
#
# FOLDER/EquiJump.AppDir is complete and starts the program as it is (EquiJump.AppDir/AppRun). appimagetool is in no
# package of Debian; it comes from https://github.com/AppImage/appimagetool/releases. Without it this script says so and
# ends well.
set -euo pipefail
if [ $# -ne 2 ]; then
    echo "appimage.sh: name the program and a folder for the result" >&2
    exit 2
fi
program=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$out/EquiJump.AppDir
rm -rf "$folder"
install -D -m 755 "$program" "$folder/usr/bin/equijump"
for place in "$folder" "$folder/usr/share/applications"; do
    install -D -m 644 app/packaging/equijump.desktop "$place/equijump.desktop"
done
for icon in "$folder/equijump.png" "$folder/usr/share/icons/hicolor/256x256/apps/equijump.png"; do
    install -D -m 644 assets/icons/equijump.png "$icon"
done
install -D -m 644 app/packaging/equijump.xml "$folder/usr/share/mime/packages/equijump.xml"
for license in LICENSE-APACHE LICENSE-MIT; do
    install -D -m 644 "$license" "$folder/usr/share/doc/equijump/$license"
done
# What file managers show, and what the AppImage runs. Structures, model and shaders are inside the program.
ln -s equijump.png "$folder/.DirIcon"
ln -s usr/bin/equijump "$folder/AppRun"
"$folder/AppRun" --version >/dev/null

if command -v appimagetool >/dev/null; then
    ARCH=$(uname -m) appimagetool "$folder" "$out/EquiJump-$(uname -m).AppImage"
else
    echo "appimage.sh: no appimagetool, so no AppImage; $folder is ready for it" >&2
fi
