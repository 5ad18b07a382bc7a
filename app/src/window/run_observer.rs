//! Looking at the frames of one replica, one after the other, as they are made.

use std::time::Instant;

use equijump_engine::analysis::ca_rmsd_angstrom;
use equijump_engine::structure::Topology;

use super::observations::{FrameDetails, Observations};
use super::observer::Subject;

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
    scratch: Vec<[f32; 3]>,
    revision: u64,
}

impl RunObserver {
    /// Nothing known yet.
    pub fn new(subject: &Subject) -> Self {
        Self {
            rmsd_angstrom: Vec::new(),
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
        let mut changed = false;
        while (self.rmsd_angstrom.len() as u64) < history.len() {
            if Instant::now() > deadline {
                return Ok(CatchUp { changed, behind: true });
            }
            let frame = self.rmsd_angstrom.len() as u64;
            history
                .read_into(frame, *replica, &mut self.scratch)
                .map_err(|error| format!("Frame {frame} could not be read back for the plots: {error}"))?;
            self.rmsd_angstrom.push(ca_rmsd_angstrom(&subject.topology, &self.scratch, &subject.reference));
            changed = true;
        }
        self.revision += u64::from(changed);
        Ok(CatchUp { changed, behind: false })
    }

    /// A copy of what is known.
    pub fn observations(&self) -> Observations {
        Observations {
            revision: self.revision,
            rmsd_angstrom: self.rmsd_angstrom.clone(),
            ..Observations::default()
        }
    }
}

/// Everything about one frame.
pub fn inspect(_topology: &Topology, frame: usize, replica: usize, _positions: &[[f32; 3]]) -> FrameDetails {
    FrameDetails { frame, replica, ..FrameDetails::default() }
}
