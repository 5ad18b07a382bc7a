#!/usr/bin/env python3
# /// script
# dependencies = ["mdtraj", "numpy"]
# ///
"""Gathers runs of the generator from one structure as trajectories that begin with this structure.

    crystal_branches.py SYSTEM STRUCTURE.pdb OUT RUN [RUN ...]

SYSTEM is what the exporter of the generator wrote (`SYSTEM.pdb`, all atoms, minimized; `SYSTEM.heavy`), STRUCTURE the
file that it was given, RUN what the generator wrote (`RUN.f32`: frames x 16 replicas x heavy atoms, one every 20 ps),
each run with a seed of its own:

    md SYSTEM.prm RUN --ns 0.6 --frame-ps 20 --atoms SYSTEM.heavy --seed SEED --start SYSTEM.start

Even trajectories begin with the structure of the file, odd ones with the minimized one; atoms that the file lacks are
where the minimization put them. A trajectory with a fault (checks.py) is left out.
"""
import argparse
import pathlib

import mdtraj
import numpy

from checks import faults

FRAME_PS = 20.0


def placed(structure, onto):
    """The positions of `structure`, turned and shifted onto those of `onto`."""
    a, b = structure.mean(0), onto.mean(0)
    u, _, v = numpy.linalg.svd((structure - a).T @ (onto - b))
    turn = u @ numpy.diag([1, 1, numpy.sign(numpy.linalg.det(u @ v))]) @ v
    return (structure - a) @ turn + b


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system")
    parser.add_argument("structure")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("runs", nargs="+")
    arguments = parser.parse_args()
    whole = mdtraj.load(arguments.system + ".pdb")
    heavy = whole.atom_slice(numpy.fromfile(arguments.system + ".heavy", "<i4"))
    minimized = 10 * heavy.xyz[0]
    file = mdtraj.load(arguments.structure)
    places = {(atom.residue.index, atom.name): atom.index for atom in file.topology.atoms}
    found = [places.get((atom.residue.index, atom.name)) for atom in heavy.topology.atoms]
    known = numpy.array([place is not None for place in found])
    crystal = minimized.copy()
    crystal[known] = placed(10 * file.xyz[0][[place for place in found if place is not None]], minimized[known])
    starts = [crystal, minimized]
    arguments.out.mkdir(parents=True, exist_ok=True)
    heavy.save_pdb(str(arguments.out / "top.pdb"))
    number = 0
    for run in arguments.runs:
        frames = numpy.fromfile(run + ".f32", "<f4").reshape(-1, 16, heavy.n_atoms, 3)
        for lane in range(16):
            positions = numpy.concatenate([starts[number % 2][None], frames[:, lane]])
            positions = positions - positions.mean(1, keepdims=True)
            times = numpy.arange(len(positions)) * FRAME_PS
            trajectory = mdtraj.Trajectory(positions / 10, heavy.topology, time=times)
            found = faults(trajectory)
            if found:
                print(f"{run}, lane {lane}: {'+'.join(found)}")
                continue
            trajectory.save_xtc(str(arguments.out / f"traj_{number:03d}.xtc"))
            number += 1


if __name__ == "__main__":
    main()
