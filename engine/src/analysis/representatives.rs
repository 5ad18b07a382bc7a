//! Clusters of frames by their Cα distances, each with the frame in its middle.

use std::ops::ControlFlow;

use super::error::AnalysisError;
use super::features::CaPairFeatures;
use super::inefficiency::share_with_error;
use super::kmeans::kmeans;
use crate::structure::Topology;

/// Cα distances of some frames, row by row.
#[derive(Clone, Debug)]
pub struct FrameDistances {
    features: CaPairFeatures,
    rows_angstrom: Vec<f64>,
}

impl FrameDistances {
    /// No frame yet. `max_features` bounds the distances of each frame; of longer chains those between evenly spread
    /// residues are taken.
    ///
    /// # Errors
    /// A chain of fewer than three residues.
    pub fn new(topology: &Topology, max_features: usize) -> Result<Self, AnalysisError> {
        Ok(Self { features: CaPairFeatures::new(topology, max_features)?, rows_angstrom: Vec::new() })
    }

    /// Adds a frame; positions in canonical order, Å.
    pub fn push(&mut self, topology: &Topology, positions: &[[f32; 3]]) {
        self.rows_angstrom.extend(self.features.measure(topology, positions));
    }

    /// Distances of each frame.
    pub fn dimension(&self) -> usize {
        self.features.len()
    }

    /// Frames added.
    pub fn frames(&self) -> usize {
        self.rows_angstrom.len() / self.features.len()
    }
}

/// A cluster of frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The frame nearest to the mean distances of the cluster, by its place among the frames.
    pub representative: usize,
    /// Frames of the cluster, ascending.
    pub members: Vec<usize>,
    /// Share of all frames, `0..=1`.
    pub population: f64,
    /// Standard error of that share from the time over which frames stay in a cluster.
    pub population_error: f64,
    /// Root mean square difference of the distances of the members from their mean, Å.
    pub spread_angstrom: f64,
}

/// Divides frames into `clusters` groups by k-means on their Cα distances, the largest first; `None` when `go_on`
/// breaks off. `lengths` are the lengths of the trajectories that the frames come from, one after the other. The same
/// seed gives the same clusters.
///
/// # Errors
/// As [`kmeans`]: no clusters, or fewer frames than clusters.
pub fn representatives(
    frames: &FrameDistances,
    lengths: &[usize],
    clusters: usize,
    seed: u64,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<Vec<Cluster>>, AnalysisError> {
    let dimension = frames.dimension();
    let Some(fitted) = kmeans(&frames.rows_angstrom, dimension, clusters, seed, go_on)? else {
        return Ok(None);
    };
    let squared = |frame: usize, cluster: usize| -> f64 {
        let row = &frames.rows_angstrom[frame * dimension..(frame + 1) * dimension];
        let center = &fitted.centers[cluster * dimension..(cluster + 1) * dimension];
        row.iter().zip(center).map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let mut found: Vec<Cluster> = fitted
        .members()
        .into_iter()
        .enumerate()
        .filter_map(|(cluster, members)| {
            let nearest = members
                .iter()
                .copied()
                .min_by(|a, b| squared(*a, cluster).total_cmp(&squared(*b, cluster)))?;
            let sum: f64 = members.iter().map(|member| squared(*member, cluster)).sum();
            let mut rest = fitted.assignments.as_slice();
            let mut inside = Vec::with_capacity(lengths.len());
            for &length in lengths {
                let (own, others) = rest.split_at(length.min(rest.len()));
                inside.push(own.iter().map(|at| *at as usize == cluster).collect::<Vec<bool>>());
                rest = others;
            }
            let (population, population_error) = share_with_error(&inside);
            Some(Cluster {
                representative: nearest,
                population,
                population_error,
                spread_angstrom: (sum / (members.len() * dimension) as f64).sqrt(),
                members,
            })
        })
        .collect();
    found.sort_by(|a, b| b.members.len().cmp(&a.members.len()).then(a.representative.cmp(&b.representative)));
    Ok(Some(found))
}
