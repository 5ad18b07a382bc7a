//! The molecular dynamics that branches are compared with, and the trajectories that a model draws.

use super::clouds::{Clouds, End, EndMeter};
use super::report::{BranchHorizon, BranchReport};
use super::{BranchSettings, LEAST_FOR_ENERGY, LEAST_FOR_SPREAD, statistics};
use crate::analysis::error::{AnalysisError, check_positions};
use crate::analysis::evaluation::reference::whole_frames;
use crate::analysis::evaluation::settings::{EvaluationStage, ProgressCallback, report};
use crate::analysis::evaluation::{EvaluationError, FrameSource, Protein, time_text};
use crate::analysis::features::CaPairFeatures;
use crate::analysis::superposition::{Superposition, ca_positions};
use crate::analysis::vectors::Vec3;

/// Frames nearer than this to one another, Cα RMSD after superposition, are the same but for what formats round, Å.
const SAME_ANGSTROM: f64 = 0.05;

/// A frame that trajectories start from.
#[derive(Clone, Debug)]
pub struct BranchStart {
    /// Its positions, Å, in canonical order.
    pub positions_angstrom: Vec<[f32; 3]>,
    ca: Vec<Vec3>,
    /// Trajectories of molecular dynamics: where each is at every time, as far as it goes.
    trajectories: Vec<Vec<End>>,
}

impl BranchStart {
    fn new(protein: &Protein, positions: &[[f32; 3]]) -> Self {
        let ca = ca_positions(&protein.topology, positions);
        Self { positions_angstrom: positions.to_vec(), ca, trajectories: Vec::new() }
    }

    /// Number of trajectories of molecular dynamics.
    pub fn trajectory_count(&self) -> usize {
        self.trajectories.len()
    }
}

/// Trajectories of molecular dynamics that branches are judged against.
#[derive(Debug)]
pub struct BranchReference {
    protein: Protein,
    settings: BranchSettings,
    meter: EndMeter,
    starts: Vec<BranchStart>,
    lag_ps: f64,
    /// Jumps after which is compared, and those asked for where they are more.
    horizons: Vec<(usize, Option<usize>)>,
    not_supported: Vec<String>,
    notices: Vec<String>,
}

/// The trajectories that a model drew.
#[derive(Clone, Debug)]
pub struct BranchDraws {
    /// Start, number of the time, end.
    ends: Vec<(usize, usize, End)>,
    lost: usize,
}

impl BranchDraws {
    /// Counts a trajectory that came to nothing: its positions were no numbers.
    pub fn add_lost(&mut self) {
        self.lost += 1;
    }
}

impl BranchReference {
    /// Reads trajectories. `starts_angstrom` are the frames that they branch off; without any, each trajectory starts
    /// at its own first frame, and those with the same one belong together. With some, a trajectory belongs to the one
    /// that its first frame is nearest to; where this frame is not the start itself, it is one interval later.
    ///
    /// # Errors
    /// Senseless settings, frames that cannot be read or do not belong to the protein, a jump that is no whole number
    /// of frames, too few trajectories from any start, none as long as a jump, or the caller breaking off.
    pub fn read(
        protein: Protein,
        source: &mut dyn FrameSource,
        starts_angstrom: &[Vec<[f32; 3]>],
        lag_ps: f64,
        settings: BranchSettings,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Self, EvaluationError> {
        settings.check()?;
        let of_reference = EvaluationError::of("reference");
        let interval_ps = source.interval_ps();
        let lag_frames = whole_frames(lag_ps, interval_ps)
            .ok_or_else(|| of_reference(AnalysisError::Lag { lag_ps, interval_ps }))?;
        let features =
            CaPairFeatures::new(&protein.topology, CaPairFeatures::DEFAULT_MAX).map_err(&of_reference)?;
        let meter = EndMeter::new(&protein.topology, features);
        let mut starts: Vec<BranchStart> =
            starts_angstrom.iter().map(|start| BranchStart::new(&protein, start)).collect();

        // Every jump up to the last time asked for is kept: trajectories may not go so far.
        let last = settings.horizons.last().copied().unwrap_or(1);
        let stage = EvaluationStage::ReadingBranches;
        let total = source.frame_count();
        report(progress, stage, 0, total)?;
        source.rewind();
        let (mut current, mut read) = (None, 0);
        // Start of the trajectory at hand and the number of its next frame after the start.
        let (mut start, mut number) = (0, 0usize);
        while let Some((trajectory, positions)) = source.next_frame()? {
            check_positions(&protein.topology, positions, trajectory, read).map_err(&of_reference)?;
            if current != Some(trajectory) {
                current = Some(trajectory);
                let found = nearest(&protein, &starts, positions);
                (start, number) = match found {
                    Some((start, rmsd)) if rmsd < SAME_ANGSTROM => (start, 0),
                    Some((start, _)) if !starts_angstrom.is_empty() => (start, 1),
                    _ => {
                        starts.push(BranchStart::new(&protein, positions));
                        (starts.len() - 1, 0)
                    }
                };
                starts[start].trajectories.push(Vec::new());
            }
            if number > 0 && number.is_multiple_of(lag_frames) && number / lag_frames <= last {
                let BranchStart { ca, trajectories, .. } = &mut starts[start];
                let end = meter.measure(&protein.topology, ca, positions);
                if let Some(trajectory) = trajectories.last_mut() {
                    trajectory.push(end);
                }
            }
            number += 1;
            read += 1;
            report(progress, stage, read, total.max(read))?;
        }
        let mut reference = Self {
            protein,
            meter,
            starts,
            lag_ps,
            horizons: Vec::new(),
            not_supported: Vec::new(),
            notices: source.notices(),
            settings,
        };
        reference.leave_out_single()?;
        reference.choose_horizons()?;
        Ok(reference)
    }

    /// Leaves out starts of too few trajectories.
    fn leave_out_single(&mut self) -> Result<(), EvaluationError> {
        let most = self.starts.iter().map(BranchStart::trajectory_count).max().unwrap_or(0);
        if most < LEAST_FOR_ENERGY {
            return Err(EvaluationError::FewBranches {
                starts: self.starts.len(),
                most,
                needed: LEAST_FOR_ENERGY,
            });
        }
        let before = self.starts.len();
        self.starts.retain(|start| start.trajectory_count() >= LEAST_FOR_ENERGY);
        let left_out = before - self.starts.len();
        if left_out > 0 {
            self.not_supported.push(format!(
                "{left_out} of {before} starts have fewer than {LEAST_FOR_ENERGY} trajectories and are left out"
            ));
        }
        for (number, start) in self.starts.iter().enumerate() {
            let count = start.trajectory_count();
            if count < LEAST_FOR_SPREAD {
                self.not_supported.push(format!(
                    "start {} has {count} trajectories: spread, jump size and RMSF need {LEAST_FOR_SPREAD}",
                    number + 1
                ));
            }
        }
        Ok(())
    }

    /// Finds out at which times there is molecular dynamics to compare with.
    fn choose_horizons(&mut self) -> Result<(), EvaluationError> {
        // The most jumps that enough trajectories from some start reach.
        let reach = |start: &BranchStart| {
            let mut lengths: Vec<usize> = start.trajectories.iter().map(Vec::len).collect();
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            let least = LEAST_FOR_SPREAD.min(lengths.len());
            lengths.get(least - 1).copied().unwrap_or(0)
        };
        let reached = self.starts.iter().map(reach).max().unwrap_or(0);
        if reached == 0 {
            return Err(EvaluationError::ShortBranches { lag_ps: self.lag_ps });
        }
        for &asked in &self.settings.horizons {
            let jumps = asked.min(reached);
            let known = self.horizons.iter().any(|(known, _)| *known == jumps);
            if jumps < asked {
                let time = |jumps: usize| time_text(jumps as f64 * self.lag_ps);
                self.not_supported.push(format!(
                    "after {asked} jumps, {}, nothing can be said: molecular dynamics goes {} beyond its starts{}",
                    time(asked),
                    time(reached),
                    if known { "" } else { ", and that is compared instead" }
                ));
            }
            if !known {
                self.horizons.push((jumps, (jumps < asked).then_some(asked)));
            }
        }
        Ok(())
    }

    /// The frames that trajectories start from.
    pub fn starts(&self) -> &[BranchStart] {
        &self.starts
    }

    /// After how many jumps frames of the model are wanted, ascending.
    pub fn horizons(&self) -> impl Iterator<Item = usize> + '_ {
        self.horizons.iter().map(|(jumps, _)| *jumps)
    }

    /// Trajectories that the model is to draw from a start.
    pub fn draws_of(&self, start: usize) -> usize {
        self.settings.draws.unwrap_or_else(|| self.starts.get(start).map_or(0, BranchStart::trajectory_count))
    }

    /// What was special about the files, in sentences.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// An empty set of trajectories of a model.
    pub fn draws(&self) -> BranchDraws {
        BranchDraws { ends: Vec::new(), lost: 0 }
    }

    /// Adds where a trajectory of the model from a start is after so many jumps, which must be among the horizons.
    ///
    /// # Errors
    /// When there is no such start or time, or the positions are not of this protein or no numbers.
    pub fn add_draw(
        &self,
        draws: &mut BranchDraws,
        (start, jumps): (usize, usize),
        positions_angstrom: &[[f32; 3]],
    ) -> Result<(), EvaluationError> {
        let of_samples = EvaluationError::of("samples");
        check_positions(&self.protein.topology, positions_angstrom, start, jumps).map_err(of_samples)?;
        let time = self.horizons().position(|horizon| horizon == jumps);
        let (Some(from), Some(time)) = (self.starts.get(start), time) else {
            return Err(EvaluationError::NotCompared { start, jumps });
        };
        let end = self.meter.measure(&self.protein.topology, &from.ca, positions_angstrom);
        draws.ends.push((start, time, end));
        Ok(())
    }

    /// Compares the trajectories of the model with those of molecular dynamics.
    ///
    /// # Errors
    /// When there are none, or the caller breaks off.
    pub fn evaluate(
        &self,
        draws: &BranchDraws,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<BranchReport, EvaluationError> {
        if draws.ends.is_empty() {
            return Err(EvaluationError::NoTrajectory);
        }
        let stage = EvaluationStage::Resampling;
        let residues = self.protein.topology.residue_count();
        let mut horizons = Vec::new();
        for (time, &(jumps, asked_jumps)) in self.horizons.iter().enumerate() {
            report(progress, stage, time, self.horizons.len())?;
            let sides = |number: usize, start: &BranchStart| {
                let dynamics: Vec<End> =
                    start.trajectories.iter().filter_map(|ends| ends.get(jumps - 1).cloned()).collect();
                let own = draws.ends.iter().filter(|(from, at, _)| (*from, *at) == (number, time));
                let model: Vec<End> = own.map(|(_, _, end)| end.clone()).collect();
                (dynamics, model)
            };
            let mut trajectories = Vec::new();
            let mut clouds = Vec::new();
            for (number, start) in self.starts.iter().enumerate() {
                let (dynamics, model) = sides(number, start);
                trajectories.push([dynamics.len(), model.len()]);
                if !dynamics.is_empty() && !model.is_empty() {
                    clouds.push((number, Clouds::new(start.ca.clone(), dynamics, model)));
                }
            }
            horizons.push(BranchHorizon {
                jumps,
                time_ps: jumps as f64 * self.lag_ps,
                asked_jumps,
                trajectories,
                rows: statistics::rows(&clouds, residues, &self.settings),
            });
        }
        report(progress, stage, self.horizons.len(), self.horizons.len())?;
        let topology = &self.protein.topology;
        Ok(BranchReport {
            protein: topology.name.clone(),
            sequence: topology.sequence(),
            residue_labels: topology.residues().iter().map(|residue| residue.label()).collect(),
            settings: self.settings.clone(),
            lag_ps: self.lag_ps,
            starts: self.starts.iter().map(BranchStart::trajectory_count).collect(),
            lost_draws: draws.lost,
            horizons,
            not_supported: self.not_supported.clone(),
            notices: self.notices.clone(),
        })
    }
}

/// The start that a frame is nearest to, and how far it is.
fn nearest(protein: &Protein, starts: &[BranchStart], positions: &[[f32; 3]]) -> Option<(usize, f64)> {
    let ca = ca_positions(&protein.topology, positions);
    starts
        .iter()
        .map(|start| Superposition::of_points(&ca, &start.ca).rmsd_angstrom)
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(&b.1))
}
