//! Looking at the frames of one replica, one after the other, as they are made.

use std::time::Instant;

use equijump_engine::analysis::{
    DihedralTable, RamachandranClass, RamachandranHistogram, ca_rmsd_angstrom, dihedrals, dssp,
    ramachandran_classes,
};
use equijump_engine::structure::Topology;

use super::landscape_fit::LandscapeFit;
use super::observations::{DIHEDRAL_BINS, FrameDetails, Observations};
use super::observer::Subject;
use crate::figures::{Grid2, ResiduePoint};

/// How far catching up has got.
#[derive(Clone, Copy, Debug)]
pub struct CatchUp {
    /// Something new was found out.
    pub changed: bool,
    /// There are frames not looked at yet.
    pub behind: bool,
}

/// What is known so far of one replica of a run.
pub struct RunObserver {
    rmsd_angstrom: Vec<f64>,
    dihedral_table: DihedralTable,
    classes: Vec<RamachandranClass>,
    histogram: RamachandranHistogram,
    landscape: LandscapeFit,
    scratch: Vec<[f32; 3]>,
    revision: u64,
}

impl RunObserver {
    /// Nothing known yet.
    pub fn new(subject: &Subject) -> Self {
        Self {
            rmsd_angstrom: Vec::new(),
            dihedral_table: DihedralTable::new(&subject.topology),
            classes: ramachandran_classes(&subject.topology),
            histogram: RamachandranHistogram::new(DIHEDRAL_BINS),
            landscape: LandscapeFit::new(&subject.topology, subject.frame_interval_ps),
            scratch: vec![[0.0; 3]; subject.topology.atom_count()],
            revision: 0,
        }
    }

    /// Looks at new frames until there are none left or `deadline` is past.
    ///
    /// # Errors
    /// One sentence when a frame cannot be read back.
    pub fn catch_up(&mut self, subject: &Subject, deadline: Instant) -> Result<CatchUp, String> {
        let Some((history, replica)) = &subject.run else {
            return Ok(CatchUp { changed: false, behind: false });
        };
        let topology = &subject.topology;
        let mut changed = false;
        loop {
            // Frames known before are projected on a new basis first, then new frames are looked at.
            let next_projection = self.landscape.next_frame_to_project();
            let next_frame = self.rmsd_angstrom.len() as u64;
            let frame = next_projection.filter(|frame| *frame < next_frame).unwrap_or(next_frame);
            if frame >= history.len() {
                break;
            }
            if Instant::now() > deadline {
                self.revision += u64::from(changed);
                return Ok(CatchUp { changed, behind: true });
            }
            history
                .read_into(frame, *replica, &mut self.scratch)
                .map_err(|error| format!("Frame {frame} could not be read back for the plots: {error}."))?;
            changed = true;
            if frame < next_frame {
                self.landscape.project(topology, &self.scratch);
                continue;
            }
            self.rmsd_angstrom.push(ca_rmsd_angstrom(topology, &self.scratch, &subject.reference));
            let angles = self.dihedral_table.measure(&self.scratch);
            self.histogram.add_frame(&self.classes, &angles);
            self.landscape.add_frame(topology, &self.scratch);
        }
        self.revision += u64::from(changed);
        Ok(CatchUp { changed, behind: false })
    }

    /// A copy of what is known.
    pub fn observations(&self) -> Observations {
        Observations {
            revision: self.revision,
            rmsd_angstrom: self.rmsd_angstrom.clone(),
            dihedral_density: dihedral_density(&self.histogram),
            landscape: self.landscape.landscape(),
            ..Observations::default()
        }
    }
}

/// The histogram as fractions of all samples, φ along x.
fn dihedral_density(histogram: &RamachandranHistogram) -> Option<Grid2> {
    let total = histogram.total();
    if total == 0 {
        return None;
    }
    let bins = histogram.bins();
    let counts = histogram.all_counts();
    let values = (0..bins * bins)
        .map(|index| {
            // The histogram has φ as its slow index, grids have x as their fast one.
            let count = counts[(index % bins) * bins + index / bins];
            if count == 0 { f64::NAN } else { count as f64 / total as f64 }
        })
        .collect();
    Some(Grid2 { x_range: [-180.0, 180.0], y_range: [-180.0, 180.0], nx: bins, ny: bins, values })
}

/// Everything about one frame.
pub fn inspect(topology: &Topology, frame: usize, replica: usize, positions: &[[f32; 3]]) -> FrameDetails {
    let classes = ramachandran_classes(topology);
    let points = dihedrals(topology, positions)
        .iter()
        .enumerate()
        .filter_map(|(residue, angles)| {
            Some(ResiduePoint {
                residue: topology.residues()[residue].label(),
                class: classes[residue].label(),
                phi_degrees: angles.phi_rad?.to_degrees(),
                psi_degrees: angles.psi_rad?.to_degrees(),
            })
        })
        .collect();
    FrameDetails {
        frame,
        replica,
        dihedrals: points,
        secondary_structure: dssp(topology, positions).iter().map(|state| state.code()).collect(),
        violations: Vec::new(),
    }
}
