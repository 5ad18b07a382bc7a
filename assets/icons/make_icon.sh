#!/bin/sh
# Draws the application icon with ImageMagick: two basins, and the jump between them.
set -e
cd "$(dirname "$0")"
convert -size 1024x1024 xc:none \
    -fill '#1f66e0' -draw 'roundrectangle 32,32 991,991 220,220' \
    -fill none -stroke '#ffffff' -strokewidth 64 \
    -draw 'stroke-linecap round path "M 250,690 C 330,180 694,180 774,690"' \
    -stroke none -fill '#ffffff' -draw 'circle 250,690 250,600' \
    -fill '#ffb14a' -draw 'circle 774,690 774,600' \
    -resize 256x256 -strip equijump.png
