//! Formats that other programs write and EquiJump does not read, told by their first bytes or their name, each
//! with a conversion that works.

use std::path::Path;

use crate::structure::pdb_columns;
use crate::trajectory::TrajectoryFormat;

/// What a file was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// As a structure or topology.
    Structure,
    /// As a trajectory.
    Trajectory,
    /// To be described.
    Any,
}

/// A format that is known and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForeignFormat {
    /// With its article: `a TRR trajectory of GROMACS`.
    name: &'static str,
    as_structure: &'static str,
    as_trajectory: &'static str,
}

impl ForeignFormat {
    /// Whether this is GRO, which is read as a structure.
    pub fn is_gro(&self) -> bool {
        *self == GRO
    }

    /// Whether this is one of our own trajectory formats, foreign only as a structure.
    pub fn is(&self, format: TrajectoryFormat) -> bool {
        match format {
            TrajectoryFormat::Dcd => *self == DCD,
            TrajectoryFormat::Xtc => *self == XTC,
            TrajectoryFormat::Pdb => false,
        }
    }

    /// That it is not read, and what to do.
    pub fn refusal(&self, used: Use) -> ForeignFile {
        let remedy = match used {
            Use::Structure => self.as_structure,
            Use::Trajectory => self.as_trajectory,
            Use::Any if self.as_structure == TOPOLOGY_NEEDED => self.as_trajectory,
            Use::Any => self.as_structure,
        };
        ForeignFile { format: self.name, remedy }
    }
}

/// A file of another program: `a TRR trajectory of GROMACS, which EquiJump does not read: convert it …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format}, which EquiJump does not read: {remedy}")]
pub struct ForeignFile {
    /// What it is, with its article.
    pub format: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

const TOPOLOGY_NEEDED: &str = "it holds no structure; name a PDB, mmCIF or GRO file with the same atoms";
const TRAJECTORY_NEEDED: &str = "it holds no frames; name the DCD, XTC or PDB trajectory";

const TRR: ForeignFormat = ForeignFormat {
    name: "a TRR trajectory of GROMACS",
    as_structure: TOPOLOGY_NEEDED,
    as_trajectory: "convert it with gmx trjconv -f run.trr -o run.xtc",
};
const BINARY_CIF: ForeignFormat = ForeignFormat {
    name: "a BinaryCIF file",
    as_structure: "download or save the entry as mmCIF (.cif)",
    as_trajectory: TRAJECTORY_NEEDED,
};
const MMTF: ForeignFormat = ForeignFormat {
    name: "an MMTF file",
    as_structure: "download the entry as mmCIF (.cif)",
    as_trajectory: TRAJECTORY_NEEDED,
};
const PSF: ForeignFormat = ForeignFormat {
    name: "a PSF topology of CHARMM, NAMD or X-PLOR",
    as_structure: "it holds no coordinates; name the PDB file that was made with it",
    as_trajectory: TRAJECTORY_NEEDED,
};
const PRMTOP: ForeignFormat = ForeignFormat {
    name: "a PRMTOP topology of AMBER",
    as_structure: "write a PDB file with ambpdb -p system.prmtop -c system.rst7 > system.pdb",
    as_trajectory: TRAJECTORY_NEEDED,
};
const NETCDF: ForeignFormat = ForeignFormat {
    name: "a NetCDF trajectory of AMBER",
    as_structure: TOPOLOGY_NEEDED,
    as_trajectory: "convert it with cpptraj (trajout run.dcd) or mdconvert -o run.dcd run.nc",
};
const HDF5: ForeignFormat = ForeignFormat {
    name: "an HDF5 file (MDTraj, H5MD)",
    as_structure: TOPOLOGY_NEEDED,
    as_trajectory: "convert it with mdconvert -o run.dcd run.h5",
};
const GRO: ForeignFormat = ForeignFormat {
    name: "a GRO file of GROMACS",
    as_structure: "name it as it is",
    as_trajectory: "convert it with gmx trjconv -f run.gro -o run.xtc",
};
const TNG: ForeignFormat = ForeignFormat {
    name: "a TNG trajectory of GROMACS",
    as_structure: TOPOLOGY_NEEDED,
    as_trajectory: "convert it with gmx trjconv -f run.tng -o run.xtc",
};
const XTC: ForeignFormat =
    ForeignFormat { name: "an XTC trajectory", as_structure: TOPOLOGY_NEEDED, as_trajectory: "name it .xtc" };
const DCD: ForeignFormat =
    ForeignFormat { name: "a DCD trajectory", as_structure: TOPOLOGY_NEEDED, as_trajectory: "name it .dcd" };
const PACKED: ForeignFormat = ForeignFormat {
    name: "a trajectory packed with gzip",
    as_structure: TOPOLOGY_NEEDED,
    as_trajectory: "unpack it with gunzip (of trajectories, only PDB is read packed)",
};
const CRD: ForeignFormat = ForeignFormat {
    name: "a text trajectory of AMBER",
    as_structure: "write a PDB file with ambpdb",
    as_trajectory: "convert it with cpptraj (trajout run.dcd)",
};
const TPR: ForeignFormat = ForeignFormat {
    name: "a run input file (TPR) of GROMACS",
    as_structure: "write a PDB file with gmx editconf -f topol.tpr -o topol.pdb",
    as_trajectory: TRAJECTORY_NEEDED,
};
const FREE_PQR: ForeignFormat = ForeignFormat {
    name: "a PQR or PDB file whose fields are divided by blanks and not in columns",
    as_structure: "name the PDB file that it was made from",
    as_trajectory: "write the trajectory as DCD or XTC",
};

/// Tells a foreign format by the first bytes of a file; `None` for our own and for unknown ones.
pub(crate) fn recognize(head: &[u8]) -> Option<ForeignFormat> {
    const MAGIC: [(&[u8], ForeignFormat); 8] = [
        (b"\x00\x00\x07\xc9", TRR),
        (b"\x00\x00\x07\xcb", XTC),
        (b"\x00\x00\x07\xe7", XTC),
        (b"CDF\x01", NETCDF),
        (b"CDF\x02", NETCDF),
        (b"CDF\x05", NETCDF),
        (b"\x89HDF\r\n\x1a\n", HDF5),
        (b"%VERSION", PRMTOP),
    ];
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*format);
    }
    let starts_psf = head.starts_with(b"PSF") && head.get(3).is_none_or(u8::is_ascii_whitespace);
    if starts_psf {
        return Some(PSF);
    }
    if head.get(4..8) == Some(b"CORD") || head.get(8..12) == Some(b"CORD") {
        return Some(DCD);
    }
    // BinaryCIF is a MessagePack map that begins with one of its three keys.
    let start = &head[..head.len().min(64)];
    let map = start.first().is_some_and(|byte| (0x80..=0x8f).contains(byte) || matches!(byte, 0xde | 0xdf));
    let key = |key: &[u8]| start.windows(key.len()).any(|window| window == key);
    if map && key(b"mmtf") {
        return Some(MMTF);
    }
    if map && (key(b"encoder") || key(b"version") || key(b"dataBlocks")) {
        return Some(BINARY_CIF);
    }
    if start.windows(8).any(|window| window == b"VERSION ") && start.starts_with(b"\x00\x00\x00") {
        return Some(TPR);
    }
    pdb_columns::is_free(head).then_some(FREE_PQR)
}

/// Tells a foreign format by a file's name.
pub(crate) fn recognize_name(path: &Path) -> Option<ForeignFormat> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    if [".xtc.gz", ".dcd.gz", ".trr.gz", ".nc.gz"].iter().any(|ending| name.ends_with(ending)) {
        return Some(PACKED);
    }
    Some(match name.rsplit_once('.')?.1 {
        "trr" => TRR,
        "bcif" => BINARY_CIF,
        "mmtf" => MMTF,
        "psf" => PSF,
        "prmtop" | "parm7" | "top7" => PRMTOP,
        "nc" | "ncdf" | "ncrst" => NETCDF,
        "h5" | "hdf5" | "h5md" => HDF5,
        "gro" => GRO,
        "tng" => TNG,
        "mdcrd" | "crdbox" => CRD,
        "tpr" => TPR,
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let cases: [(&[u8], &str); 11] = [
            (b"\x00\x00\x07\xc9\x00\x00\x00\x0d", "TRR"),
            (b"\x00\x00\x07\xcb", "XTC"),
            (b"CDF\x02\x00\x00", "NetCDF"),
            (b"\x89HDF\r\n\x1a\n\x00", "HDF5"),
            (b"PSF EXT CMAP\n", "PSF"),
            (b"ATOM 1 N ASP A 1 13.722 -0.367 56.730 -0.3 1.85", "PQR"),
            (b"%VERSION  VERSION_STAMP = V0001.000", "PRMTOP"),
            (b"T\x00\x00\x00CORD", "DCD"),
            (b"\x83\xa7encoder\xa6mol*", "BinaryCIF"),
            (b"\x83\xa7version\xa5", "BinaryCIF"),
            (b"\xde\x00\x27\xabmmtfVersion\xa50.2.0\xacmmtfProducer\xd9FRCSB-version", "MMTF"),
        ];
        for (head, name) in cases {
            assert!(recognize(head).unwrap().refusal(Use::Structure).to_string().contains(name), "{name}");
        }
        for own in [&b"ATOM      1  N   GLY"[..], b"data_1ABC\n", b"HEADER", b"", b"PSFX", b"\x1f\x8b\x08"] {
            assert_eq!(recognize(own), None);
        }
    }

    #[test]
    fn every_format_names_a_conversion() {
        for name in ["a.trr", "a.nc", "a.h5", "a.gro", "a.xtc.gz", "b.TRR"] {
            let refusal = recognize_name(Path::new(name)).unwrap().refusal(Use::Trajectory).to_string();
            assert!(refusal.contains("convert") || refusal.contains("unpack"), "{refusal}");
        }
        assert_eq!(recognize_name(Path::new("run.dcd")), None);
        assert_eq!(recognize_name(Path::new("entry.pdb.gz")), None);
    }
}
