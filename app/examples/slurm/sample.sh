#!/bin/bash
#SBATCH --job-name=equijump-sample
#SBATCH --array=0-19
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%A_%a.log
# The trajectories of one run, made by the tasks of an array. Settings by environment, for example:
#   REPLICAS=200 FRAMES=500 sbatch --array=0-9 sample.sh
# To repeat single shards, tell how many there are: SHARDS=20 sbatch --array=3,7 sample.sh
# On GPUs: sbatch --gpus-per-task=1 with DEVICE=gpu.
set -u
equijump=${EQUIJUMP:-equijump}
folder=${FOLDER:-campaign}
mkdir -p "$folder" || exit 1

# Somewhat below --time: what is left is for starting, and for the file system.
# shellcheck disable=SC2086 # several words
"$equijump" simulate "${STRUCTURE:-villin}" \
    --replicas "${REPLICAS:-1000}" --frames "${FRAMES:-1000}" --seed "${SEED:-1}" \
    --shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_COUNT}" \
    --max-hours "${HOURS:-3.8}" --device "${DEVICE:-cpu}" \
    --out "$folder/run.dcd" ${MORE:-}
code=$?
# Out of time: the same line goes on.
if [ $code -eq 75 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    # Being requeued ends this script; a job that ended by itself would not be queued again.
    sleep 60
fi
exit $code
