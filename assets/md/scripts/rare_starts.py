#!/usr/bin/env python3
"""Starts for molecular dynamics from rare conformations of trajectories of heavy atoms.

    rare_starts.py FULL.pdb OUT.starts.f32 --topology top.pdb --native native.pdb TRAJECTORY...

Chooses frames at random of which the backbone of Tyr2, Thr8 or Trp9 is left-handed (φ > 0), or that are folded and 100 ps
before they are beyond 2.5 Å (frames every 20 ps); 96 of each. FULL.pdb names all atoms in the order of the generator.
Hydrogens are put where those of FULL.pdb are about their own atoms, and minimized with the heavy atoms held. A start of
more than -1445 kJ/mol is left out: there a hydrogen was caught on the wrong side. Writes all atoms, Å, 32-bit floats, one
frame after the other, and prints what each is. Needs mdtraj, OpenMM and numpy.
"""
import argparse

import mdtraj
import numpy as np
import openmm
from openmm import unit
from openmm.app import ForceField, PDBFile

RESIDUES = (2, 8, 9)
SKIPPED_FRAMES = 50
LAG_FRAMES = 5
FOLDED_NM, ESCAPED_NM = 0.15, 0.25
OF_EACH = 96
HIGHEST_KJ_MOL = -1445.0
SEED = 11


def chosen(trajectories, native, rng):
    """Names, trajectories and frames, four of each kind in turn."""
    of_kind = {residue: [] for residue in RESIDUES} | {"escape": []}
    alpha = trajectories[0].topology.select("name CA")
    native = native.atom_slice(native.topology.select("name CA"))
    for number, trajectory in enumerate(trajectories):
        _, phi = mdtraj.compute_phi(trajectory)
        for residue in RESIDUES:
            of_kind[residue] += [(number, frame) for frame in np.where(phi[:, residue - 2] > 0)[0]]
        rmsd = mdtraj.rmsd(trajectory.atom_slice(alpha), native)
        leaves = (rmsd[:-LAG_FRAMES] < FOLDED_NM) & (rmsd[LAG_FRAMES:] > ESCAPED_NM)
        of_kind["escape"] += [(number, frame) for frame in np.where(leaves)[0]]
    drawn = {
        kind: [frames[k] for k in np.resize(rng.permutation(len(frames)), OF_EACH)]
        for kind, frames in of_kind.items()
        if frames
    }
    for block in range(0, OF_EACH, 4):
        for kind, frames in drawn.items():
            for number, frame in frames[block : block + 4]:
                yield kind, number, int(frame)


class Hydrogens:
    """All atoms from heavy ones."""

    def __init__(self, full):
        self.reference = mdtraj.load(full)
        topology = self.reference.topology
        self.names = [(atom.residue.index, atom.name) for atom in topology.atoms]
        self.heavy = [atom.index for atom in topology.atoms if atom.element.symbol != "H"]
        self.bonds = {}
        for a, b in topology.bonds:
            self.bonds.setdefault(a.index, []).append(b.index)
            self.bonds.setdefault(b.index, []).append(a.index)
        system = ForceField("amber14/protein.ff14SB.xml", "implicit/gbn2.xml").createSystem(PDBFile(full).topology)
        self.held = openmm.CustomExternalForce("50000*((x-x0)^2+(y-y0)^2+(z-z0)^2)")
        for name in ("x0", "y0", "z0"):
            self.held.addPerParticleParameter(name)
        for atom in self.heavy:
            self.held.addParticle(atom, [0, 0, 0])
        system.addForce(self.held)
        platform = openmm.Platform.getPlatformByName("CPU")
        self.context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, {"Threads": "1"})

    def placed(self, atoms):
        """Positions of all atoms, nm, and their energy, kJ/mol; `atoms` are the heavy ones by residue and name."""
        of_reference, heavy = self.reference.xyz[0], set(self.heavy)
        x = np.zeros(of_reference.shape)
        for atom in self.heavy:
            x[atom] = atoms[self.names[atom]]
        for hydrogen in set(range(len(x))) - heavy:
            parent = self.bonds[hydrogen][0]
            near = [k for k in self.bonds[parent] if k in heavy]
            frame = [parent, *near]
            if len(near) < 3:
                frame += [k for n in near for k in self.bonds[n] if k in heavy and k != parent]
            a, b = of_reference[frame], x[frame]
            u, _, v = np.linalg.svd((a - a.mean(0)).T @ (b - b.mean(0)))
            turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ v))]) @ v
            x[hydrogen] = x[parent] + (of_reference[hydrogen] - of_reference[parent]) @ turn
        for number, atom in enumerate(self.heavy):
            self.held.setParticleParameters(number, atom, list(x[atom]))
        self.held.updateParametersInContext(self.context)
        self.context.setPositions(x)
        openmm.LocalEnergyMinimizer.minimize(self.context, 10.0, 200)
        state = self.context.getState(getPositions=True, getEnergy=True)
        energy = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        return state.getPositions(asNumpy=True).value_in_unit(unit.nanometer), energy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("full")
    parser.add_argument("out")
    parser.add_argument("--topology", required=True)
    parser.add_argument("--native", required=True)
    parser.add_argument("trajectories", nargs="+")
    arguments = parser.parse_args()
    trajectories = [mdtraj.load(path, top=arguments.topology)[SKIPPED_FRAMES:] for path in arguments.trajectories]
    hydrogens = Hydrogens(arguments.full)
    column = {(atom.residue.index, atom.name): atom.index for atom in trajectories[0].topology.atoms}
    starts = []
    for kind, number, frame in chosen(trajectories, mdtraj.load(arguments.native), np.random.default_rng(SEED)):
        xyz = trajectories[number].xyz[frame]
        positions, energy = hydrogens.placed({name: xyz[k] for name, k in column.items()})
        if energy > HIGHEST_KJ_MOL:
            continue
        starts.append((positions - positions.mean(0)) * 10)
        print(kind, arguments.trajectories[number], frame + SKIPPED_FRAMES, round(energy, 1), flush=True)
    np.array(starts, "<f4").tofile(arguments.out)


if __name__ == "__main__":
    main()
