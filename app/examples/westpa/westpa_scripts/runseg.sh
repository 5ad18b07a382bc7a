#!/usr/bin/env bash
# One segment; its seed is WEST_RAND32, which equijump reads itself.
set -euo pipefail
cd "$WEST_SIM_ROOT"
source env.sh
mkdir -p "$WEST_CURRENT_SEG_DATA_REF"
start=()
if [ "$WEST_CURRENT_SEG_INITPOINT_TYPE" = SEG_INITPOINT_CONTINUES ]; then
  start=(--start "$WEST_PARENT_DATA_REF/seg.dcd:$JUMPS")
fi
"$EQUIJUMP" segment bstates/folded.pdb "${start[@]}" --jumps "$JUMPS" --coordinate rmsd \
  --out "$WEST_CURRENT_SEG_DATA_REF/seg.dcd" --force $EQUIJUMP_FLAGS > "$WEST_PCOORD_RETURN"
