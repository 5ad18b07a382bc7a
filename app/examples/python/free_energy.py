"""The free energy of a run of EquiJump, with mdtraj, MDAnalysis and deeptime.

    pip install mdtraj MDAnalysis deeptime matplotlib
    equijump simulate chignolin --frames 2000 --replicas 4 --out run.dcd
    python free_energy.py run.json --reference assets/references/chignolin.json

Writes free_energy.png and free_energy.npz (tic1, tic2: bin edges; free_energy_kt: NaN where no frame came).
"""

import argparse
import json
from pathlib import Path

import MDAnalysis
import mdtraj
import numpy as np
from deeptime.decomposition import TICA


def load(manifest_path):
    """The manifest of a run and its trajectories, one per replica. Frames are manifest["run"]["frame_interval_ps"]
    apart; frame 0 is the start structure."""
    manifest = json.loads(manifest_path.read_text())
    topology = manifest_path.with_name(manifest_path.stem + "_topology.pdb")
    files = [manifest_path.with_name(name) for name in manifest["trajectories"]]
    return manifest, topology, [mdtraj.load(str(file), top=str(topology)) for file in files], files


def ca_distances_angstrom(trajectory, pairs):
    """Distances of pairs of Cα, by number of their residue from 0, as features of TICA."""
    ca = trajectory.topology.select("name CA")
    return 10.0 * mdtraj.compute_distances(trajectory, ca[np.asarray(pairs)], periodic=False)


def reference_projection(trajectory, reference):
    """Slow coordinates on the basis that EquiJump has from molecular dynamics: what its window shows, and what
    `equijump segment --coordinate tic1` prints."""
    basis = reference["basis"]
    features = ca_distances_angstrom(trajectory, basis["features"]["pairs"])
    return (features - np.array(basis["mean_angstrom"])) @ np.array(basis["components"]).T


def fitted_projection(trajectories, lag_frames):
    """Slow coordinates fitted to the run itself, for a protein without a reference."""
    count = trajectories[0].topology.select("name CA").size
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    features = [ca_distances_angstrom(trajectory, pairs) for trajectory in trajectories]
    model = TICA(lagtime=lag_frames, dim=2).fit_fetch(features)
    return [model.transform(frames) for frames in features]


def free_energy_kt(slow, bins=50):
    """−ln p on a grid, the deepest bin at 0, in kT; NaN where no frame came."""
    counts, x, y = np.histogram2d(slow[:, 0], slow[:, 1], bins=bins)
    with np.errstate(divide="ignore"):
        energy = -np.log(counts / counts.sum())
    energy[counts == 0] = np.nan
    return energy - np.nanmin(energy), x, y


def main():
    parser = argparse.ArgumentParser(description="Draws the free energy of a run of EquiJump.")
    parser.add_argument("manifest", type=Path, help="run.json")
    parser.add_argument("--reference", type=Path, help="slow coordinates of molecular dynamics (assets/references)")
    parser.add_argument("--lag-frames", type=int, default=20, help="lag of a fit to the run itself")
    parser.add_argument("--out", type=Path, default=Path("free_energy"), help="name of the files without extension")
    given = parser.parse_args()

    manifest, topology, trajectories, files = load(given.manifest)
    interval_ps = manifest["run"]["frame_interval_ps"]
    frames = sum(len(trajectory) for trajectory in trajectories)
    print(f"{len(trajectories)} replicas, {frames} frames, {interval_ps:g} ps apart")

    # The same files in MDAnalysis, whose lengths are Å.
    universe = MDAnalysis.Universe(str(topology), str(files[0]))
    protein = universe.select_atoms("protein or resname NLE")
    radius = np.mean([protein.radius_of_gyration() for _ in universe.trajectory])
    print(f"radius of gyration of the first replica: {radius:.2f} Å")

    if given.reference:
        reference = json.loads(given.reference.read_text())
        slow = [reference_projection(trajectory, reference) for trajectory in trajectories]
    else:
        slow = fitted_projection(trajectories, given.lag_frames)
    print(f"the start: tic1 {slow[0][0, 0]:.4f}, tic2 {slow[0][0, 1]:.4f}")
    energy, x, y = free_energy_kt(np.concatenate(slow))
    np.savez(given.out.with_suffix(".npz"), free_energy_kt=energy, tic1=x, tic2=y)

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5, 4))
    mesh = axes.pcolormesh(x, y, energy.T, cmap="viridis")
    figure.colorbar(mesh, label="free energy / kT")
    axes.set(xlabel="TIC 1", ylabel="TIC 2", title=manifest["run"]["structure"])
    figure.tight_layout()
    figure.savefig(given.out.with_suffix(".png"), dpi=150)


if __name__ == "__main__":
    main()
