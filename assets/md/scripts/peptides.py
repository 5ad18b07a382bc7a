#!/usr/bin/env python3
"""Sequences of the peptides: name and sequence, one a line.

    peptides.py > peptides.txt

A random Eulerian circuit over the 400 ordered pairs of residues, cut into overlapping pieces, holds every pair once:
`e` (8 to 12 residues), `f` and `k` (7 to 14). `h`, `b`, `t`, `p`, `g`, `c`, `x` are designed; `n` are turns of Gly, Asn
and Asp, where phi > 0 is common. Not all of them were simulated; the card tells which.
"""
import random

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
DESIGNED = {
    "h01": "AEAAAKEAAAKA", "h02": "SEELLKKLAEAL", "h03": "DPEAAKRLQEW", "h04": "AKQMEERIRKYL", "h05": "TEEQARKFIESL",
    "b01": "RYVEVNGKWVYQ", "b02": "KTVRFDPATGIY", "b03": "TWQINGKEYTW", "b04": "VTYENPDGSYKV", "b05": "IKVYGNDHVRF",
    "t01": "SPDGSGNPGT", "t02": "FYDPSTGEWF", "p01": "PPAPPEPPKP", "p02": "LPRPVPHPQP", "g01": "GSGNGTGDGS",
    "c01": "YHCGSNKCAHW", "x01": "VVIIVVTTVV", "x02": "FWYLFMWIYF", "x03": "KRKEDEKRED", "x04": "NQSTHNQSTC",
    "n01": "YDPETGTWY", "n02": "GENGKTW", "n03": "VNGKEYDGNW", "n04": "TNGRIDGSVK", "n05": "KGDGFNGL", "n06": "ADGNGDYGI",
    "n07": "SGGPNGAGQG", "n08": "RNDGKNGDE", "n09": "EYVNGQTFE", "n10": "WKDGNTRY", "n11": "LFNGDKIH", "n12": "PGNMDGPN",
}
# Prefix: seed of the circuit, shortest and longest piece, and what is not cut any more.
CIRCUITS = {"e": (1, 8, 12, 13), "f": (11, 7, 14, 15), "k": (12, 7, 14, 15)}


def circuit(seed):
    """A random Eulerian circuit over all ordered pairs (Hierholzer)."""
    draw = random.Random(seed)
    unused = {residue: list(RESIDUES) for residue in RESIDUES}
    for residue in RESIDUES:
        draw.shuffle(unused[residue])
    stack, path = [draw.choice(RESIDUES)], []
    while stack:
        following = unused[stack[-1]]
        if following:
            stack.append(following.pop())
        else:
            path.append(stack.pop())
    return "".join(reversed(path))


def pieces(seed, shortest, longest, rest):
    """The circuit in pieces that share their end residues, shuffled."""
    sequence, draw = circuit(seed), random.Random(seed + 1)
    found, at = [], 0
    while at < len(sequence) - 1:
        length, left = draw.randint(shortest, longest), len(sequence) - 1 - at
        if left <= rest:
            length = left + 1
        elif left - (length - 1) < 7:
            length = left // 2 + 1
        found.append(sequence[at : at + length])
        at += length - 1
    draw.shuffle(found)
    return found


def peptides():
    """All sequences by name."""
    named = {
        f"pep_{prefix}{number:02d}": sequence
        for prefix, settings in CIRCUITS.items()
        for number, sequence in enumerate(pieces(*settings), 1)
    }
    return named | {f"pep_{name}": sequence for name, sequence in DESIGNED.items()}


if __name__ == "__main__":
    for name, sequence in peptides().items():
        print(name, sequence)
