#!/usr/bin/env bash
# Begins a weighted-ensemble run of chignolin's unfolding; an earlier one is removed.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$WEST_SIM_ROOT"
rm -rf traj_segs seg_logs bstates west.h5 west.log
mkdir traj_segs seg_logs bstates
"$EQUIJUMP" export chignolin --out bstates/folded.pdb
echo "0 1.0 folded.pdb" > bstates/bstates.txt
# Walkers that come this far, Å from the native structure, are counted and begin anew: their flux is the rate.
echo "unfolded 6.0" > tstates.txt
w_init -r "${WEST_CFG:-west.cfg}" --bstate-file bstates/bstates.txt --tstate-file tstates.txt --segs-per-state 4 --serial "$@"
