"""The rate of unfolding by the weighted ensemble, beside that of a run without one.

    equijump simulate chignolin --replicas 64 --frames 100 --seed 7 --device cpu --out brute.dcd
    python rate.py run1/west.h5 run2/west.h5 run3/west.h5 --brute brute.json --native bstates/folded.pdb

Both are one over the mean time from the native structure to a Cα RMSD of --target Å, looked at every --jumps jumps as
WESTPA does: the flux of recycled weight in the steady state, and the first passages of independent replicas.

Intervals are 95 %. That of brute force is a bootstrap of replicas. That of the weighted ensemble takes the rate of each
run as one value and is Student's t over runs: within a run most weight stays with few walkers for tens of iterations, so
that no resampling of its iterations shows by how much another run would differ. One run has no interval. Needs h5py,
mdtraj (which brings scipy) and numpy.
"""

import argparse
import json
from pathlib import Path

import h5py
import mdtraj
import numpy as np
from scipy import stats

RECYCLED = 3  # westpa.core.segment.Segment.SEG_ENDPOINT_RECYCLED
RESAMPLED = 2000


def recycled_weight(west):
    """Weight that reached the target in each iteration, and segments run in it."""
    flux, segments = [], []
    with h5py.File(west, "r") as file:
        for name in sorted(file["iterations"]):
            index = file["iterations"][name]["seg_index"]
            # The last iteration may not have been run.
            if (index["status"] == 2).all():
                flux.append(index["weight"][index["endpoint_type"] == RECYCLED].sum())
                segments.append(len(index))
    return np.array(flux), np.array(segments)


def interval(samples):
    return np.percentile(samples, [2.5, 97.5])


def over_runs(rates):
    """Student's t of the mean of independent runs; a rate is not below 0."""
    half = stats.t.ppf(0.975, len(rates) - 1) * np.std(rates, ddof=1) / np.sqrt(len(rates))
    return max(np.mean(rates) - half, 0.0), np.mean(rates) + half


def first_passages(manifest, native, target_angstrom, jumps):
    """For each replica the number of jumps to its first passage, or that of all its jumps, and whether it passed."""
    described = json.loads(manifest.read_text())
    topology = manifest.with_name(manifest.stem + "_topology.pdb")
    reference = mdtraj.load(str(native))
    times, passed = [], []
    for name in described["trajectories"]:
        trajectory = mdtraj.load(str(manifest.with_name(name)), top=str(topology))[::jumps]
        rmsd = 10 * mdtraj.rmsd(
            trajectory,
            reference,
            atom_indices=trajectory.topology.select("name CA"),
            ref_atom_indices=reference.topology.select("name CA"),
        )
        beyond = np.flatnonzero(rmsd >= target_angstrom)
        passed.append(len(beyond) > 0)
        times.append(jumps * (beyond[0] if len(beyond) else len(rmsd) - 1))
    return np.array(times, dtype=float), np.array(passed), described["run"]["frame_interval_ps"] / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("west", type=Path, nargs="+", help="west.h5, of several runs if there are")
    parser.add_argument("--brute", type=Path, required=True, help="what simulate wrote: run.json")
    parser.add_argument("--native", type=Path, default=Path("bstates/folded.pdb"))
    parser.add_argument("--first", type=int, default=11, help="first iteration of the steady state")
    parser.add_argument("--target", type=float, default=6.0, help="Å")
    parser.add_argument("--jumps", type=int, default=5, help="jumps of a segment")
    arguments = parser.parse_args()
    random = np.random.default_rng(1)

    times, passed, frame_ns = first_passages(arguments.brute, arguments.native, arguments.target, arguments.jumps)
    # Of those that did not pass, the time counts: the estimate for a rate that does not change with time.
    rate = passed.sum() / (times.sum() * frame_ns)
    draws = random.integers(len(times), size=(RESAMPLED, len(times)))
    low, high = interval(passed[draws].sum(1) / (times[draws].sum(1) * frame_ns))
    print(f"brute force: {passed.sum()} of {len(times)} replicas passed in {times.sum():.0f} jumps")
    print(f"  rate {rate:.4f} per ns, {low:.4f} to {high:.4f}")

    segment_ns = arguments.jumps * frame_ns
    rates, all_segments = [], 0
    for west in arguments.west:
        flux, segments = recycled_weight(west)
        all_segments += segments.sum()
        steady = flux[arguments.first - 1 :]
        if len(steady) == 0:
            parser.error(f"{west} has {len(flux)} iterations; the steady state was to begin at {arguments.first}")
        rates.append(steady.mean() / segment_ns)
        print(f"{west}: {len(flux)} iterations, weight arrived in {(flux > 0).sum()} of them")
        print(f"  rate {rates[-1]:.4f} per ns from iteration {arguments.first} on")
    print(f"weighted ensemble: {all_segments * arguments.jumps} jumps in {len(rates)} independent runs")
    if len(rates) > 1:
        low, high = over_runs(rates)
        print(f"  rate {np.mean(rates):.4f} per ns, {low:.4f} to {high:.4f}")
    else:
        print("  no interval: that takes several runs")


if __name__ == "__main__":
    main()
