#!/usr/bin/env python3
"""Gathers trajectories of the generators into a folder a system, leaves out those with faults, and lists what there is.

    collect.py OUT PART... 

A PART is KIND=FOLDER: the generator (A, C or G, as the card has them) and a folder of systems with `top.pdb` and XTC
files each, heavy atoms, without hot phases and cooling. Peptides are thinned to a frame every 20 ps, proteins to 50 ps;
chignolin of A to 20 ps, of G (`chignolin_gpu`) not at all. Writes OUT/NAME/{top.pdb,traj_NN.xtc}, at 0.01 Å, and
OUT/systems.json, of which card.py makes the card. Needs mdtraj.
"""
import argparse
import json
import sys
from pathlib import Path

import mdtraj
import numpy as np

from checks import CODES, faults

FEWEST_FRAMES = 3


def interval_of(name, kind, own):
    """Time between the frames that are kept, ps."""
    if name == "chignolin" and kind == "G":
        return own
    return 20 if name == "chignolin" or name.startswith("pep_") else 50


def gather(source, kind, out):
    top = source / "top.pdb"
    files = sorted(source.glob("*.xtc"))
    first = mdtraj.load(str(files[0]), top=str(top))
    own = round(float(first.time[1] - first.time[0]))
    interval = interval_of(source.name, kind, own)
    if interval % own:
        sys.exit(f"{source}: frames every {own} ps cannot be thinned to {interval} ps")
    name = "chignolin_gpu" if source.name == "chignolin" and kind == "G" else source.name
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    number, row = len(list(folder.glob("traj_*.xtc"))), {"trajectories": 0, "frames": 0, "left_out": []}
    for path in files:
        frames = mdtraj.load(str(path), top=str(top))[:: interval // own]
        if len(frames) < FEWEST_FRAMES:
            continue
        found = faults(frames)
        if found:
            row["left_out"].append("+".join(found))
            continue
        if not (folder / "top.pdb").exists():
            frames[0].save_pdb(str(folder / "top.pdb"))
        frames.time = np.arange(len(frames)) * interval
        frames.unitcell_vectors = None
        frames.save_xtc(str(folder / f"traj_{number:02d}.xtc"))
        number += 1
        row["trajectories"] += 1
        row["frames"] += len(frames)
    sequence = "".join(CODES[residue.name] for residue in first.topology.residues)
    return row | {"name": name, "sequence": sequence, "atoms": first.n_atoms, "interval_ps": interval, "made_by": kind}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", nargs="+", metavar="KIND=FOLDER")
    arguments = parser.parse_args()
    if arguments.out.exists() and any(arguments.out.iterdir()):
        sys.exit(f"{arguments.out} is not empty")
    rows = []
    for part in arguments.parts:
        kind, _, folder = part.partition("=")
        for source in sorted(path for path in Path(folder).iterdir() if (path / "top.pdb").exists()):
            if any(source.glob("*.xtc")):
                rows.append(gather(source, kind, arguments.out))
                print(rows[-1]["name"], kind, rows[-1]["trajectories"], rows[-1]["frames"], rows[-1]["left_out"], flush=True)
    (arguments.out / "systems.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
