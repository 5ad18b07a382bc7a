#!/usr/bin/env bash
# Goes on with the run: run.sh --work-manager processes --n-workers 8
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$WEST_SIM_ROOT"
w_run -r "${WEST_CFG:-west.cfg}" "${@:---serial}"
