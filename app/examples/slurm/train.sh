#!/bin/bash
#SBATCH --job-name=equijump-train
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
# A training that goes on over as many jobs as it takes. Settings by environment, for example:
#   STORES="a.store.safetensors b.store.safetensors" STEPS=200000 sbatch train.sh
# On several ranks, with a build that has the feature mpi:
#   LAUNCH="mpirun --bind-to none" MORE="--threads 8" sbatch --ntasks=4 --cpus-per-task=8 train.sh
# Variants of a training are an array of their own: sbatch --array=0-3, with FOLDER=training-$SLURM_ARRAY_TASK_ID and
# --seed $SLURM_ARRAY_TASK_ID below.
set -u
equijump=${EQUIJUMP:-equijump}
read -r -a stores <<<"${STORES:-protein.store.safetensors}"

# shellcheck disable=SC2086 # several words
${LAUNCH:-} "$equijump" train "${stores[@]}" --out "${FOLDER:-training}" --steps "${STEPS:-100000}" \
    --max-hours "${HOURS:-7.8}" ${MORE:-}
code=$?
if [ $code -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
    sleep 60
fi
exit $code
