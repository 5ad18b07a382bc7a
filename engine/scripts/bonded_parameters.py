"""Writes engine/src/structure/bonds.json: the bonds of residues with their mean lengths and angles.

Source: the means over a culled set of PDB chains that Biopython carries in Bio.PDB.ic_data (R. T. Miller;
BSD 3-Clause; `pip install biopython==1.88`). That set follows a tree of internal coordinates, so it lacks
bonds that close rings and angles between siblings; those are from R. A. Engh & R. Huber, Acta Cryst. A47,
392 (1991). Norleucine takes the values of lysine and methionine. Run from the root of the repository:

    python engine/scripts/bonded_parameters.py > engine/src/structure/bonds.json
"""

import json
from itertools import combinations

from Bio.PDB.ic_data import hedra_defaults

SIDE_CHAINS = {
    "Ala": ("A", "CA-CB"),
    "Arg": ("R", "CA-CB CB-CG CG-CD CD-NE NE-CZ CZ-NH1 CZ-NH2"),
    "Asn": ("N", "CA-CB CB-CG CG-OD1 CG-ND2"),
    "Asp": ("D", "CA-CB CB-CG CG-OD1 CG-OD2"),
    "Cys": ("C", "CA-CB CB-SG"),
    "Gln": ("Q", "CA-CB CB-CG CG-CD CD-OE1 CD-NE2"),
    "Glu": ("E", "CA-CB CB-CG CG-CD CD-OE1 CD-OE2"),
    "Gly": ("G", ""),
    "His": ("H", "CA-CB CB-CG CG-ND1 ND1-CE1 CE1-NE2 NE2-CD2 CD2-CG"),
    "Ile": ("I", "CA-CB CB-CG1 CG1-CD1 CB-CG2"),
    "Leu": ("L", "CA-CB CB-CG CG-CD1 CG-CD2"),
    "Lys": ("K", "CA-CB CB-CG CG-CD CD-CE CE-NZ"),
    "Met": ("M", "CA-CB CB-CG CG-SD SD-CE"),
    "Phe": ("F", "CA-CB CB-CG CG-CD1 CD1-CE1 CE1-CZ CZ-CE2 CE2-CD2 CD2-CG"),
    "Pro": ("P", "CA-CB CB-CG CG-CD CD-N"),
    "Ser": ("S", "CA-CB CB-OG"),
    "Thr": ("T", "CA-CB CB-OG1 CB-CG2"),
    "Trp": ("W", "CA-CB CB-CG CG-CD1 CD1-NE1 NE1-CE2 CE2-CZ2 CZ2-CH2 CH2-CZ3 CZ3-CE3 CE3-CD2 CD2-CG CD2-CE2"),
    "Tyr": ("Y", "CA-CB CB-CG CG-CD1 CD1-CE1 CE1-CZ CZ-OH CZ-CE2 CE2-CD2 CD2-CG"),
    "Val": ("V", "CA-CB CB-CG1 CB-CG2"),
    "Nle": ("K", "CA-CB CB-CG CG-CD CD-CE"),
}

# Engh & Huber 1991, for what Biopython's tree leaves out.
BONDS = {
    "His": {"CE1-NE2": 1.321}, "Phe": {"CZ-CE2": 1.382, "CE1-CZ": 1.382}, "Pro": {"CD-N": 1.473},
    "Trp": {"NE1-CE2": 1.370, "CZ3-CE3": 1.382}, "Tyr": {"CZ-CE2": 1.378}, "Nle": {"CD-CE": 1.513},
}  # fmt: skip
ANGLES = {
    "Asn": {"OD1-CG-ND2": 122.6}, "Asp": {"OD1-CG-OD2": 122.9}, "Gln": {"OE1-CD-NE2": 122.6},
    "Glu": {"OE1-CD-OE2": 122.9}, "Arg": {"NH1-CZ-NH2": 119.7},
    "His": {"ND1-CG-CD2": 106.1, "ND1-CE1-NE2": 108.4, "CE1-NE2-CD2": 109.0},
    "Ile": {"CG1-CB-CG2": 110.7}, "Leu": {"CD1-CG-CD2": 110.8}, "Val": {"CG1-CB-CG2": 110.8},
    "Thr": {"OG1-CB-CG2": 109.3},
    "Phe": {"CD1-CG-CD2": 118.6, "CE1-CZ-CE2": 120.0, "CZ-CE2-CD2": 120.0, "CD1-CE1-CZ": 120.0},
    "Tyr": {"CD1-CG-CD2": 118.1, "CE1-CZ-CE2": 120.3, "OH-CZ-CE2": 119.9, "CZ-CE2-CD2": 119.6},
    "Trp": {"CD1-CG-CD2": 106.3, "CD1-NE1-CE2": 108.9, "NE1-CE2-CZ2": 130.1, "NE1-CE2-CD2": 107.4,
            "CH2-CZ3-CE3": 121.1, "CZ3-CE3-CD2": 118.6, "CE3-CD2-CE2": 118.8},
    "Pro": {"CA-N-CD": 112.0, "CG-CD-N": 103.2},
    "Nle": {"CG-CD-CE": 113.0},
}  # fmt: skip


def hedron(letter, a, b, c):
    """Bond a-b, angle a-b-c, bond b-c as Biopython has them, in this direction or the other."""
    for key, turned in ((f"{letter}{a}{letter}{b}{letter}{c}", False), (f"{letter}{c}{letter}{b}{letter}{a}", True)):
        if key in hedra_defaults:
            first, angle, second = hedra_defaults[key][0]
            return (second, angle, first) if turned else (first, angle, second)
    return None


def main():
    residues = []
    for name, (letter, side_chain) in SIDE_CHAINS.items():
        bonds = [tuple(b.split("-")) for b in ["N-CA", "CA-C", "C-O", *side_chain.split()]]
        bonded = {}
        for a, b in bonds:
            bonded.setdefault(a, []).append(b)
            bonded.setdefault(b, []).append(a)
        lengths, angles = {}, {}
        for b, ends in bonded.items():
            for a, c in combinations(ends, 2):
                known = hedron(letter, a, b, c)
                written = next((v for k, v in ANGLES.get(name, {}).items() if k in (f"{a}-{b}-{c}", f"{c}-{b}-{a}")), None)
                if written is None and known is None:
                    raise SystemExit(f"{name}: no angle {a}-{b}-{c}")
                angles[a, b, c] = written if written is not None else known[1]
                if known:
                    lengths.setdefault(frozenset((a, b)), known[0])
                    lengths.setdefault(frozenset((b, c)), known[2])
        bond_rows = []
        for a, b in bonds:
            length = BONDS.get(name, {}).get(f"{a}-{b}", lengths.get(frozenset((a, b))))
            if length is None:
                raise SystemExit(f"{name}: no bond {a}-{b}")
            bond_rows.append([a, b, round(length, 3)])
        c_n, c_n_ca, _ = hedra_defaults[f"XC{letter}N{letter}CA"][0]
        fields = {
            "bonds": bond_rows,
            "angles": [[a, b, c, round(angle, 1)] for (a, b, c), angle in angles.items()],
            "ca_c_n_degrees": round(hedra_defaults[f"{letter}CA{letter}CXN"][0][1], 1),
            "c_n_angstrom": round(c_n, 3),
            "c_n_ca_degrees": round(c_n_ca, 1),
        }
        lines = [f'"{field}": {json.dumps(value)}' for field, value in fields.items()]
        residues.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
    print("{\n" + ",\n".join(residues) + "\n}")


if __name__ == "__main__":
    main()
