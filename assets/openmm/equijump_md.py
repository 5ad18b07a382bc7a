"""Molecular dynamics of a protein with OpenMM as EquiJump's training data have it: ff14SB, GB-Neck2, no cutoff.

Used by run.py and make_training_data.py; it needs nothing but OpenMM (pip install openmm).
"""

import io
import math
import sys

try:
    import openmm
    from openmm import app, unit
except ImportError:
    sys.exit("OpenMM is not installed in this Python; install it with: pip install openmm")

# ff14SB has no norleucine. Types and charges of its backbone, and of the end of its side chain, are those of
# isoleucine in the same place of the chain (CG1 and CD1 for CG, CD and CE); CB takes what is left to a whole charge.
NORLEUCINE = """<ForceField><Residues>
<Residue name="NLE">
{inner_n}<Atom name="CA" type="protein-CX" charge="-0.0597"/><Atom name="HA" type="protein-H1" charge="0.0869"/>
<Atom name="CB" type="protein-2C" charge="0.0210"/>{side}
<Atom name="C" type="protein-C" charge="0.5973"/><Atom name="O" type="protein-O" charge="-0.5679"/>
<Bond atomName1="N" atomName2="H"/>{bonds}<ExternalBond atomName="N"/><ExternalBond atomName="C"/>
</Residue>
<Residue name="NNLE">
<Atom name="N" type="protein-N3" charge="0.0311"/><Atom name="H1" type="protein-H" charge="0.2329"/>
<Atom name="H2" type="protein-H" charge="0.2329"/><Atom name="H3" type="protein-H" charge="0.2329"/>
<Atom name="CA" type="protein-CX" charge="0.0257"/><Atom name="HA" type="protein-HP" charge="0.1031"/>
<Atom name="CB" type="protein-2C" charge="0.0342"/>{side}
<Atom name="C" type="protein-C" charge="0.6123"/><Atom name="O" type="protein-O" charge="-0.5713"/>
<Bond atomName1="N" atomName2="H1"/><Bond atomName1="N" atomName2="H2"/><Bond atomName1="N" atomName2="H3"/>
{bonds}<ExternalBond atomName="C"/>
</Residue>
<Residue name="CNLE">
<Atom name="N" type="protein-N" charge="-0.3821"/><Atom name="H" type="protein-H" charge="0.2681"/>
<Atom name="CA" type="protein-CX" charge="-0.3100"/><Atom name="HA" type="protein-H1" charge="0.1375"/>
<Atom name="CB" type="protein-2C" charge="0.0240"/>{side}
<Atom name="C" type="protein-C" charge="0.8343"/><Atom name="O" type="protein-O2" charge="-0.8190"/>
<Atom name="OXT" type="protein-O2" charge="-0.8190"/>
<Bond atomName1="N" atomName2="H"/><Bond atomName1="C" atomName2="OXT"/>{bonds}<ExternalBond atomName="N"/>
</Residue>
</Residues></ForceField>""".format(
    inner_n='<Atom name="N" type="protein-N" charge="-0.4157"/><Atom name="H" type="protein-H" charge="0.2719"/>',
    side="".join(
        f'<Atom name="{name}" type="protein-{kind}" charge="{charge}"/>'
        for name, kind, charge in [
            ("HB2", "HC", 0.0340), ("HB3", "HC", 0.0340),
            ("CG", "2C", -0.0430), ("HG2", "HC", 0.0236), ("HG3", "HC", 0.0236),
            ("CD", "2C", -0.0430), ("HD2", "HC", 0.0236), ("HD3", "HC", 0.0236),
            ("CE", "CT", -0.0660), ("HE1", "HC", 0.0186), ("HE2", "HC", 0.0186), ("HE3", "HC", 0.0186),
        ]
    ),
    bonds="".join(
        f'<Bond atomName1="{a}" atomName2="{b}"/>'
        for a, b in [
            ("N", "CA"), ("CA", "HA"), ("CA", "CB"), ("CA", "C"), ("C", "O"), ("CB", "HB2"), ("CB", "HB3"),
            ("CB", "CG"), ("CG", "HG2"), ("CG", "HG3"), ("CG", "CD"), ("CD", "HD2"), ("CD", "HD3"), ("CD", "CE"),
            ("CE", "HE1"), ("CE", "HE2"), ("CE", "HE3"),
        ]
    ),
)


def load(path):
    """A structure with all its hydrogens, as `equijump export --hydrogens` writes it."""
    text = str(path).lower()
    try:
        structure = app.PDBxFile(str(path)) if text.endswith((".cif", ".mmcif")) else app.PDBFile(str(path))
    except Exception as error:
        sys.exit(f"{path} cannot be read: {error}")
    if not any(atom.element == app.element.hydrogen for atom in structure.topology.atoms()):
        sys.exit(
            f"{path} has no hydrogens; make a file that has them with: "
            f"equijump export {path} --hydrogens --out start.pdb"
        )
    return structure


def simulation(structure, platform=None, temperature_kelvin=350.0, step_fs=2.0, seed=0):
    """Force field, integrator and positions of `structure`. Steps longer than 2 fs get heavier hydrogens."""
    forcefield = app.ForceField("amber14/protein.ff14SB.xml", "implicit/gbn2.xml")
    if any(residue.name == "NLE" for residue in structure.topology.residues()):
        print("norleucine: ff14SB has none; it gets types and charges by analogy with isoleucine")
        forcefield.loadFile(io.StringIO(NORLEUCINE))
    try:
        system = forcefield.createSystem(
            structure.topology,
            nonbondedMethod=app.NoCutoff,
            constraints=app.HBonds,
            hydrogenMass=(1.008 if step_fs <= 2.0 else 3.0) * unit.amu,
        )
    except ValueError as error:
        sys.exit(f"the force field does not know this structure: {error}")
    integrator = openmm.LangevinMiddleIntegrator(
        temperature_kelvin * unit.kelvin, 1.0 / unit.picosecond, step_fs * unit.femtosecond
    )
    integrator.setRandomNumberSeed(seed)
    where = [openmm.Platform.getPlatformByName(platform)] if platform else []
    made = app.Simulation(structure.topology, system, integrator, *where)
    made.context.setPositions(structure.positions)
    return made


def energy(made):
    """Potential energy, kJ/mol. Ends the program where it is not a number: then atoms lie on each other."""
    value = made.context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
    if not math.isfinite(value):
        sys.exit("the energy is not finite: atoms of this structure lie on each other; take another frame")
    return value


def check_and_minimize(made):
    """Prints the energy before and after minimizing; returns both, kJ/mol."""
    before = energy(made)
    made.minimizeEnergy()
    after = energy(made)
    print(f"potential energy: {before:.1f} kJ/mol before minimizing, {after:.1f} kJ/mol after")
    if after > before:
        sys.exit("minimizing did not lower the energy; take another frame")
    return before, after
