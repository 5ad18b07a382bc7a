"""Writes engine/src/chemistry/md_ranges.json: what molecular dynamics does with bonds, angles, tetrahedral and flat
centers, rings, peptide bonds and van der Waals contacts of the 21 residues.

Each argument is a folder with `top.pdb` and trajectories `*.xtc` of one protein (heavy atoms; others are left
out); `FOLDER:4` takes every fourth frame. Needs mdtraj and numpy. Run from the root of the repository:

    python engine/scripts/md_ranges.py chignolin-md:4 md/* > engine/src/chemistry/md_ranges.json

Per quantity: mean, standard deviation, the 0.1 % and 99.9 % quantiles, number of values. Where there are fewer
than 5,000 values, which do not tell such quantiles, the range is at least the mean ± 3.3 standard deviations.
Names that mean the same atom are pooled (OD1 and OD2 of ASP, the two edges of PHE and TYR rings, NH1 and NH2 of
ARG), flat centers and rings are symmetric about zero. The residues at the ends of a chain are charged there and
have rows of their own for what holds N, or C and O; those are pooled over residues in four classes: GLY, PRO,
ILE/THR/VAL, all others. NLE is rare in the MD; rows that it shares with LYS by atom types are pooled with it.
"""

import glob
import itertools
import json
import os
import sys
from collections import defaultdict

import mdtraj
import numpy as np

SIDE_CHAINS = {
    "ALA": "CA-CB",
    "ARG": "CA-CB CB-CG CG-CD CD-NE NE-CZ CZ-NH1 CZ-NH2",
    "ASN": "CA-CB CB-CG CG-OD1 CG-ND2",
    "ASP": "CA-CB CB-CG CG-OD1 CG-OD2",
    "CYS": "CA-CB CB-SG",
    "GLN": "CA-CB CB-CG CG-CD CD-OE1 CD-NE2",
    "GLU": "CA-CB CB-CG CG-CD CD-OE1 CD-OE2",
    "GLY": "",
    "HIS": "CA-CB CB-CG CG-ND1 ND1-CE1 CE1-NE2 NE2-CD2 CD2-CG",
    "ILE": "CA-CB CB-CG1 CG1-CD1 CB-CG2",
    "LEU": "CA-CB CB-CG CG-CD1 CG-CD2",
    "LYS": "CA-CB CB-CG CG-CD CD-CE CE-NZ",
    "MET": "CA-CB CB-CG CG-SD SD-CE",
    "PHE": "CA-CB CB-CG CG-CD1 CD1-CE1 CE1-CZ CZ-CE2 CE2-CD2 CD2-CG",
    "PRO": "CA-CB CB-CG CG-CD CD-N",
    "SER": "CA-CB CB-OG",
    "THR": "CA-CB CB-OG1 CB-CG2",
    "TRP": "CA-CB CB-CG CG-CD1 CD1-NE1 NE1-CE2 CE2-CZ2 CZ2-CH2 CH2-CZ3 CZ3-CE3 CE3-CD2 CD2-CG CD2-CE2",
    "TYR": "CA-CB CB-CG CG-CD1 CD1-CE1 CE1-CZ CZ-OH CZ-CE2 CE2-CD2 CD2-CG",
    "VAL": "CA-CB CB-CG1 CB-CG2",
    "NLE": "CA-CB CB-CG CG-CD CD-CE",
}
RINGS = {
    "HIS": ["CG ND1 CE1 NE2 CD2"],
    "PHE": ["CG CD1 CE1 CZ CE2 CD2"],
    "TYR": ["CG CD1 CE1 CZ CE2 CD2"],
    "TRP": ["CG CD1 NE1 CE2 CD2", "CD2 CE2 CZ2 CH2 CZ3 CE3"],
    "PRO": ["N CA CB CG CD"],
}
# Names that may be exchanged, all of a residue at once.
EQUIVALENT = {
    "ASP": {"OD1": "OD2"}, "GLU": {"OE1": "OE2"}, "ARG": {"NH1": "NH2"},
    "PHE": {"CD1": "CD2", "CE1": "CE2"}, "TYR": {"CD1": "CD2", "CE1": "CE2"},
}  # fmt: skip
# Centers that are tetrahedral; any other atom with three heavy neighbors is flat.
TETRAHEDRAL = {("ILE", "CB"), ("THR", "CB"), ("VAL", "CB"), ("LEU", "CG")}
# Rows of NLE that its own few frames are pooled with those of LYS for.
SHARED_WITH_LYS = ("CA", "CB", "CG", "CD")
FEW = 5000
BACKBONE = ["N-CA", "CA-C", "C-O", "-C-N"]


def split(bond):
    """The two names of `a-b`, of which the first may be `-C`, the carbon of the residue before."""
    return ("-C", "N") if bond == "-C-N" else tuple(bond.split("-"))


class Residue:
    """Rows of one residue type: atoms, those of the residue before with a minus in front."""

    def __init__(self, kind):
        self.kind = kind
        bonds = [split(b) for b in BACKBONE] + [split(b) for b in SIDE_CHAINS[kind].split()]
        partners = defaultdict(list)
        for a, b in bonds + [("-CA", "-C"), ("-C", "-O")]:
            partners[a].append(b)
            partners[b].append(a)
        self.bonds = bonds
        self.angles = [
            (a, apex, c)
            for apex, ends in partners.items()
            for a, c in itertools.combinations(ends, 2)
            # Angles within the residue before are its own.
            if not all(name.startswith("-") for name in (a, apex, c))
        ]
        self.centers = []
        for center, ends in partners.items():
            if len(ends) == 3:
                order = {"CA": ["N", "C", "CB"], "-C": ["-CA", "-O", "N"]}.get(center, ends)
                assert sorted(order) == sorted(ends), (kind, center, ends)
                self.centers.append((center, *order))
        rings = [ring.split() for ring in RINGS.get(kind, [])]
        self.rings = [tuple(ring[(i + k) % len(ring)] for k in range(4)) for ring in rings for i in range(len(ring))]
        self.flips = [("CD", "NE", "CZ", "NH1"), ("CD", "NE", "CZ", "NH2")] if kind == "ARG" else []
        self.omega = [("-CA", "-C", "N", "CA")]

    def is_flat(self, center):
        return center != "CA" and (self.kind, center) not in TETRAHEDRAL

    def groups(self):
        return {"bonds": self.bonds, "angles": self.angles, "centers": self.centers, "rings": self.rings,
                "flips": self.flips, "omega": self.omega}  # fmt: skip


def wrapped(degrees, period=360.0):
    return (degrees + period / 2) % period - period / 2


def measure(group, points):
    """Values of one row in all frames; `points` are arrays `[frames, 3]`, Å."""
    if group == "bonds":
        return np.linalg.norm(points[0] - points[1], axis=-1)
    if group == "angles":
        u, v = points[0] - points[1], points[2] - points[1]
        return np.degrees(np.arctan2(np.linalg.norm(np.cross(u, v), axis=-1), (u * v).sum(-1)))
    if group == "centers":
        a, b, c = (p - points[0] for p in points[1:])
        return (a * np.cross(b, c)).sum(-1)
    b1, b2, b3 = points[1] - points[0], points[2] - points[1], points[3] - points[2]
    n1, n2 = np.cross(b1, b2), np.cross(b2, b3)
    degrees = np.degrees(np.arctan2(np.linalg.norm(b2, axis=-1) * (b1 * n2).sum(-1), (n1 * n2).sum(-1)))
    if group == "omega":
        return wrapped(degrees - 180.0)
    return wrapped(degrees, 180.0 if group == "flips" else 360.0)


def pool_class(kind):
    return kind if kind in ("GLY", "PRO") else "BETA" if kind in ("ILE", "THR", "VAL") else "ALL"


RESIDUES = {kind: Residue(kind) for kind in SIDE_CHAINS}
VALUES = defaultdict(list)  # (position, kind or class, group, atoms) -> arrays


def is_first(atoms):
    return "N" in atoms and not any(name.startswith("-") for name in atoms)


def is_last(atoms):
    return "C" in atoms


def collect(topology, positions):
    """Adds the values of one protein; `positions [frames, atoms, 3]`, Å."""
    residues = list(topology.residues)
    maps = [{atom.name: atom.index for atom in residue.atoms} for residue in residues]
    for index, residue in enumerate(residues):
        kind, first, last = residue.name, index == 0, index == len(residues) - 1
        names = dict(maps[index])
        if not first:
            names |= {"-" + name: atom for name, atom in maps[index - 1].items()}
        for group, rows in RESIDUES[kind].groups().items():
            for atoms in rows:
                if not all(name in names for name in atoms):
                    continue
                values = measure(group, [positions[:, names[name]] for name in atoms]).astype(np.float32)
                place, pool = "inner", kind
                # The carboxylate and its bond to CA belong to the end of the chain, and so does NH3+.
                if first and is_first(atoms):
                    place, pool = "first", pool_class(kind)
                elif last and is_last(atoms):
                    place, pool = "last", pool_class(kind)
                VALUES[place, pool, group, atoms].append(values)


CONTACTS = defaultdict(lambda: np.zeros(400, dtype=np.int64))  # element pair -> counts in bins of 0.01 Å
FRAMES = defaultdict(int)  # element pair -> frames of proteins that have such a pair, and "all"


def collect_contacts(topology, positions):
    """Counts distances below 4 Å of atoms four or more bonds apart."""
    residues = list(topology.residues)
    maps = [{atom.name: atom.index for atom in residue.atoms} for residue in residues]
    partners = defaultdict(set)
    for index, residue in enumerate(residues):
        for bond in RESIDUES[residue.name].bonds:
            a, b = bond
            i = maps[index - 1]["C"] if a == "-C" and index else maps[index].get(a)
            j = maps[index].get(b)
            if i is not None and j is not None and (a != "-C" or index):
                partners[i].add(j)
                partners[j].add(i)
    used = [atom for atom in topology.atoms if atom.name != "OXT"]
    near = {}
    for atom in used:
        reached = shell = {atom.index}
        for _ in range(3):
            shell = {b for a in shell for b in partners[a]}
            reached = reached | shell
        near[atom.index] = reached
    pairs = defaultdict(list)
    for a, b in itertools.combinations(used, 2):
        if b.index not in near[a.index] and not (a.name == b.name == "SG"):
            pairs["".join(sorted(a.element.symbol + b.element.symbol))].append((a.index, b.index))
    for key, list_of_pairs in pairs.items():
        list_of_pairs = np.array(list_of_pairs)
        for start in range(0, len(positions), 50):
            x = positions[start : start + 50]
            d = np.sqrt(((x[:, list_of_pairs[:, 0]] - x[:, list_of_pairs[:, 1]]) ** 2).sum(-1))
            CONTACTS[key] += np.histogram(d, bins=400, range=(0.0, 4.0))[0]
    for key in [*pairs, "all"]:
        FRAMES[key] += len(positions)


def load(argument):
    folder, _, stride = argument.partition(":")
    top = os.path.join(folder, "top.pdb")
    files = sorted(glob.glob(os.path.join(folder, "*.xtc")))
    if not files:
        raise SystemExit(f"{folder}: no *.xtc")
    trajectory = mdtraj.load(files, top=top, stride=int(stride or 1))
    keep = [a.index for a in trajectory.topology.atoms if a.element.symbol != "H"]
    trajectory = trajectory.atom_slice(keep)
    return trajectory.topology, trajectory.xyz * 10.0


class Range:
    def __init__(self, values, symmetric):
        self.n = len(values)
        if symmetric:
            values = np.concatenate([values, -values])
        self.mean, self.sd = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
        self.low, self.high = (float(q) for q in np.quantile(values, [0.001, 0.999]))
        if self.n < FEW:
            self.low = min(self.low, self.mean - 3.3 * self.sd)
            self.high = max(self.high, self.mean + 3.3 * self.sd)


def alias(kind, atoms):
    """All names of what is chemically the same as `atoms`."""
    swap = EQUIVALENT.get(kind, {})
    swap = swap | {b: a for a, b in swap.items()}
    return {atoms, tuple(swap.get(name, name) for name in atoms)}


def same(group, row, other):
    """Whether two rows name the same quantity up to its sign."""
    if group == "centers":
        return row[0] == other[0] and sorted(row) == sorted(other)
    return row in (other, other[::-1])


def gather(place, kind, group, atoms):
    """Values of a row and of those that mean the same."""
    residue = RESIDUES[kind]
    pool = kind if place == "inner" else pool_class(kind)
    kinds = [pool]
    if place == "inner" and kind == "NLE" and all(name.lstrip("-") in SHARED_WITH_LYS + ("N", "C", "O") for name in atoms):
        kinds.append("LYS")
    if place == "inner" and kind == "NLE" and "CE" in atoms:
        # CD-CE and CG-CD-CE: aliphatic as everywhere in LYS.
        kinds.append("LYS")
    # Rings of proline pucker; the others are flat on the average, and symmetric about that.
    flat = group in ("flips", "omega") or group == "rings" and kind != "PRO"
    flat = flat or group == "centers" and residue.is_flat(atoms[0])
    arrays = []
    for source in kinds:
        for name in alias(kind, atoms):
            for other in residue.groups()[group]:
                if same(group, name, other):
                    arrays += VALUES.get((place, source, group, other), [])
    if group == "centers" and (kind, atoms[0]) == ("LEU", "CG"):
        # Structures differ in which methyl group they call CD1, so that the center has a size but no hand.
        arrays = [np.abs(values) for values in arrays]
    return Range(np.concatenate(arrays), flat) if arrays else None


# What the program calls a row of each group, and how many digits it prints.
TERMS = {"bonds": ("Bond", 4), "angles": ("Angle", 2), "centers": ("Center", 3),
         "rings": ("Ring", 2), "flips": ("Flip", 2), "omega": ("Omega", 2)}  # fmt: skip


def rows_text(place, kind, wanted):
    """Rows of one residue, each a line: what it is of, its atoms, four numbers, how many values they are from."""
    texts = []
    for group, rows in RESIDUES[kind].groups().items():
        term, digits = TERMS[group]
        for atoms in filter(wanted, rows):
            r = gather(place, kind, group, atoms)
            if r is None:
                raise SystemExit(f"no values: {place} {kind} {group} {atoms}")
            numbers = ", ".join(f"{x:.{digits}f}" for x in (r.mean, r.sd, r.low, r.high))
            texts.append(f'["{term}", {json.dumps(atoms)}, [{numbers}], {r.n}]')
    return f'"{kind.capitalize()}": [\n' + ",\n".join(texts) + "\n]"


def contact_limits():
    """Per element pair the distances that MD goes below once in 20,000 and in 1,000 frames of a peptide, Å."""
    limits = {}
    for key in sorted(CONTACTS):
        below = np.cumsum(CONTACTS[key]) / FRAMES[key]
        limits[key] = [0.01 * int(np.searchsorted(below, rate, side="right")) for rate in (5e-5, 1e-3)]
    return limits


def main():
    arguments = sys.argv[1:]
    if not arguments:
        raise SystemExit(__doc__)
    for argument in arguments:
        topology, positions = load(argument)
        collect(topology, positions)
        collect_contacts(topology, positions)
        print(argument, len(positions), file=sys.stderr, flush=True)
    print(f"{FRAMES['all']:,} frames of {len(arguments)} systems", file=sys.stderr)
    # At the ends of a chain one residue of each class stands for all of it.
    classes = ("GLY", "PRO", "VAL", "ALA")
    parts = []
    for place, kinds, wanted in (
        ("inner", RESIDUES, lambda atoms: True),
        ("first", classes, is_first),
        ("last", classes, is_last),
    ):
        residues = ",\n".join(rows_text(place, kind, wanted) for kind in kinds)
        parts.append(f'"{place}": {{\n{residues}\n}}')
    contacts = ",\n".join(f'"{key}": [{rare:.2f}, {seen:.2f}]' for key, (rare, seen) in contact_limits().items())
    parts.append(f'"contacts_angstrom": {{\n{contacts}\n}}')
    print("{\n" + ",\n".join(parts) + "\n}")


if __name__ == "__main__":
    main()
