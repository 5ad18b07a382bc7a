"""Training data for EquiJump from molecular dynamics of a protein of your own, with OpenMM on your GPU.

    equijump export protein.pdb --hydrogens --out start.pdb
    python make_training_data.py start.pdb --out data
    equijump train data/start.store.safetensors --out training

Trajectories are independent: each is minimized, takes velocities of its own, and is equilibrated. Training holds some
of them out whole, so make at least four. To cover folding and unfolding, give several starts: folded, unfolded, and
frames of earlier runs. A trajectory that was interrupted is made anew, finished ones are kept: the same command goes
on. At the end they are imported into a store.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from openmm import app, unit

import equijump_md


def make(structure, path, number, given):
    """One trajectory at `path`, which is there only when it is whole."""
    partial = path.with_suffix(".partial")
    seed = given.seed * 10_000 + number + 1
    made = equijump_md.simulation(structure, given.platform, given.temperature, given.step, seed)
    if number == 0:
        print(f"{made.topology.getNumAtoms()} atoms on {made.context.getPlatform().getName()}")
    equijump_md.check_and_minimize(made)
    made.context.setVelocitiesToTemperature(given.temperature * unit.kelvin, seed)
    per_ps = 1000.0 / given.step
    made.step(round(given.equilibrate * per_ps))
    made.currentStep = 0
    made.context.setTime(0.0)
    every = max(1, round(given.interval * per_ps))
    frames = max(2, round(given.nanoseconds * 1000.0 / given.interval))
    made.reporters.append(app.DCDReporter(str(partial), every))
    made.reporters.append(
        app.StateDataReporter(
            sys.stdout, max(1, frames // 10) * every, step=False, time=True, potentialEnergy=True, temperature=True,
            speed=True, progress=True, remainingTime=True, totalSteps=frames * every,
        )
    )
    made.step(frames * every)
    equijump_md.energy(made)
    made.reporters.clear()  # closes the file
    partial.rename(path)


def main():
    parser = argparse.ArgumentParser(description="Makes training data for EquiJump with OpenMM.")
    parser.add_argument("starts", type=Path, nargs="+", help="structures with hydrogens, taken in turn")
    parser.add_argument("--out", type=Path, default=Path("data"), help="folder for the results")
    parser.add_argument("--trajectories", type=int, default=8, help="how many")
    parser.add_argument("--nanoseconds", type=float, default=500.0, help="length of each")
    parser.add_argument("--interval", type=float, default=20.0, help="time between frames, ps; 100 is a multiple of it")
    parser.add_argument("--equilibrate", type=float, default=1000.0, help="time before the first frame, ps")
    parser.add_argument("--temperature", type=float, default=350.0, help="K")
    parser.add_argument("--step", type=float, default=4.0, help="time step, fs; above 2 hydrogens are made heavier")
    parser.add_argument("--platform", help="CPU, CUDA, OpenCL, HIP or Reference; the fastest one by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--equijump", default="equijump", help="the program that imports them")
    given = parser.parse_args()

    structures = [equijump_md.load(start) for start in given.starts]
    names = [[(atom.name, atom.residue.name) for atom in s.topology.atoms()] for s in structures]
    for start, other in zip(given.starts, names):
        if other != names[0]:
            sys.exit(f"{start} does not have the atoms of {given.starts[0]}; all starts must be of one protein")
    given.out.mkdir(parents=True, exist_ok=True)
    topology = given.out / f"{given.starts[0].stem}_topology.pdb"
    with open(topology, "w") as file:
        app.PDBFile.writeFile(structures[0].topology, structures[0].positions, file, keepIds=True)
    trajectories = []
    for number in range(given.trajectories):
        path = given.out / f"md_{number:03}.dcd"
        trajectories.append(path)
        if path.exists():
            print(f"{path} is there")
            continue
        print(f"trajectory {number + 1} of {given.trajectories}: {path}")
        make(structures[number % len(structures)], path, number, given)

    store = given.out / f"{given.starts[0].stem}.store.safetensors"
    command = ["import", "--topology", str(topology), "--interval-ps", f"{given.interval:g}", "--out", str(store)]
    command = [given.equijump, *command, "--force", *map(str, trajectories)]
    if shutil.which(given.equijump) is None:
        print("import them with:", *command)
        return
    sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
