# What every script of this example needs. Set EQUIJUMP where the program is not on the path.
export WEST_SIM_ROOT="${WEST_SIM_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"
export EQUIJUMP="${EQUIJUMP:-equijump}"
# Jumps of a segment, 100 ps each; pcoord_len of west.cfg is one more.
export JUMPS=5
# Flags for all segments: another model, fewer latent steps.
export EQUIJUMP_FLAGS="${EQUIJUMP_FLAGS:-}"
# Several segments run at once; each takes one core.
export RAYON_NUM_THREADS="${RAYON_NUM_THREADS:-1}"
