"""Chemistry of trajectories against the ranges of molecular dynamics, measured without the program.

    python engine/scripts/check_frames.py --md chignolin-md:4 md/* -- top.pdb run.dcd [more.dcd ...]

`--md` names the folders that md_ranges.py made its table from; ranges are made anew from them, so that this is
independent of the table and of the program that reads it. Prints, for a margin of 0, 10, 15 and 20 % of the width of each
range, the share of frames of which every bond, angle, center, ring and peptide bond is within its range; by kind, how often
it is not; wrong hands, overlaps (van der Waals spheres that overlap by more than 0.6 Å), and mean and spread of bonds and angles against the MD's.
"""

import argparse
import itertools
import sys
from collections import defaultdict

import mdtraj
import numpy as np

import md_ranges as md

RADII = {"C": 1.7, "N": 1.55, "O": 1.52, "S": 1.8}
HANDS = {"CA": ("N", "C", "CB")}


def ranges_of(folders):
    for folder in folders:
        md.collect(*md.load(folder))
    cache = {}

    def find(place, kind, group, atoms):
        key = (place, kind, group, atoms)
        if key not in cache:
            cache[key] = md.gather(place, kind, group, atoms)
        return cache[key]

    return find


def rows_of(topology, find):
    """(group, label, atom indices, range) of every quantity of a protein."""
    residues = list(topology.residues)
    maps = [{atom.name: atom.index for atom in residue.atoms} for residue in residues]
    for index, residue in enumerate(residues):
        first, last = index == 0, index == len(residues) - 1
        names = dict(maps[index])
        if not first:
            names |= {"-" + name: atom for name, atom in maps[index - 1].items()}
        for group, rows in md.RESIDUES[residue.name].groups().items():
            for atoms in rows:
                if all(name in names for name in atoms):
                    place = "first" if first and md.is_first(atoms) else "last" if last and md.is_last(atoms) else "inner"
                    r = find(place, residue.name, group, atoms)
                    yield group, f"{residue} {'-'.join(atoms)}", [names[name] for name in atoms], r


def near_atoms(topology):
    residues = list(topology.residues)
    maps = [{atom.name: atom.index for atom in residue.atoms} for residue in residues]
    partners = defaultdict(set)
    for index, residue in enumerate(residues):
        for a, b in md.RESIDUES[residue.name].bonds:
            i = (maps[index - 1]["C"] if index else None) if a == "-C" else maps[index].get(a)
            j = maps[index].get(b)
            if i is not None and j is not None:
                partners[i].add(j)
                partners[j].add(i)
    near = {}
    for atom in topology.atoms:
        reached = shell = {atom.index}
        for _ in range(3):
            shell = {b for a in shell for b in partners[a]}
            reached = reached | shell
        near[atom.index] = reached
    return near


def overlaps(topology, positions):
    near = near_atoms(topology)
    pairs, limits = [], []
    for a, b in itertools.combinations([a for a in topology.atoms if a.name != "OXT"], 2):
        if b.index not in near[a.index] and not (a.name == b.name == "SG"):
            pairs.append((a.index, b.index))
            limits.append(RADII[a.element.symbol] + RADII[b.element.symbol] - 0.6)
    pairs, limits = np.array(pairs), np.array(limits)
    count = np.zeros(len(positions), dtype=int)
    for start in range(0, len(positions), 200):
        x = positions[start : start + 200]
        d = np.sqrt(((x[:, pairs[:, 0]] - x[:, pairs[:, 1]]) ** 2).sum(-1))
        count[start : start + 200] = (d < limits).sum(1)
    return count


def report(name, topology, positions, find):
    frames = len(positions)
    margins = (0.0, 0.1, 0.15, 0.2)
    bad = {m: np.zeros(frames, dtype=bool) for m in margins}
    by_group = {m: defaultdict(lambda: np.zeros(frames, dtype=bool)) for m in margins}
    hands, flat = defaultdict(int), np.zeros(frames, dtype=bool)
    shift, widths = defaultdict(list), defaultdict(list)
    worst = []
    for group, label, atoms, r in rows_of(topology, find):
        values = md.measure(group, [positions[:, i] for i in atoms])
        if group == "omega":
            values = np.where(np.abs(values) > 90.0, 180.0 - np.abs(values), values) if "PRO" in label else values
        width = r.high - r.low
        for m in margins:
            out = ~((values >= r.low - m * width) & (values <= r.high + m * width))
            bad[m] |= out
            by_group[m][group] |= out
            if m == 0.15:
                worst.append((out.sum(), label))
        if group in ("bonds", "angles"):
            shift[group].append(values.mean() - r.mean)
            widths[group].append(values.std() / r.sd)
        if group == "centers" and r.low * r.high > 0:
            wrong = values * np.sign(r.mean) <= 0
            flat |= np.abs(values) < 0.5 * abs(r.mean)
            if wrong.any():
                hands[label] += int(wrong.sum())
    count = overlaps(topology, positions)
    print(f"\n{name}: {frames} frames")
    print("  in range, margin " + ", ".join(f"{m:.0%}: {100 * (1 - bad[m].mean()):.2f} %" for m in margins))
    for m in (0.0, 0.15):
        print(f"  out of range at margin {m:.0%}: " + ", ".join(f"{g} {100 * v.mean():.2f} %" for g, v in by_group[m].items()))
    print("  most often out: " + "; ".join(f"{label} {n}" for n, label in sorted(worst)[::-1][:8] if n))
    print(f"  wrong hands: {dict(hands)}; frames with a flattened or inverted center: {100 * flat.mean():.2f} %")
    print(f"  overlaps per frame {count.mean():.4f}, in range (15 %) and without overlap {100 * (~bad[0.15] & (count == 0)).mean():.2f} %")
    for group in ("bonds", "angles"):
        s, w = np.array(shift[group]), np.array(widths[group])
        print(f"  {group}: mean shift {s.mean():+.4f}, rms shift {np.sqrt((s**2).mean()):.4f}, spread / MD's {w.mean():.3f} ({w.min():.2f} to {w.max():.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--md", nargs="+", required=True)
    parser.add_argument("--folders", nargs="*", default=[], help="folders of MD to check, FOLDER:STRIDE")
    parser.add_argument("--skip", type=int, default=1, help="frames to leave out at the start of each trajectory")
    parser.add_argument("files", nargs="*", help="topology, then trajectories")
    a = parser.parse_args()
    find = ranges_of(a.md)
    for folder in a.folders:
        report(folder, *md.load(folder), find)
    if a.files:
        top, *runs = a.files
        for run in runs:
            trajectory = mdtraj.load(run, top=top)[a.skip :]
            report(run, trajectory.topology, trajectory.xyz * 10.0, find)


if __name__ == "__main__":
    sys.exit(main())
