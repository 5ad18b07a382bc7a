#!/usr/bin/env bash
# The progress coordinate of a basis state.
set -euo pipefail
cd "$WEST_SIM_ROOT"
source env.sh
"$EQUIJUMP" segment "$WEST_STRUCT_DATA_REF" --jumps 0 --coordinate rmsd --native bstates/folded.pdb $EQUIJUMP_FLAGS > "$WEST_PCOORD_RETURN"
