"""What makes a trajectory unfit for training. Needs mdtraj."""
import mdtraj
import numpy as np

LONGEST_BOND_NM = 0.25
CODES = dict(
    zip(
        "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL NLE HID HIE HIP CYX".split(),
        "ARNDCQEGHILKMFPSTWYVXHHHC",
    )
)


def inverted(frames):
    """How many Cα of each frame have the wrong hand."""
    named = [{a.name: a.index for a in residue.atoms} for residue in frames.topology.residues]
    corners = np.array([[r["N"], r["CA"], r["C"], r["CB"]] for r in named if "CB" in r], int).reshape(-1, 4).T
    n, ca, c, cb = (frames.xyz[:, atoms] for atoms in corners)
    return (np.einsum("fij,fij->fi", np.cross(n - ca, c - ca), cb - ca) < 0).sum(1)


def cis(frames):
    """Whether a peptide bond other than before proline is cis in any frame."""
    residues = list(frames.topology.residues)
    named = [{a.name: a.index for a in residue.atoms} for residue in residues]
    atoms = [
        [before["CA"], before["C"], after["N"], after["CA"]]
        for before, after, residue in zip(named, named[1:], residues[1:])
        if residue.name != "PRO"
    ]
    return bool((np.abs(np.degrees(mdtraj.compute_dihedrals(frames, atoms))) < 90).any())


def faults(frames):
    """Names of what is wrong with a trajectory; none where it can be used."""
    bonds = np.array([(a.index, b.index) for a, b in frames.topology.bonds])
    found = []
    if cis(frames):
        found.append("cis")
    if inverted(frames).any():
        found.append("hand")
    if (mdtraj.compute_distances(frames, bonds) > LONGEST_BOND_NM).any():
        found.append("strain")
    return found
