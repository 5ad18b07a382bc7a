#!/usr/bin/env bash
# Runs sample.sh under a real Slurm of one node on this machine and compares what its tasks write with one whole run, to
# the bit: two shards, out of time and requeued, one of them requeued by force in the middle of its work, the other killed
# in the middle of its work and submitted again. Then train.sh on two ranks of MPI, out of time, requeued, killed and
# submitted again, against one process.
#
#   EQUIJUMP=target/release/equijump app/examples/slurm/check.sh [FOLDER]
#
# As root, on Debian with slurm-wlm and munge (`apt-get install slurm-wlm munge`). Training needs a build with the feature
# mpi, and openmpi-bin; without them that part is left out and the script says so. Everything it starts lives in FOLDER (a
# temporary one by default), listens on loopback, and is stopped at the end. Takes three to six minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
equijump=$(realpath "${EQUIJUMP:-target/release/equijump}")
work=${1:-$(mktemp -d)}
mkdir -p "$work"
work=$(realpath "$work")
chmod 755 "$work"
host=$(hostname -s)
fail() {
    echo "check.sh: FAILED: $*; see $work" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "Slurm's daemons are started as root"

# munge, then the controller and the one node.
export SLURM_CONF=$work/slurm.conf
mkdir -p "$work"/{munge,state,spool,log}
chmod 700 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 status=none
chmod 600 "$work/munge/key"
chmod 755 "$work/munge"
munged --force --foreground --key-file="$work/munge/key" --socket="$work/munge/socket" \
    --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" &
started=$!
cat >"$SLURM_CONF" <<END
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
# A requeued job waits until its credential has expired.
AuthInfo=socket=$work/munge/socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
ReturnToService=2
KillWait=5
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
slurmctld -D -i >"$work/log/slurmctld.out" 2>&1 &
started="$started $!"
slurmd -D >"$work/log/slurmd.out" 2>&1 &
started="$started $!"
# shellcheck disable=SC2064,SC2086
trap "kill $started 2>/dev/null || true" EXIT
for _ in $(seq 60); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && break
    sleep 1
done
sinfo -h -o %T | grep -q idle || fail "the node does not come up"

# How many frames four replicas make in some seconds; then the whole run of four times as many, so that a shard of two
# needs several attempts of ten seconds even where the machine is less busy by then.
cd "$work"
more="--latent-steps 5 --keep-geometry false"
run() {
    # shellcheck disable=SC2086
    "$equijump" simulate chignolin --replicas 4 --seed 3 --device cpu $more "$@"
}
code=0
run --frames 1000000 --max-hours 0.004 --out whole.dcd || code=$?
[ $code -eq 75 ] || fail "the exit code of a run that is out of time is $code, not 75"
frames=$((4 * $(sed -n 's/.*"frames_after_start": *\([0-9]*\).*/\1/p' whole.json)))
run --frames "$frames" --resume --out whole.dcd
echo "the whole run: $frames frames"

export EQUIJUMP=$equijump STRUCTURE=chignolin REPLICAS=4 FRAMES=$frames SEED=3 FOLDER=$work/campaign HOURS=0.003 MORE=$more
job=$(sbatch --parsable --array=0-1 --cpus-per-task=1 --time=10 --output="$work/log/sample-%a" "$here/sample.sh")
finished() {
    for _ in $(seq 600); do
        [ -z "$(squeue -h -j "$1" 2>/dev/null)" ] && return
        sleep 1
    done
    fail "job $1 does not end"
}
# Once both write.
for _ in $(seq 60); do
    [ -s campaign/run_shard000of2.state ] && [ -s campaign/run_shard001of2.state ] && break
    sleep 0.2
done
scontrol requeue "${job}_0" && echo "task 0 requeued by force"
scancel --full --signal=KILL "${job}_1" && echo "task 1 killed"
finished "$job"
! grep -q '"finished": true' campaign/run_shard001of2.json || fail "task 1 was killed too late to prove anything"
# What a user does with a task that failed.
job=$(SHARDS=2 sbatch --parsable --array=1 --cpus-per-task=1 --time=10 --output="$work/log/sample-%a" "$here/sample.sh")
finished "$job"
for replica in 0 1 2 3; do
    cmp "whole_r00$replica.dcd" "campaign/run_r00$replica.dcd" || fail "replica $replica differs"
done
grep -q "out of time" log/sample-0 log/sample-1 || fail "no task was out of time"
[ -f campaign/run_shard001of2.state.bak ] || fail "the state before was not kept"
grep -q '"finished": true' campaign/run_shard001of2.json || fail "the manifest does not say that shard 1 is finished"

# An array that is numbered from 1 would leave shard 0 out.
job=$(sbatch --parsable --array=1-2 --cpus-per-task=1 --time=10 --output="$work/log/wrong-%a" "$here/sample.sh")
finished "$job"
grep -q "array=0-1" log/wrong-1 || fail "an array that starts at 1 was not refused"
attempts=$(grep -c "replicas, seed" log/sample-0 log/sample-1 | tr '\n' ' ')
echo "check.sh: two shards under Slurm wrote the $frames frames of one run to the bit; starts of each: $attempts"

# Training on two ranks, two processors apart, against one process.
if ! ldd "$equijump" | grep -q libmpi || ! command -v mpirun >/dev/null; then
    echo "check.sh: no training on ranks: the program is built without the feature mpi, or there is no mpirun" >&2
    exit 0
fi
"$equijump" simulate chignolin --preset fast --frames 80 --seed 2 --device cpu --out md.dcd
"$equijump" import --topology md_topology.pdb --out md.store md.dcd
small="--multiplicity 4 --conditioner-layers 1 --header-layers 1 --pairs uniform --batch-size 6 --threads 1 --seed 5"
training() {
    # shellcheck disable=SC2086
    "$equijump" train md.store $small "$@"
}
# How many steps one process makes in some seconds; then four times as many, so that it takes several jobs.
code=0
training --out speed --steps 1000000 --max-hours 0.003 || code=$?
[ $code -eq 75 ] || fail "the exit code of a training that is out of time is $code, not 75"
every=$(($(sed -n '$s/,.*//p' speed/log.csv) / 5))
[ "$every" -gt 0 ] || fail "the training has no log"
steps=$((20 * every))
training --out one --steps $steps --validate-every $every

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export LAUNCH="mpirun --bind-to none" STORES=$work/md.store STEPS=$steps HOURS=0.003 FOLDER=$work/two
export MORE="$small --validate-every $every"
train() { sbatch --parsable --ntasks=2 --cpus-per-task=1 --time=10 --output="$work/log/train" "$here/train.sh"; }
job=$(train)
# Once it has been requeued and trains again.
starts() { grep -c "2 ranks train one model" log/train 2>/dev/null || true; }
for _ in $(seq 600); do
    [ "$(starts)" -gt 1 ] 2>/dev/null && break
    sleep 0.2
done
[ "$(starts)" -gt 1 ] || fail "no training was out of time and requeued"
scancel --full --signal=KILL "$job" && echo "training killed"
finished "$job"
job=$(train)
finished "$job"
[ "$(sed -n '$s/,.*//p' two/log.csv)" = "$steps" ] || fail "two ranks did not train $steps steps"
# Held-out losses, which the log has at some of its steps; what comes before them is a running mean, which starts anew
# with each job.
held_out() { awk -F, 'NR > 1 && $10 != "" { print $1 "," $10 }' "$1/log.csv"; }
paste -d, <(held_out one) <(held_out two) | awk -F, '
    { d = $2 > $4 ? $2 - $4 : $4 - $2; if ($1 != $3 || !(d <= 1e-3 * $2)) bad = 1; if (d / $2 > worst) worst = d / $2 }
    END { printf "%d held-out losses of two ranks and of one differ by a share of %.1e at most\n", NR, worst; exit bad || NR < 10 }' ||
    fail "two ranks do not train as one process does; compare one/log.csv and two/log.csv"
echo "check.sh: two ranks under Slurm trained the $steps steps of one process; starts: $(starts)"
