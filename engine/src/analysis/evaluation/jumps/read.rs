//! The reference of the one-step test: its pairs, and the frames that jumps start from.

use std::collections::VecDeque;
use std::ops::Range;

use super::energy::Clouds;
use super::pairs::{FrameMeter, JumpDraws, MeasuredFrame, PairTable, chemistry_stride};
use super::report::JumpReport;
use super::{JumpSettings, statistics};
use crate::analysis::error::{AnalysisError, check_positions};
use crate::analysis::evaluation::ensemble::block_ranges;
use crate::analysis::evaluation::reference::whole_frames;
use crate::analysis::evaluation::settings::{EvaluationStage, ProgressCallback, report};
use crate::analysis::evaluation::{EvaluationError, FrameSource, Protein};
use crate::analysis::features::CaPairFeatures;
use crate::analysis::validity::ValidityChecker;
use crate::random::Random;

/// Pairs of the reference that are measured at most; of more, every second, third, … is.
const MAX_PAIRS: usize = 50_000;
/// Pairs that a reference needs.
const MIN_PAIRS: usize = 20;

/// A frame of the reference that jumps start from.
#[derive(Clone, Debug)]
pub struct JumpSource {
    /// Unbroken trajectory that it belongs to.
    pub trajectory: usize,
    /// Its positions, Å, in canonical order.
    pub positions_angstrom: Vec<[f32; 3]>,
    pub(super) block: u32,
    pub(super) frame: MeasuredFrame,
    /// What molecular dynamics made of it.
    pub(super) next: MeasuredFrame,
}

/// A reference that jumps are judged against.
#[derive(Debug)]
pub struct JumpReference {
    pub(super) protein: Protein,
    pub(super) settings: JumpSettings,
    pub(super) meter: FrameMeter,
    pub(super) checker: ValidityChecker,
    pub(super) pairs: PairTable,
    pub(super) sources: Vec<JumpSource>,
    pub(super) lag_ps: f64,
    pub(super) lag_frames: usize,
    pub(super) trajectories: usize,
    pub(super) blocks: usize,
    pub(super) whole_trajectories: bool,
    pub(super) notices: Vec<String>,
}

impl JumpReference {
    /// Reads the reference twice: to measure its pairs `lag_ps` apart, and to fetch the frames that jumps start
    /// from.
    ///
    /// # Errors
    /// Senseless settings, frames that cannot be read or do not belong to the protein, a lag that is no whole
    /// number of frames, too few pairs, or the caller breaking off.
    pub fn read(
        protein: Protein,
        source: &mut dyn FrameSource,
        lag_ps: f64,
        settings: JumpSettings,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Self, EvaluationError> {
        settings.check()?;
        let of_reference = EvaluationError::of("reference");
        let interval_ps = source.interval_ps();
        let lag_frames = whole_frames(lag_ps, interval_ps)
            .ok_or_else(|| of_reference(AnalysisError::Lag { lag_ps, interval_ps }))?;
        let features =
            CaPairFeatures::new(&protein.topology, CaPairFeatures::DEFAULT_MAX).map_err(&of_reference)?;
        let meter = FrameMeter::new(&protein, features);
        let checker = ValidityChecker::new(&protein.topology);
        let stride = source.frame_count().div_ceil(MAX_PAIRS).max(1);
        let check_every = chemistry_stride(source.frame_count() / stride);

        let mut pairs = PairTable::new(protein.topology.residue_count());
        // Trajectory of each pair that is measured.
        let mut trajectory_of = Vec::new();
        for_each_pair(&protein, source, lag_frames, progress, &mut |number, trajectory, first, second| {
            if number.is_multiple_of(stride) {
                pairs.add(0, &meter.measure(first), &meter.measure(second));
                if trajectory_of.len().is_multiple_of(check_every) {
                    pairs.check(&checker, second);
                }
                trajectory_of.push(trajectory);
            }
        })?;
        if pairs.len() < MIN_PAIRS {
            return Err(EvaluationError::FewPairs { pairs: pairs.len(), lag_ps, needed: MIN_PAIRS });
        }
        let mut trajectories: Vec<Range<usize>> = Vec::new();
        for of_one in trajectory_of.chunk_by(|a, b| a == b) {
            let start = trajectories.last().map_or(0, |range| range.end);
            trajectories.push(start..start + of_one.len());
        }
        let (blocks, whole_trajectories) = block_ranges(&trajectories);
        for (block, ranges) in blocks.iter().enumerate() {
            ranges.iter().for_each(|range| pairs.block[range.clone()].fill(block as u32));
        }
        for (number, checked) in pairs.chemistry.iter_mut().enumerate() {
            checked.0 = pairs.block[number * check_every];
        }

        let chosen = choose(pairs.len(), settings.sources, settings.seed);
        let mut sources = Vec::with_capacity(chosen.len());
        let mut wanted = chosen.iter().copied().peekable();
        for_each_pair(&protein, source, lag_frames, progress, &mut |number, trajectory, first, second| {
            let pair = number / stride;
            if number.is_multiple_of(stride) && wanted.next_if_eq(&pair).is_some() {
                sources.push(JumpSource {
                    trajectory,
                    positions_angstrom: first.to_vec(),
                    block: pairs.block[pair],
                    frame: meter.measure(first),
                    next: meter.measure(second),
                });
            }
        })?;
        let notices = source.notices();
        Ok(Self {
            protein,
            settings,
            meter,
            checker,
            pairs,
            sources,
            lag_ps,
            lag_frames: lag_frames.div_ceil(stride),
            trajectories: trajectories.len(),
            blocks: blocks.len(),
            whole_trajectories,
            notices,
        })
    }

    /// The frames that jumps start from.
    pub fn sources(&self) -> &[JumpSource] {
        &self.sources
    }

    /// What was special about the files, in sentences.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// An empty set of draws.
    pub fn draws(&self) -> JumpDraws {
        JumpDraws {
            table: PairTable::new(self.protein.topology.residue_count()),
            frames: Vec::new(),
            lost: 0,
            chemistry_stride: chemistry_stride(self.sources.len() * self.settings.draws),
        }
    }

    /// Adds the frame `positions_angstrom` that the model drew from a source; draws of one source one after the
    /// other.
    ///
    /// # Errors
    /// When there is no such source, or the positions are not of this protein or no numbers.
    pub fn add_draw(
        &self,
        draws: &mut JumpDraws,
        source: usize,
        positions_angstrom: &[[f32; 3]],
    ) -> Result<(), EvaluationError> {
        let of_samples = EvaluationError::of("samples");
        check_positions(&self.protein.topology, positions_angstrom, source, 1).map_err(of_samples)?;
        let Some(start) = self.sources.get(source) else {
            return Err(EvaluationError::NoSource(source));
        };
        let frame = self.meter.measure(positions_angstrom);
        draws.table.add(start.block, &start.frame, &frame);
        if draws.frames.len().is_multiple_of(draws.chemistry_stride) {
            draws.table.check(&self.checker, positions_angstrom);
        }
        draws.frames.push((source, frame.distances, frame.torsions));
        Ok(())
    }

    /// Compares the draws with the reference.
    ///
    /// # Errors
    /// When there are no draws, or the caller breaks off.
    pub fn evaluate(
        &self,
        draws: &JumpDraws,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<JumpReport, EvaluationError> {
        if draws.table.len() == 0 {
            return Err(EvaluationError::NoJump);
        }
        let mut rows = statistics::rows(self, draws, progress)?;
        rows.extend(Clouds::energy_rows(self, draws, progress)?);
        Ok(JumpReport::new(self, draws, rows))
    }
}

/// Calls `f` with the number of the pair, its trajectory, and both frames, for every pair in order.
fn for_each_pair(
    protein: &Protein,
    source: &mut dyn FrameSource,
    lag_frames: usize,
    progress: &mut ProgressCallback<'_>,
    f: &mut dyn FnMut(usize, usize, &[[f32; 3]], &[[f32; 3]]),
) -> Result<(), EvaluationError> {
    source.rewind();
    let (stage, total) = (EvaluationStage::ReadingPairs, source.frame_count());
    report(progress, stage, 0, total)?;
    let mut window: VecDeque<Vec<[f32; 3]>> = VecDeque::with_capacity(lag_frames + 1);
    let (mut current, mut read, mut number) = (None, 0, 0);
    while let Some((trajectory, positions)) = source.next_frame()? {
        check_positions(&protein.topology, positions, trajectory, read)
            .map_err(EvaluationError::of("reference"))?;
        if current != Some(trajectory) {
            current = Some(trajectory);
            window.clear();
        }
        if window.len() == lag_frames {
            if let Some(first) = window.front() {
                f(number, trajectory, first, positions);
            }
            number += 1;
        }
        // The oldest frame lends its memory to the newest.
        let mut kept = if window.len() == lag_frames { window.pop_front() } else { None }.unwrap_or_default();
        kept.clear();
        kept.extend_from_slice(positions);
        window.push_back(kept);
        read += 1;
        report(progress, stage, read, total.max(read))?;
    }
    Ok(())
}

/// `count` of `pairs` numbers, ascending: one at random out of each of `count` equal parts.
fn choose(pairs: usize, count: usize, seed: u64) -> Vec<usize> {
    if count >= pairs {
        return (0..pairs).collect();
    }
    let mut random = Random::new(seed);
    let part = pairs as f64 / count as f64;
    let mut chosen: Vec<usize> =
        (0..count).map(|k| (((k as f64 + random.uniform()) * part) as usize).min(pairs - 1)).collect();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn sources_are_spread_over_all_pairs() {
        let chosen = choose(1000, 10, 7);
        assert_eq!(chosen.len(), 10);
        assert!(chosen.iter().enumerate().all(|(k, &pair)| pair / 100 == k));
        assert_eq!(choose(5, 10, 7), [0, 1, 2, 3, 4]);
    }
}
