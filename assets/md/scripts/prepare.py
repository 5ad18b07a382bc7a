#!/usr/bin/env python3
"""Makes the systems that the generator simulates: topology, parameters and 16 starts of each.

    prepare.py WORK --generator FOLDER --structures FOLDER --fragments FOLDER [--kinds protein,peptide,fragment,fold]

FOLDER of --generator holds `export.py` (a structure or a sequence to an OpenMM system with AMBER ff14SBonlysc, GB-Neck2
and the ACE term, and files of parameters) and `starts.py` (native, helical, extended and coiled starts); it is not part
of this repository. --structures is assets/structures, --fragments what fragments.py wrote. Systems, with their seeds and
hot phases, are listed in WORK/systems.json; what is ready is left alone, so that several processes may share the work.
Needs mdtraj, and what the generator needs.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import mdtraj

from checks import inverted
from peptides import peptides

PROTEINS = "chignolin trpcage bba wwdomain villin ntl9 bbl proteinb proteing homeodomain a3d lambda".split()
# Sequences that the first generator made, with seeds of their own; the others come here.
EARLIER = ("e", "h", "b", "t", "p", "g", "c", "x")
# Replica:temperature in K:time in ps, for those that begin hot.
HOT = {
    "protein": "8:700:20,9:700:40,10:700:60,11:700:80,12:600:20,13:600:30,14:600:40,15:600:50",
    "peptide": ",".join(f"{replica}:500:20" for replica in range(16)),
    "fragment": "12:600:20,13:600:40,14:600:20,15:600:40",
    "fold": "12:600:20,13:600:40,14:600:20,15:600:40",
}


def systems(structures, fragments):
    found = {}
    for number, name in enumerate(PROTEINS):
        found[name] = {"kind": "protein", "seed": 700 + number, "pdb": str(structures / f"{name}.pdb")}
    new = {name: seq for name, seq in peptides().items() if not name.removeprefix("pep_").startswith(EARLIER)}
    for number, (name, sequence) in enumerate(new.items()):
        found[name] = {"kind": "peptide", "seed": 500 + number, "seq": sequence}
    for number, path in enumerate(sorted((fragments / "peptides").glob("*.pdb"))):
        found[f"pep_{path.stem}"] = {"kind": "fragment", "seed": 800 + number, "pdb": str(path)}
    for number, path in enumerate(sorted((fragments / "folds").glob("*.pdb"))):
        found[path.stem] = {"kind": "fold", "seed": 900 + number, "pdb": str(path)}
    for system in found.values():
        system["lane_hot"] = HOT[system["kind"]]
    return found


def export(generator, prefix, system):
    """Whether the system came out with all residues in the L form."""
    if "seq" in system:
        # A built chain may leave the minimizer with a D residue: then it is built anew, as a helix.
        tries = [["--seq", system["seq"], "--minimize", "100", *more] for more in ([], ["--helix"])]
    else:
        tries = [["--pdb", system["pdb"], "--minimize", "60"]]
    for source in tries:
        command = [sys.executable, str(generator / "export.py"), str(prefix), "--sa", "ACE", *source]
        if subprocess.run(command).returncode == 0 and not inverted(mdtraj.load(f"{prefix}.pdb")).any():
            return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--structures", type=Path, required=True)
    parser.add_argument("--fragments", type=Path, required=True)
    parser.add_argument("--kinds", default=",".join(HOT))
    arguments = parser.parse_args()
    folder = arguments.work / "sys"
    folder.mkdir(parents=True, exist_ok=True)
    found = systems(arguments.structures, arguments.fragments)
    (arguments.work / "systems.json").write_text(json.dumps(found, indent=1))
    for name, system in found.items():
        prefix = folder / name
        if system["kind"] not in arguments.kinds.split(",") or Path(f"{prefix}.ready").exists():
            continue
        try:
            os.close(os.open(f"{prefix}.claim", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        if not export(arguments.generator, prefix, system):
            print(f"{name} cannot be exported", file=sys.stderr)
            continue
        kind = "peptide" if system["kind"] == "peptide" else "protein"
        starts = [sys.executable, str(arguments.generator / "starts.py"), str(prefix)]
        if subprocess.run([*starts, "--seed", str(system["seed"]), "--kind", kind]).returncode == 0:
            Path(f"{prefix}.ready").touch()


if __name__ == "__main__":
    main()
