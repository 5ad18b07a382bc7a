#!/usr/bin/env python3
"""The tables of the card, `assets/md/README.md`, in Markdown on standard output.

    card.py systems.json fragments.txt

Of what collect.py and fragments.py wrote; what surrounds the tables is written by hand.
"""
import json
import sys

HEADER = "| folder | sequence | heavy atoms | trajectories | frames | ps a frame | ns | made by | left out |\n" + "|---" * 9 + "|"


def main():
    rows_path, fragments_path = sys.argv[1:]
    systems = {}
    for row in json.load(open(rows_path)):
        system = systems.setdefault(row["name"], {**row, "trajectories": 0, "frames": 0, "made_by": set(), "left_out": []})
        for key in ("trajectories", "frames", "left_out"):
            system[key] += row[key]
        if row["trajectories"]:
            system["made_by"].add(row["made_by"])

    def table(of):
        print(HEADER)
        for name in of:
            s = systems[name]
            ns = s["frames"] * s["interval_ps"] / 1000
            cells = [name, s["sequence"], s["atoms"], s["trajectories"], s["frames"], s["interval_ps"], f"{ns:.1f}"]
            cells += [" ".join(sorted(s["made_by"])), ", ".join(s["left_out"])]
            print("| " + " | ".join(map(str, cells)) + " |")

    peptides = [name for name in systems if name.startswith("pep_")]
    total = sum(s["frames"] * s["interval_ps"] for s in systems.values()) / 1e6
    pairs = {systems[n]["sequence"][i : i + 2] for n in peptides for i in range(len(systems[n]["sequence"]) - 1)}
    trajectories = sum(s["trajectories"] for s in systems.values())
    print(f"{len(systems)} systems, {trajectories:,} independent trajectories, {total:.2f} µs.\n")
    table(name for name in systems if name not in peptides)
    told = []
    for line in filter(str.strip, open(fragments_path)):
        name, entry, first, last = line.split()[:4]
        name = name if name in systems else f"pep_{name}"
        if name in systems:
            told.append(f"`{name}` {entry} {first}–{last}")
    print("\nFragments and where they come from (PDB entry and chain, residues): " + "; ".join(told) + ".\n")
    print(f"{len(peptides)} peptides hold {len(pairs)} of the 400 ordered pairs of residues.\n")
    table(peptides)


if __name__ == "__main__":
    main()
