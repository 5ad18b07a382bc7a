//! Energy distances (Székely and Rizzo, J. Stat. Plan. Inference 143, 1249, 2013) between the joint distributions
//! of source and next frame.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::pairs::MeasuredFrame;
use super::report::{JumpMeasure, JumpRow};
use super::statistics::mean_and_range;
use super::{JumpDraws, JumpReference};
use crate::analysis::evaluation::EvaluationError;
use crate::analysis::evaluation::resampling::halves;
use crate::analysis::evaluation::settings::{EvaluationStage, ProgressCallback, report};
use crate::random::Random;

/// Blocks that halves with pairs of trajectories need.
const MIN_BLOCKS: usize = 4;

/// Sums of distances between jumps, block by block.
pub(super) struct Clouds {
    /// Pairs of the reference with one another, of the model with one another, and of the model (rows) with the
    /// reference (columns), each `[B, B]`: sum and number.
    reference: [DMatrix<f64>; 2],
    model: [DMatrix<f64>; 2],
    cross: [DMatrix<f64>; 2],
}

impl Clouds {
    /// The rows of both kinds of features; none where there are too few blocks.
    pub fn energy_rows(
        reference: &JumpReference,
        draws: &JumpDraws,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Vec<JumpRow>, EvaluationError> {
        if reference.blocks < MIN_BLOCKS {
            return Ok(Vec::new());
        }
        type Features =
            (JumpMeasure, fn(&MeasuredFrame) -> &[f32], fn(&(usize, Vec<f32>, Vec<f32>)) -> &[f32]);
        let kinds: [Features; 2] = [
            (JumpMeasure::DistanceEnergy, |frame| &frame.distances, |draw| &draw.1),
            (JumpMeasure::TorsionEnergy, |frame| &frame.torsions, |draw| &draw.2),
        ];
        let mut rows = Vec::new();
        for (done, (measure, of_frame, of_draw)) in kinds.into_iter().enumerate() {
            report(progress, EvaluationStage::Resampling, done, kinds.len())?;
            // Scaled to the size of one distance, or of one angle's point on the circle.
            let width = reference.sources.first().map_or(0, |source| of_frame(&source.frame).len());
            let parts = if measure == JumpMeasure::TorsionEnergy { width / 2 } else { width };
            if parts == 0 {
                continue;
            }
            let clouds = Self::of(reference, draws, of_frame, of_draw);
            rows.push(clouds.row(reference, draws, measure, (parts as f64).sqrt()));
        }
        Ok(rows)
    }

    fn of(
        reference: &JumpReference,
        draws: &JumpDraws,
        of_frame: fn(&MeasuredFrame) -> &[f32],
        of_draw: fn(&(usize, Vec<f32>, Vec<f32>)) -> &[f32],
    ) -> Self {
        let (sources, blocks) = (&reference.sources, reference.blocks);
        // The frames drawn from each source.
        let mut drawn: Vec<Vec<&[f32]>> = vec![Vec::new(); sources.len()];
        draws.frames.iter().for_each(|draw| drawn[draw.0].push(of_draw(draw)));
        // One row of sums for each source.
        let sums: Vec<[Vec<[f64; 2]>; 3]> = (0..sources.len())
            .into_par_iter()
            .map(|i| {
                let mut rows = [(); 3].map(|()| vec![[0.0; 2]; blocks]);
                for (j, other) in sources.iter().enumerate() {
                    // Frames of one trajectory are alike because they are near in time.
                    if other.block == sources[i].block {
                        continue;
                    }
                    let block = other.block as usize;
                    let before = square(of_frame(&sources[i].frame), of_frame(&other.frame));
                    let apart = |a: &[f32], b: &[f32]| (before + square(a, b)).sqrt();
                    let next = [of_frame(&sources[i].next), of_frame(&other.next)];
                    let mut add = |row: usize, distance: f64| {
                        rows[row][block][0] += distance;
                        rows[row][block][1] += 1.0;
                    };
                    add(0, apart(next[0], next[1]));
                    // Draws of equal number, as if each source had one.
                    for (a, b) in drawn[i].iter().zip(&drawn[j]) {
                        add(1, apart(a, b));
                    }
                    for a in &drawn[i] {
                        add(2, apart(a, next[1]));
                    }
                }
                rows
            })
            .collect();
        let matrix = |row: usize, part: usize| {
            let mut matrix = DMatrix::zeros(blocks, blocks);
            for (source, rows) in sources.iter().zip(&sums) {
                for (block, value) in rows[row].iter().enumerate() {
                    matrix[(source.block as usize, block)] += value[part];
                }
            }
            matrix
        };
        let both = |row: usize| [matrix(row, 0), matrix(row, 1)];
        Self { reference: both(0), model: both(1), cross: both(2) }
    }

    fn row(&self, reference: &JumpReference, draws: &JumpDraws, measure: JumpMeasure, scale: f64) -> JumpRow {
        let settings = &reference.settings;
        let mut random = Random::new(settings.seed ^ 0x656e_6572);
        let (mut of_reference, mut of_model, mut difference) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..settings.halvings {
            let (a, b) = halves(reference.blocks, &mut random);
            let within_b = mean(&self.reference, &b, &b);
            let floor = 2.0 * mean(&self.reference, &a, &b) - mean(&self.reference, &a, &a) - within_b;
            let model = 2.0 * mean(&self.cross, &a, &b) - mean(&self.model, &a, &a) - within_b;
            if floor.is_finite() && model.is_finite() {
                of_reference.push(floor / scale);
                of_model.push(model / scale);
                difference.push((model - floor) / scale);
            }
        }
        let confidence = settings.confidence;
        let floor = mean_and_range(of_reference, confidence);
        JumpRow {
            measure,
            residue: None,
            reference: floor,
            model: mean_and_range(of_model, confidence),
            difference: mean_and_range(difference, confidence),
            floor,
            reference_pairs: reference.sources.len() as u64,
            model_pairs: draws.frames.len() as u64,
        }
    }
}

/// The mean of distances from blocks that count so many times to others.
fn mean([sums, counts]: &[DMatrix<f64>; 2], from: &[f64], to: &[f64]) -> f64 {
    let total = |matrix: &DMatrix<f64>| {
        let mut total = 0.0;
        for (i, &a) in from.iter().enumerate().filter(|(_, a)| **a > 0.0) {
            total += to.iter().enumerate().map(|(j, &b)| a * b * matrix[(i, j)]).sum::<f64>();
        }
        total
    };
    total(sums) / total(counts)
}

fn square(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>())
}
