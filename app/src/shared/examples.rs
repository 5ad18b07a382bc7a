//! The structures inside the binary: the 12 fast-folding proteins of the paper and two variants.

use equijump_engine::session::StructureSource;

/// One bundled structure.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// File name under `assets/structures`.
    pub file_name: &'static str,
    /// Name for the user.
    pub name: &'static str,
    /// PDB entry it comes from.
    pub pdb_id: &'static str,
    /// Number of residues.
    pub residues: usize,
    /// The file.
    pub bytes: &'static [u8],
}

impl Example {
    /// What the session opens.
    pub fn source(&self) -> StructureSource {
        StructureSource::Bundled { file_name: self.file_name.to_owned(), bytes: self.bytes }
    }

    /// Text of the menu entry.
    pub fn menu_text(&self) -> String {
        format!("{} ({}, {} residues)", self.name, self.pdb_id, self.residues)
    }
}

macro_rules! example {
    ($file:literal, $name:literal, $pdb:literal, $residues:literal) => {
        Example {
            file_name: concat!($file, ".pdb"),
            name: $name,
            pdb_id: $pdb,
            residues: $residues,
            bytes: include_bytes!(concat!("../../../assets/structures/", $file, ".pdb")),
        }
    };
}

/// All bundled structures; chignolin, which the window starts with, comes first, variants last.
pub static EXAMPLES: [Example; 14] = [
    example!("chignolin", "Chignolin (CLN025)", "5AWL", 10),
    example!("trpcage", "Trp-cage", "2JOF", 20),
    example!("bba", "BBA", "1FME", 28),
    example!("wwdomain", "WW domain", "1PIN", 34),
    example!("villin", "Villin", "2F4K", 35),
    example!("ntl9", "NTL9", "2HBA", 39),
    example!("bbl", "BBL", "2WXC", 47),
    example!("proteinb", "Protein B", "1PRB", 47),
    example!("homeodomain", "Homeodomain", "1ENH", 54),
    example!("proteing", "Protein G", "1MI0", 56),
    example!("a3d", "α3D", "2A3D", 73),
    example!("lambda", "λ-repressor", "1LMB", 80),
    example!("wwdomain_fip_2f21", "WW domain, FiP35", "2F21", 33),
    example!("homeodomain_uvf_2p6j", "Homeodomain, UVF", "2P6J", 52),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residue_counts_in_the_menu_are_those_of_the_files() {
        for example in &EXAMPLES {
            let text = String::from_utf8_lossy(example.bytes);
            let residues = text
                .lines()
                .filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"))
                .filter(|line| line.get(12..16) == Some(" CA "))
                .count();
            assert_eq!(residues, example.residues, "{}", example.file_name);
        }
    }
}
