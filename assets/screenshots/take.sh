#!/bin/bash
# Takes the screenshots of the README from the real program: starts it on a virtual screen, presses
# Simulate, waits, and photographs it in both themes; then a training that has finished; then a run of
# Trp-cage in a larger window.
#
# Usage: take.sh [path to equijump] [seconds to simulate] [training folder] [run of Trp-cage (run.json)]
# Without a training folder it leaves out the training; without a run it makes one.
# Needs: xvfb xdotool imagemagick libxcursor1 libxi6 libxkbcommon-x11-0 libegl1 libgl1-mesa-dri
set -e
binary=$(realpath "${1:-target/release/equijump}")
seconds=${2:-60}
training=${3:+$(realpath "$3")}
trpcage=${4:+$(realpath "$4")}
cd "$(dirname "$0")"
pictures=$PWD
scratch=$(mktemp -d)
trap 'kill $window $screen 2>/dev/null; rm -rf "$scratch"' EXIT
if [ -z "$trpcage" ]; then
    trpcage=$scratch/trpcage.json
    "$binary" simulate trpcage --frames 260 --seed 3 --out "$scratch/trpcage.dcd"
fi
export XDG_RUNTIME_DIR=$scratch XDG_DATA_HOME=$scratch/data XDG_CONFIG_HOME=$scratch/config
export LIBGL_ALWAYS_SOFTWARE=1 DISPLAY=:93
Xvfb $DISPLAY -screen 0 1920x1080x24 -nolisten tcp >/dev/null 2>&1 &
screen=$!
sleep 1
# Folders of a training are shown as they are typed.
cd "${training:+$(dirname "$training")}"
"$binary" >/dev/null 2>&1 &
window=$!
id=$(xdotool search --sync --onlyvisible --name EquiJump | head -1)
sleep 8
xdotool windowfocus "$id"

click() { xdotool mousemove "$1" "$2" sleep 0.3 click 1 sleep 2; }
press() { xdotool key "$@" sleep 2; }
write() { xdotool type --delay 60 "$1"; xdotool sleep 1 key Return sleep 3; }
# The command palette is at hand in every size.
command() { press ctrl+shift+p; write "$1"; }
photograph() {
    xdotool mousemove 640 "${1#*x}" sleep 2
    import -window root -crop "$1+0+0" +repage -strip -define png:compression-level=9 \
        -define png:compression-filter=0 "$pictures/$2-$1-$3.png"
}

click 60 85 # Simulate
sleep "$seconds"
press ctrl+period
press r # all of the molecule, from its best side
sleep 14 # messages fade
command "dark theme"
photograph 1280x800 window dark
command "light theme"
photograph 1280x800 window light
if [ -n "$training" ]; then
    press ctrl+t
    click 85 286 # folds the import
    click 175 375 # the folder
    write "$(basename "$training")"
    click 190 344 # the run
    click 190 405 # is continued
    command "show pane: learning curves"
    photograph 1280x800 training light
    command "dark theme"
    photograph 1280x800 training dark
    command "light theme"
fi
# Trp-cage with the model for any protein, as a ribbon by secondary structure.
xdotool windowsize "$id" 1920 1080 sleep 4
press ctrl+shift+o
write "$trpcage"
sleep 20
command "show pane: simulation"
command "show pane: molecule"
press 4
press 8
press End
press r
sleep 8
photograph 1920x1080 window light
command "dark theme"
photograph 1920x1080 window dark
