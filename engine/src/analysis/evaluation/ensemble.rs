//! An ensemble cut into blocks, so that any resampling of it is a sum over tables.
//!
//! Frames of one trajectory are correlated: the unit of resampling is a block of consecutive frames, whole
//! trajectories where there are enough of them. Each block keeps, per state of the Markov model, how many
//! frames it has and how often each cell of each histogram was hit, and the transitions that begin in it.
//! The whole ensemble, a half of it or a bootstrap replicate is a list of multiplicities of blocks; its
//! Markov model, weights, histograms and means follow from the sums.

use std::collections::HashMap;
use std::ops::Range;

use nalgebra::DMatrix;

use super::frame_table::FrameTable;
use super::grids::Grids;
use super::quantity::Quantity;
use crate::analysis::error::AnalysisError;
use crate::analysis::msm::{Estimator, MarkovModel};

/// From so many trajectories on, blocks are whole trajectories.
const WHOLE_TRAJECTORIES: usize = 8;
/// Blocks when there are fewer trajectories.
const CUT_BLOCKS: usize = 20;
/// Blocks at most; more trajectories are grouped.
const MAX_BLOCKS: usize = 100;

/// How frames are weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// All frames alike.
    Frames,
    /// By the stationary distribution of a Markov model of the same frames.
    Markov(Estimator),
}

/// Sums over one block.
#[derive(Clone, Debug, Default)]
struct Block {
    /// Frames per state, `[K]`.
    frames: Vec<f64>,
    /// Transitions that begin in the block: from, to, how many.
    transitions: Vec<(u16, u16, f64)>,
    /// Per quantity: state, cell, how many.
    tables: Vec<Vec<(u16, u16, f64)>>,
    /// Per averaged quantity: sum per state, `[K]`.
    sums: Vec<Vec<f64>>,
}

/// A measured ensemble: what [`PreparedReference::measure`](super::PreparedReference::measure) makes.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// What was measured on each frame.
    pub frames: FrameTable,
    /// State of each frame, `[T]`.
    pub states: Vec<u16>,
    /// What the user should know about the files.
    pub notices: Vec<String>,
    state_count: usize,
    lag_frames: Option<usize>,
    /// Cells of each quantity's histogram, with the one for values outside; 0 where there is none.
    cells: Vec<usize>,
    blocks: Vec<Block>,
    /// Typical number of frames in a block.
    block_frames: usize,
    whole_trajectories: bool,
}

/// Distributions and averages of an ensemble or a resampling of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Histogram per quantity of [`Quantity::ALL`], the last cell for values outside; empty for quantities
    /// that the protein does not have. Sum 1 otherwise.
    pub histograms: Vec<Vec<f64>>,
    /// Mean of each quantity of [`Quantity::AVERAGED`].
    pub means: Vec<f64>,
    /// Weight of a frame of each state, `[K]`.
    pub frame_weights: Vec<f64>,
}

impl Ensemble {
    pub(super) fn new(
        frames: FrameTable,
        states: Vec<u16>,
        state_count: usize,
        lag_frames: Option<usize>,
        grids: &Grids,
        notices: Vec<String>,
    ) -> Self {
        let (ranges, whole_trajectories) = block_ranges(&frames.trajectories().collect::<Vec<_>>());
        let mut block_of = vec![0usize; frames.len()];
        for (block, ranges) in ranges.iter().enumerate() {
            ranges.iter().for_each(|range| block_of[range.clone()].fill(block));
        }
        let mut blocks: Vec<Block> = ranges
            .iter()
            .map(|_| Block {
                frames: vec![0.0; state_count],
                transitions: Vec::new(),
                tables: Vec::new(),
                sums: vec![vec![0.0; state_count]; Quantity::AVERAGED.len()],
            })
            .collect();
        for (frame, &state) in states.iter().enumerate() {
            let block = &mut blocks[block_of[frame]];
            block.frames[usize::from(state)] += 1.0;
            for (sums, quantity) in block.sums.iter_mut().zip(Quantity::AVERAGED) {
                sums[usize::from(state)] += averaged_column(&frames, quantity)[frame];
            }
        }
        count_transitions(&mut blocks, &frames, &states, &block_of, lag_frames);
        for &quantity in Quantity::ALL {
            let mut counts: Vec<HashMap<(u16, u16), f64>> = vec![HashMap::new(); blocks.len()];
            grids.for_each(quantity, &frames, |frame, cell| {
                *counts[block_of[frame]].entry((states[frame], cell)).or_default() += 1.0;
            });
            for (block, counts) in blocks.iter_mut().zip(counts) {
                // In a fixed order, so that sums round alike in every run.
                let mut table: Vec<_> =
                    counts.into_iter().map(|((state, cell), count)| (state, cell, count)).collect();
                table.sort_unstable_by_key(|&(state, cell, _)| (state, cell));
                block.tables.push(table);
            }
        }
        let block_frames = frames.len() / blocks.len().max(1);
        let cells = Quantity::ALL.iter().map(|&q| grids.x(q).map_or(0, |_| grids.cells(q) + 1)).collect();
        Self {
            frames,
            states,
            notices,
            state_count,
            lag_frames,
            cells,
            blocks,
            block_frames,
            whole_trajectories,
        }
    }

    /// Number of blocks, the units of resampling.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Typical length of a block, ps.
    pub fn block_length_ps(&self) -> f64 {
        self.block_frames as f64 * self.frames.interval_ps
    }

    /// Time that all trajectories hold together, ps.
    pub fn time_ps(&self) -> f64 {
        self.frames.len() as f64 * self.frames.interval_ps
    }

    /// Whether blocks are whole trajectories.
    pub fn has_whole_trajectories(&self) -> bool {
        self.whole_trajectories
    }

    /// Number of states, `K`.
    pub fn state_count(&self) -> usize {
        self.state_count
    }

    /// States of the unbroken trajectories.
    pub fn state_trajectories(&self) -> Vec<&[u16]> {
        self.frames.trajectories().map(|range| &self.states[range]).collect()
    }

    /// The Markov model of a resampling; `multiplicities` holds a number per block.
    ///
    /// # Errors
    /// When there is no lag that suits the frame interval, or the states are not connected.
    pub fn markov_model(
        &self,
        multiplicities: &[f64],
        estimator: Estimator,
    ) -> Result<MarkovModel, AnalysisError> {
        MarkovModel::estimate(&self.counts(multiplicities)?, estimator)
    }

    /// The transition counts of a resampling, `[K, K]`; `multiplicities` holds a number per block.
    ///
    /// # Errors
    /// When there is no lag that suits the frame interval.
    pub fn counts(&self, multiplicities: &[f64]) -> Result<DMatrix<f64>, AnalysisError> {
        if self.lag_frames.is_none() {
            return Err(AnalysisError::TrajectoriesTooShort);
        }
        let mut counts = DMatrix::zeros(self.state_count, self.state_count);
        for (block, &times) in self.blocks.iter().zip(multiplicities) {
            for &(from, to, count) in block.transitions.iter().filter(|_| times > 0.0) {
                counts[(usize::from(from), usize::from(to))] += times * count;
            }
        }
        Ok(counts)
    }

    /// Distributions and averages of the whole ensemble.
    ///
    /// # Errors
    /// As [`Ensemble::markov_model`], when weighted by one.
    pub fn estimate(&self, weighting: Weighting) -> Result<Estimate, AnalysisError> {
        self.estimate_of(&vec![1.0; self.blocks.len()], weighting)
    }

    /// Distributions and averages of a resampling; `multiplicities` holds a number per block.
    ///
    /// # Errors
    /// As [`Ensemble::markov_model`], when weighted by one.
    pub fn estimate_of(
        &self,
        multiplicities: &[f64],
        weighting: Weighting,
    ) -> Result<Estimate, AnalysisError> {
        let used = || self.blocks.iter().zip(multiplicities).filter(|(_, times)| **times > 0.0);
        let mut populations = vec![0.0; self.state_count];
        for (block, &times) in used() {
            populations.iter_mut().zip(&block.frames).for_each(|(sum, n)| *sum += times * n);
        }
        let frame_weights = match weighting {
            Weighting::Frames => vec![1.0; self.state_count],
            Weighting::Markov(estimator) => {
                let stationary = self.markov_model(multiplicities, estimator)?.stationary_of_all();
                let weight = |(p, n): (&f64, &f64)| if *n > 0.0 { p / n } else { 0.0 };
                stationary.iter().zip(&populations).map(weight).collect()
            }
        };
        let total: f64 = populations.iter().zip(&frame_weights).map(|(n, w)| n * w).sum();
        if total.is_nan() || total <= 0.0 {
            return Err(AnalysisError::EmptyDistribution);
        }
        let mut histograms = Vec::with_capacity(Quantity::ALL.len());
        for quantity in 0..Quantity::ALL.len() {
            let mut histogram = vec![0.0; self.cells[quantity]];
            for (block, &times) in used() {
                for &(state, cell, count) in &block.tables[quantity] {
                    histogram[usize::from(cell)] += times * count * frame_weights[usize::from(state)];
                }
            }
            let sum: f64 = histogram.iter().sum();
            histogram.iter_mut().for_each(|p| *p /= sum);
            histograms.push(histogram);
        }
        let means = (0..Quantity::AVERAGED.len())
            .map(|k| {
                let sum: f64 = used()
                    .map(|(block, &times)| {
                        times * block.sums[k].iter().zip(&frame_weights).map(|(s, w)| s * w).sum::<f64>()
                    })
                    .sum();
                sum / total
            })
            .collect();
        let frame_weights = frame_weights.iter().map(|w| w / total).collect();
        Ok(Estimate { histograms, means, frame_weights })
    }
}

/// Values of a quantity that has an average.
fn averaged_column(frames: &FrameTable, quantity: Quantity) -> &[f64] {
    match quantity {
        Quantity::Gdt => &frames.gdt,
        Quantity::RadiusOfGyration => &frames.radius_of_gyration_angstrom,
        Quantity::NativeContacts => &frames.native_contacts,
        _ => &frames.rmsd_angstrom,
    }
}

/// Sliding-window transitions, each in the block of its first frame, so that cutting a trajectory into
/// blocks loses none.
fn count_transitions(
    blocks: &mut [Block],
    frames: &FrameTable,
    states: &[u16],
    block_of: &[usize],
    lag_frames: Option<usize>,
) {
    let Some(lag) = lag_frames else { return };
    let mut counts: Vec<HashMap<(u16, u16), f64>> = vec![HashMap::new(); blocks.len()];
    for range in frames.trajectories() {
        for first in range.start..range.end.saturating_sub(lag) {
            *counts[block_of[first]].entry((states[first], states[first + lag])).or_default() += 1.0;
        }
    }
    for (block, counts) in blocks.iter_mut().zip(counts) {
        block.transitions = counts.into_iter().map(|((from, to), count)| (from, to, count)).collect();
        block.transitions.sort_unstable_by_key(|&(from, to, _)| (from, to));
    }
}

/// Frame ranges of each block, and whether blocks are whole trajectories.
pub(super) fn block_ranges(trajectories: &[Range<usize>]) -> (Vec<Vec<Range<usize>>>, bool) {
    let count = trajectories.len();
    if count >= WHOLE_TRAJECTORIES {
        let groups = count.min(MAX_BLOCKS);
        let mut blocks = vec![Vec::new(); groups];
        for (index, range) in trajectories.iter().enumerate() {
            blocks[index * groups / count].push(range.clone());
        }
        return (blocks, true);
    }
    let frames: usize = trajectories.iter().map(Range::len).sum();
    let length = frames.div_ceil(CUT_BLOCKS).max(1);
    let mut blocks = Vec::new();
    for range in trajectories {
        let pieces = (range.len() as f64 / length as f64).round().max(1.0) as usize;
        for piece in 0..pieces {
            let at = |k: usize| range.start + range.len() * k / pieces;
            blocks.push(std::iter::once(at(piece)..at(piece + 1)).collect());
        }
    }
    (blocks, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_frame_once() {
        for lengths in [vec![7], vec![100, 3], vec![50; 8], vec![10; 250], vec![1000, 1, 1]] {
            let mut start = 0;
            let trajectories: Vec<Range<usize>> = lengths
                .iter()
                .map(|&length| {
                    start += length;
                    start - length..start
                })
                .collect();
            let (blocks, whole) = block_ranges(&trajectories);
            let mut seen: Vec<usize> = blocks.iter().flatten().cloned().flatten().collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..start).collect::<Vec<_>>(), "{lengths:?}");
            assert_eq!(whole, lengths.len() >= WHOLE_TRAJECTORIES);
            assert!(blocks.len() <= MAX_BLOCKS && blocks.iter().all(|b| !b.is_empty()));
        }
    }
}
