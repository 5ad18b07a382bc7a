#!/bin/bash
# Takes the screenshots of the README from the real program: starts it on a virtual screen, presses
# Simulate, waits, and photographs it in both themes; then the same with villin in a larger window.
#
# Usage: take.sh [path to equijump] [seconds to simulate]
# Needs: xvfb xdotool imagemagick libxcursor1 libxi6 libxkbcommon-x11-0 libegl1 libgl1-mesa-dri
set -e
binary=$(realpath "${1:-target/release/equijump}")
seconds=${2:-60}
cd "$(dirname "$0")"
structures=$(realpath ../structures)
scratch=$(mktemp -d)
trap 'kill $window $screen 2>/dev/null; rm -rf "$scratch"' EXIT
export XDG_RUNTIME_DIR=$scratch XDG_DATA_HOME=$scratch/data XDG_CONFIG_HOME=$scratch/config
export LIBGL_ALWAYS_SOFTWARE=1 DISPLAY=:93
Xvfb $DISPLAY -screen 0 1920x1080x24 -nolisten tcp >/dev/null 2>&1 &
screen=$!
sleep 1
"$binary" >/dev/null 2>&1 &
window=$!
id=$(xdotool search --sync --onlyvisible --name EquiJump | head -1)
sleep 8
xdotool windowfocus "$id"

click() { xdotool mousemove "$1" "$2" sleep 0.3 click 1 sleep 0.6; }
# The menus are at the same place in both sizes.
theme() { click 306 15; click 340 "$1"; xdotool mousemove 640 790 sleep 1.5; }
photograph() { import -window root -crop "$1+0+0" +repage "window-$1-$2.png"; }

click 60 85 # Simulate
sleep "$seconds"
xdotool key ctrl+period sleep 14 # messages fade
theme 98
photograph 1280x800 dark
theme 70
photograph 1280x800 light
# Villin with the model for any protein, as a ribbon by secondary structure.
xdotool windowsize "$id" 1920 1080 sleep 4 key ctrl+shift+o sleep 3
xdotool type --delay 60 "$structures/villin.pdb"
xdotool key Return sleep 12
click 60 85 # Simulate
sleep "$seconds"
xdotool key ctrl+period sleep 16 key 4 sleep 1 key 8 sleep 4
photograph 1920x1080 light
theme 98
photograph 1920x1080 dark
