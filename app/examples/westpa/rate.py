"""The rate of unfolding by the weighted ensemble, beside that of a run without one.

    equijump simulate chignolin --replicas 64 --frames 100 --seed 7 --device cpu --out brute.dcd
    python rate.py west.h5 --first 11 --brute brute.json --native bstates/folded.pdb

Both are one over the mean time from the native structure to a Cα RMSD of --target Å, looked at every --jumps jumps as
WESTPA does: the flux of recycled weight in the steady state, and the first passages of independent replicas. Intervals
are 95 %, from bootstraps of blocks of iterations and of replicas. Needs h5py, mdtraj and numpy.
"""

import argparse
import json
from pathlib import Path

import h5py
import mdtraj
import numpy as np

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


def block_bootstrap(values, block, random):
    """Means of resampled series; neighbors stay together, for weight that comes late in one iteration lacks in the
    next."""
    starts = np.arange(max(len(values) - block + 1, 1))
    count = -(-len(values) // block)
    draws = [np.concatenate([values[s : s + block] for s in random.choice(starts, count)]) for _ in range(RESAMPLED)]
    return np.array([draw[: len(values)].mean() for draw in draws])


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
    steady, resampled, all_segments = [], [], 0
    for west in arguments.west:
        flux, segments = recycled_weight(west)
        all_segments += segments.sum()
        steady.append(flux[arguments.first - 1 :])
        resampled.append(block_bootstrap(steady[-1], 5, random) * len(steady[-1]))
        print(f"{west}: {len(flux)} iterations, weight arrived in {(flux > 0).sum()} of them")
        print(f"  rate {steady[-1].mean() / segment_ns:.4f} per ns from iteration {arguments.first} on")
    counted = sum(len(flux) for flux in steady)
    low, high = interval(sum(resampled) / counted / segment_ns)
    print(f"weighted ensemble: {all_segments * arguments.jumps} jumps")
    print(f"  rate {np.concatenate(steady).mean() / segment_ns:.4f} per ns, {low:.4f} to {high:.4f}")



if __name__ == "__main__":
    main()
