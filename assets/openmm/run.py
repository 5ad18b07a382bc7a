"""Molecular dynamics from a frame that EquiJump wrote: check, minimize, run.

    python run.py                      1 ns at 350 K, frames every 10 ps in md.dcd
    python run.py --picoseconds 100000 --platform CUDA
"""

import argparse
from pathlib import Path

from openmm import app, unit

import equijump_md

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description="Molecular dynamics from a frame that EquiJump wrote.")
    parser.add_argument("--start", type=Path, default=HERE / "start.pdb", help="structure with hydrogens")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the results")
    parser.add_argument("--picoseconds", type=float, default=1000.0, help="length of the run; 0 only minimizes")
    parser.add_argument("--interval", type=float, default=10.0, help="time between frames, ps")
    parser.add_argument("--temperature", type=float, default=350.0, help="K")
    parser.add_argument("--platform", help="CPU, CUDA, OpenCL, HIP or Reference; the fastest one by default")
    parser.add_argument("--seed", type=int, default=0, help="0 takes a new one every time")
    given = parser.parse_args()

    structure = equijump_md.load(given.start)
    made = equijump_md.simulation(structure, given.platform, given.temperature, 2.0, given.seed)
    print(f"{made.topology.getNumAtoms()} atoms on {made.context.getPlatform().getName()}")
    equijump_md.check_and_minimize(made)

    def write(name):
        positions = made.context.getState(getPositions=True).getPositions()
        with open(given.out / name, "w") as file:
            app.PDBFile.writeFile(made.topology, positions, file, keepIds=True)

    given.out.mkdir(parents=True, exist_ok=True)
    write("minimized.pdb")
    steps = round(given.picoseconds / 0.002)
    if steps == 0:
        return
    every = max(1, min(steps, round(given.interval / 0.002)))
    made.context.setVelocitiesToTemperature(given.temperature * unit.kelvin, *([given.seed] if given.seed else []))
    made.reporters.append(app.DCDReporter(str(given.out / "md.dcd"), every))
    made.reporters.append(
        app.StateDataReporter(
            str(given.out / "md.csv"), every, time=True, potentialEnergy=True, temperature=True, speed=True
        )
    )
    made.step(steps)
    last = equijump_md.energy(made)
    write("last.pdb")
    print(f"{steps * 0.002:g} ps at {given.temperature:g} K; potential energy {last:.1f} kJ/mol")


if __name__ == "__main__":
    main()
