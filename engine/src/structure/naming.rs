//! Names of residues and atoms as the PDB, AMBER, CHARMM and GROMACS write them.

use super::ResidueType;

/// What a residue name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResidueName {
    /// A residue of the vocabulary; `renamed` when the file calls it something else.
    Protein { kind: ResidueType, renamed: bool },
    /// A cap at a chain end, such as ACE or NME.
    Cap,
    /// Water.
    Water,
    /// A nucleotide.
    Nucleic,
    /// Anything else: ligand, ion, lipid or a modified residue.
    Other,
}

/// Interprets a residue name in capitals.
pub(super) fn residue_name(name: &str) -> ResidueName {
    use ResidueName::*;
    if let Some(kind) = ResidueType::ALL.into_iter().find(|kind| kind.code3() == name) {
        return Protein { kind, renamed: false };
    }
    if let Some(kind) = protonation_variant(name) {
        return Protein { kind, renamed: true };
    }
    match name {
        "ACE" | "NME" | "NMA" | "NH2" | "NHE" | "FOR" | "ACET" | "NAC" => return Cap,
        "HOH" | "WAT" | "H2O" | "HHO" | "OHH" | "OH2" | "TIP3P" | "TIP4P" | "OPC3" | "DOD" | "SOL"
        | "TIP" | "TIP2" | "TIP3" | "TIP4" | "TIP5" | "TIPS" | "TP3" | "TP4" | "TP5" | "T3P" | "T4P"
        | "SPC" | "SPCE" | "OPC" => return Water,
        "A" | "C" | "G" | "U" | "T" | "I" | "DA" | "DC" | "DG" | "DT" | "DI" | "DU" | "RA" | "RC" | "RG"
        | "RU" | "ADE" | "CYT" | "GUA" | "THY" | "URA" | "DA5" | "DC5" | "DG5" | "DT5" | "DA3" | "DC3"
        | "DG3" | "DT3" | "A5" | "C5" | "G5" | "U5" | "A3" | "C3" | "G3" | "U3" | "RA5" | "RC5" | "RG5"
        | "RU5" | "RA3" | "RC3" | "RG3" | "RU3" => return Nucleic,
        _ => {}
    }
    // AMBER marks residues at chain ends by a prefix: NTYR, CGLY, NHID.
    if matches!(name.len(), 4 | 5)
        && let Some(rest) = name.strip_prefix(['N', 'C'])
        && let Protein { kind, .. } = residue_name(rest)
    {
        return Protein { kind, renamed: true };
    }
    Other
}

/// Names of AMBER, CHARMM, GROMACS, GROMOS and OPLS for protonation states, of residues that titrate at constant pH
/// (AMBER: AS4, GL4, and AS2, GL2 of the continuous method; GROMACS: ASPT, GLUT, HSPT …), of united atoms (TRPU …), and the
/// few substitutions that leave the heavy atoms alike.
fn protonation_variant(name: &str) -> Option<ResidueType> {
    Some(match name {
        "HID" | "HIE" | "HIP" | "HSD" | "HSE" | "HSP" | "HISA" | "HISB" | "HISD" | "HISE" | "HISH"
        | "HISP" | "HISX" | "HIS1" | "HIS2" | "HSPT" => ResidueType::His,
        "CYX" | "CYM" | "CYN" | "CYP" | "CYSH" | "CYSX" | "CYS1" | "CYS2" => ResidueType::Cys,
        "ASH" | "ASP1" | "ASPH" | "ASPP" | "ASF" | "AS2" | "AS4" | "ASPT" => ResidueType::Asp,
        "ASN1" => ResidueType::Asn,
        "GLH" | "GLUH" | "GLUP" | "GL2" | "GL4" | "GLUT" => ResidueType::Glu,
        "LYN" | "LYP" | "LYSH" | "LYSN" | "LSN" | "LYST" => ResidueType::Lys,
        "ARN" | "ARGN" | "ARGP" | "ARGT" => ResidueType::Arg,
        "QLN" => ResidueType::Gln,
        "PHEH" | "PHEU" => ResidueType::Phe,
        "TRPH" | "TRPU" => ResidueType::Trp,
        "TYM" | "TYO" | "TYRH" | "TYRU" | "TYRT" => ResidueType::Tyr,
        "MSE" => ResidueType::Met,
        _ => return None,
    })
}

/// What an atom of a protein residue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtomName {
    /// A canonical heavy atom, as offset into [`ResidueType::atom_names`].
    Canonical(usize),
    /// The second oxygen of the C-terminus, which the model does not hold.
    TerminalOxygen,
    /// Hydrogen, deuterium or a massless site.
    Hydrogen,
    /// A heavy atom that this residue should not have.
    Foreign,
}

/// Interprets an atom name within a residue of type `kind`.
pub(super) fn atom_name(kind: ResidueType, name: &str, hydrogen: bool) -> AtomName {
    let canonical = |name: &str| kind.atom_names().iter().position(|&known| known == name);
    if hydrogen {
        return AtomName::Hydrogen;
    }
    if let Some(offset) = canonical(name) {
        return AtomName::Canonical(offset);
    }
    let alias = match (kind, name) {
        (_, "OT1" | "O1" | "OC1" | "OCT1" | "O'" | "OA") => "O",
        (_, "OXT" | "OT2" | "O2" | "OC2" | "OCT2" | "O''" | "OTX" | "OT" | "OB") => {
            return AtomName::TerminalOxygen;
        }
        (ResidueType::Ile, "CD") => "CD1",
        (ResidueType::Met, "SE") => "SD", // selenomethionine
        (ResidueType::Cys, "SG1") => "SG",
        _ => "",
    };
    if let Some(offset) = canonical(alias) {
        return AtomName::Canonical(offset);
    }
    // Hydrogens without an element column: HB2, 1HB, 2HG1, D; and massless sites.
    match name.trim_start_matches(|c: char| c.is_ascii_digit()).bytes().next() {
        None | Some(b'H' | b'D' | b'h' | b'd') => AtomName::Hydrogen,
        Some(b'M') if name.starts_with("MC") || name.starts_with("MN") => AtomName::Hydrogen,
        _ => AtomName::Foreign,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn force_field_names() {
        for (name, code) in [
            ("HSD", "HIS"),
            ("HIP", "HIS"),
            ("CYX", "CYS"),
            ("ASH", "ASP"),
            ("GLH", "GLU"),
            ("LYN", "LYS"),
            ("MSE", "MET"),
            ("NTYR", "TYR"),
            ("CGLY", "GLY"),
            ("NHID", "HIS"),
            ("CNLE", "NLE"),
            ("HISE", "HIS"),
            ("AS4", "ASP"),
            ("GL4", "GLU"),
            ("GLUT", "GLU"),
            ("LYP", "LYS"),
            ("NLYP", "LYS"),
            ("TYRU", "TYR"),
            ("HISX", "HIS"),
            ("NHISE", "HIS"),
            ("QLN", "GLN"),
            ("CQLN", "GLN"),
            ("ASP1", "ASP"),
            ("TRPU", "TRP"),
            ("PHEH", "PHE"),
            ("TYO", "TYR"),
        ] {
            let ResidueName::Protein { kind, renamed } = residue_name(name) else { panic!("{name}") };
            assert_eq!((kind.code3(), renamed), (code, true), "{name}");
        }
        assert_eq!(residue_name("NLE"), ResidueName::Protein { kind: ResidueType::Nle, renamed: false });
        assert_eq!(residue_name("ACE"), ResidueName::Cap);
        assert_eq!(residue_name("TIP3"), ResidueName::Water);
        assert_eq!(residue_name("DG"), ResidueName::Nucleic);
        for other in ["SEP", "DAL", "PCA", "NAG", "ZN", "POPC", ""] {
            assert_eq!(residue_name(other), ResidueName::Other, "{other}");
        }
    }

    #[test]
    fn atom_aliases() {
        let offset = |kind: ResidueType, name| match atom_name(kind, name, false) {
            AtomName::Canonical(offset) => kind.atom_names()[offset],
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(offset(ResidueType::Ile, "CD"), "CD1");
        assert_eq!(offset(ResidueType::Lys, "CD"), "CD");
        assert_eq!(offset(ResidueType::Gly, "OT1"), "O");
        assert_eq!(offset(ResidueType::Met, "SE"), "SD");
        assert_eq!(atom_name(ResidueType::Gly, "OXT", false), AtomName::TerminalOxygen);
        assert_eq!(atom_name(ResidueType::Gly, "OT2", false), AtomName::TerminalOxygen);
        for hydrogen in ["H", "HA", "1HB", "2HG1", "D", "H''"] {
            assert_eq!(atom_name(ResidueType::Ala, hydrogen, false), AtomName::Hydrogen, "{hydrogen}");
        }
        assert_eq!(atom_name(ResidueType::Ser, "P", false), AtomName::Foreign);
    }
}
