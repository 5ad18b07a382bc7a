#!/usr/bin/env python3
"""Cuts hairpins, helix ends, turns and small folds out of PDB files.

    fragments.py OUT FILE.pdb[.gz]... > fragments.txt

Writes OUT/peptides/f[cht]NN.pdb (12 to 16 residues) and OUT/folds/f[ab]NN.pdb (28 to 40), and prints name, PDB entry,
first and last residue, sequence, DSSP and contacts of each. Standard residues only, whole main chain, no more than one
Cys, no part of a piece twice. Give no file of a protein that is kept for tests. The pieces of this data set were cut
from the structures that come with the tests of MDAnalysis (`MDAnalysisTests/data/dssp/*.pdb.gz`), in order of their
paths, and, after them, seven of `assets/structures` (bba, bbl, proteinb, proteing, homeodomain, lambda, villin).
Needs mdtraj.
"""
import argparse
import random
import sys
from pathlib import Path

import mdtraj
import numpy as np

STANDARD = set("ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split())
LENGTHS = (12, 13, 14, 15, 16, 28, 32, 36, 40)
WANTED = {"hairpin": 14, "helix end": 10, "turn": 8, "beta fold": 5, "alpha fold": 6}
PREFIX = {"hairpin": "fh", "helix end": "fc", "turn": "ft", "beta fold": "fb", "alpha fold": "fa"}
SEED = 5
BOND_NM = 0.16
CONTACT_NM = 0.75
MOST_OF_A_FILE = 3


def kind_of(dssp, distances):
    """What a piece is good for, and its contacts per residue."""
    length = len(dssp)
    apart = np.abs(np.subtract.outer(range(length), range(length))) > 4
    contacts = ((distances < CONTACT_NM) & apart).sum() / 2 / length
    strands, helix = dssp.count("E"), dssp.count("H")
    if length <= 16:
        if strands >= 6 and distances[1, -2] < 0.8:
            return "hairpin", contacts
        if 6 <= helix <= length - 4:
            return "helix end", contacts
        return ("turn" if strands + helix <= 5 and contacts > 0.25 else None), contacts
    beta = helix < 0.35 * length
    folded = contacts > (0.9 if beta else 0.45) and strands + helix > 0.5 * length
    return (("beta fold" if beta else "alpha fold") if folded else None), contacts


def candidates(path):
    """All pieces of the first chain of a file."""
    frame = mdtraj.load(str(path))[0]
    kept = [a.index for a in frame.topology.atoms if a.residue.name in STANDARD and a.element.symbol != "H"]
    frame = frame.atom_slice(kept)
    residues = list(next(frame.topology.chains).residues)
    places = [{a.name: frame.xyz[0, a.index] for a in residue.atoms} for residue in residues]
    whole = [
        {"N", "CA", "C", "O"} <= place.keys() and (residue.name == "GLY" or "CB" in place)
        for residue, place in zip(residues, places)
    ]
    dssp = mdtraj.compute_dssp(frame)[0]
    alpha = np.array([place.get("CA", np.full(3, np.nan)) for place in places])

    def bonded(at):
        return np.linalg.norm(places[at]["C"] - places[at + 1]["N"]) < BOND_NM

    for length in LENGTHS:
        for at in range(len(residues) - length):
            piece = residues[at : at + length]
            unbroken = all(whole[at : at + length]) and all(bonded(k) for k in range(at, at + length - 1))
            if not unbroken or sum(residue.name == "CYS" for residue in piece) > 1:
                continue
            structure = "".join(dssp[residue.index] for residue in piece)
            trace = alpha[at : at + length]
            distances = np.linalg.norm(trace[:, None] - trace[None], axis=2)
            kind, contacts = kind_of(structure, distances)
            if kind:
                atoms = [a.index for residue in piece for a in residue.atoms]
                numbers = piece[0].resSeq, piece[-1].resSeq
                yield kind, length, path, at, contacts, numbers, structure, frame, atoms


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    arguments = parser.parse_args()
    found = []
    for path in arguments.files:
        try:
            found.extend(candidates(path))
        except Exception as error:  # A file that mdtraj cannot read is no reason to lose the others.
            print(f"{path}: {error}", file=sys.stderr)
    random.Random(SEED).shuffle(found)
    used, count = {}, dict.fromkeys(WANTED, 0)
    for kind, length, path, at, contacts, numbers, structure, frame, atoms in sorted(
        found, key=lambda piece: -piece[4] if piece[0].endswith("fold") else 0
    ):
        others = used.setdefault(path, [])
        fold = kind.endswith("fold")
        overlaps = any(other == fold and at < end and begin < at + length for other, begin, end in others)
        if count[kind] >= WANTED[kind] or overlaps or len(others) >= MOST_OF_A_FILE:
            continue
        # An α fold may overlap a β fold, as it did when these pieces were cut.
        others.append((kind == "beta fold", at, at + length))
        count[kind] += 1
        name = f"{PREFIX[kind]}{count[kind]:02d}"
        folder = arguments.out / ("folds" if fold else "peptides")
        folder.mkdir(parents=True, exist_ok=True)
        piece = frame.atom_slice(atoms)
        piece.save_pdb(str(folder / f"{name}.pdb"))
        entry = path.name.split(".")[0]
        print(name, entry, *numbers, piece.topology.to_fasta()[0], structure, f"{contacts:.2f}")


if __name__ == "__main__":
    main()
