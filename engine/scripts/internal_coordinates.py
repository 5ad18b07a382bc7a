"""Writes engine/src/structure/internal_coordinates.json: ideal internal coordinates of side chains.

Source: the mean bond lengths, angles and torsion offsets of a culled set of PDB chains that Biopython
carries in Bio.PDB.ic_data (R. T. Miller; BSD 3-Clause; `pip install biopython==1.88`). Norleucine, which
that set does not hold, takes the values of lysine. Run from the root of the repository:

    python engine/scripts/internal_coordinates.py > engine/src/structure/internal_coordinates.json
"""

import json
from math import acos, cos, degrees, radians, sin

from Bio.PDB.ic_data import dihedra_primary_defaults, dihedra_secondary_defaults, hedra_defaults

# Rotamers of torsions that are free.
STAGGERED = [-60, 180, 60]
EXTENDED = [180, -60, 60]
FLAT = [0, 60, -60]  # two equal ends
AMIDE = [0, 60, -60, 180, 120, -120]
RING = [90, 30, -30]  # two equal edges
IMIDAZOLE = [90, -90, 30, -30, 150, -150]
INDOLE = [90, -90, 0, 180]
GUANIDINE = [180, 90, -90]

# Per residue: letter in Biopython's tables, then the atoms in order of building. `X<Y:t` places X on Y with
# a torsion that is free (a name above), fixed (degrees), fixed at Biopython's mean (`mean`) or at
# Biopython's offset from the torsion of a sibling (`~sibling`).
RESIDUES = {
    "ALA": ("A", ""),
    "ARG": ("R", "CG<CB:STAGGERED CD<CG:EXTENDED NE<CD:EXTENDED CZ<NE:GUANIDINE NH1<CZ:0 NH2<CZ:~NH1"),
    "ASN": ("N", "CG<CB:STAGGERED OD1<CG:AMIDE ND2<CG:~OD1"),
    "ASP": ("D", "CG<CB:STAGGERED OD1<CG:FLAT OD2<CG:~OD1"),
    "CYS": ("C", "SG<CB:STAGGERED"),
    "GLN": ("Q", "CG<CB:STAGGERED CD<CG:EXTENDED OE1<CD:AMIDE NE2<CD:~OE1"),
    "GLU": ("E", "CG<CB:STAGGERED CD<CG:EXTENDED OE1<CD:FLAT OE2<CD:~OE1"),
    "GLY": None,
    "HIS": ("H", "CG<CB:STAGGERED ND1<CG:IMIDAZOLE CD2<CG:~ND1 CE1<ND1:180 NE2<CD2:180"),
    "ILE": ("I", "CG1<CB:STAGGERED CG2<CB:~CG1 CD1<CG1:EXTENDED"),
    "LEU": ("L", "CG<CB:STAGGERED CD1<CG:EXTENDED CD2<CG:~CD1"),
    "LYS": ("K", "CG<CB:STAGGERED CD<CG:EXTENDED CE<CD:EXTENDED NZ<CE:EXTENDED"),
    "MET": ("M", "CG<CB:STAGGERED SD<CG:EXTENDED CE<SD:EXTENDED"),
    "PHE": ("F", "CG<CB:STAGGERED CD1<CG:RING CD2<CG:~CD1 CE1<CD1:180 CE2<CD2:180 CZ<CE1:0"),
    "PRO": ("P", "CG<CB:mean CD<CG:mean"),
    "SER": ("S", "OG<CB:STAGGERED"),
    "THR": ("T", "OG1<CB:STAGGERED CG2<CB:~OG1"),
    "TRP": ("W", "CG<CB:STAGGERED CD1<CG:INDOLE CD2<CG:~CD1 NE1<CD1:180 CE2<CD2:180 CE3<CD2:~CE2 CZ2<CE2:180"
                 " CH2<CZ2:0 CZ3<CH2:0"),
    "TYR": ("Y", "CG<CB:STAGGERED CD1<CG:RING CD2<CG:~CD1 CE1<CD1:180 CE2<CD2:180 CZ<CE1:0 OH<CZ:180"),
    "VAL": ("V", "CG1<CB:STAGGERED CG2<CB:~CG1"),
    "NLE": ("K", "CG<CB:STAGGERED CD<CG:EXTENDED CE<CD:EXTENDED"),
}


def hedron(letter, a, b, c):
    """Length a–b, angle a–b–c in degrees, length b–c."""
    for first, last, reverse in ((a, c, False), (c, a, True)):
        values = hedra_defaults.get("".join(letter + name for name in (first, b, last)))
        if values:
            lengths = values[0]
            return lengths[::-1] if reverse else lengths
    raise KeyError((letter, a, b, c))


def place(atom, references, bond, angle, torsion):
    return [atom, references, round(bond, 3), round(angle, 1), torsion]


def beta_carbon(letter):
    """CB of an L-amino acid from the three angles about CA; the sign of the torsion is the chirality."""
    bond, angle, _ = hedron(letter, "CB", "CA", "C")
    b, n, t = radians(angle), radians(hedron(letter, "N", "CA", "CB")[1]), radians(hedron(letter, "N", "CA", "C")[1])
    torsion = degrees(acos((cos(n) - cos(t) * cos(b)) / (sin(t) * sin(b))))
    return place("CB", ("N", "C", "CA"), bond, angle, {"Fixed": round(torsion, 1)})


def placements(letter, tree):
    yield beta_carbon(letter)
    parent = {"CB": "CA", "CA": "N"}
    for item in tree.split():
        atom, rest = item.split("<")
        on, torsion = rest.split(":")
        parent[atom] = on
        references = (parent[parent[on]], parent[on], on)
        _, angle, bond = hedron(letter, parent[on], on, atom)
        key = "".join(letter + name for name in (*references, atom))
        if torsion in globals():
            kind = {"Free": globals()[torsion]}
        elif torsion.startswith("~"):
            kind = {"Sibling": [torsion[1:], round(dihedra_secondary_defaults[key][1], 1)]}
        elif torsion == "mean":
            kind = {"Fixed": round(dihedra_primary_defaults[key][0], 1)}
        else:
            kind = {"Fixed": float(torsion)}
        yield place(atom, references, bond, angle, kind)


residues = []
for code, entry in RESIDUES.items():
    rows = ",\n".join(json.dumps(row) for row in placements(*entry)) if entry else ""
    residues.append(f'"{code.capitalize()}": [\n{rows}\n]')
print("{\n" + ",\n".join(residues) + "\n}")
