//! k-means clustering with k-means++ seeding (Arthur & Vassilvitskii, SODA 2007).

use std::ops::ControlFlow;

use super::error::AnalysisError;
use crate::random::Random;

/// Lloyd iterations at most.
const MAX_ITERATIONS: usize = 200;
/// Stop when the inertia falls by less than this fraction.
const TOLERANCE: f64 = 1e-6;
/// Distances between two looks at whether to go on; some ten milliseconds of them.
const LOOK_EVERY: usize = 1 << 22;

/// A finished clustering.
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    /// Coordinates per point, `D`.
    pub dimension: usize,
    /// Cluster centers, `[K · D]`.
    pub centers: Vec<f64>,
    /// Cluster of every point, `[N]`.
    pub assignments: Vec<u32>,
    /// Sum of squared distances of the points to their centers.
    pub inertia: f64,
    /// Lloyd iterations made.
    pub iterations: usize,
}

impl KMeans {
    /// Number of clusters, `K`.
    pub fn cluster_count(&self) -> usize {
        self.centers.len() / self.dimension
    }

    /// The cluster whose center is nearest to `point`.
    pub fn assign(&self, point: &[f64]) -> usize {
        nearest(point, &self.centers).0
    }

    /// Point indices of every cluster. No cluster is empty as long as there are `K` distinct points.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.cluster_count()];
        for (point, &cluster) in self.assignments.iter().enumerate() {
            members[cluster as usize].push(point);
        }
        members
    }
}

/// Whether to go on: asked at every iteration, and in between after [`LOOK_EVERY`] distances.
struct Watch<'a> {
    go_on: &'a mut dyn FnMut() -> ControlFlow<()>,
    distances: usize,
}

impl Watch<'_> {
    /// Counts distances that are about to be computed.
    fn count(&mut self, distances: usize) -> ControlFlow<()> {
        self.distances += distances;
        if self.distances < LOOK_EVERY {
            return ControlFlow::Continue(());
        }
        self.distances = 0;
        (self.go_on)()
    }
}

/// Clusters `points`, `[N · D]` row by row, into `clusters` groups; `None` when `go_on` breaks off. The same
/// seed gives the same result.
///
/// # Errors
/// No clusters, fewer points than clusters, a length that is not a multiple of `dimension`, or
/// coordinates that are not finite.
pub fn kmeans(
    points: &[f64],
    dimension: usize,
    clusters: usize,
    seed: u64,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<KMeans>, AnalysisError> {
    if dimension == 0 || !points.len().is_multiple_of(dimension) {
        return Err(AnalysisError::FeatureCount { expected: dimension, got: points.len() });
    }
    let count = points.len() / dimension;
    if clusters == 0 || count < clusters {
        return Err(AnalysisError::TooFewPoints { clusters, points: count });
    }
    if let Some(bad) = points.iter().position(|x| !x.is_finite()) {
        return Err(AnalysisError::NonFinite { trajectory: 0, frame: bad / dimension });
    }
    let mut watch = Watch { go_on, distances: 0 };
    Ok(match cluster(points, dimension, clusters, seed, &mut watch) {
        ControlFlow::Continue(fitted) => Some(fitted),
        ControlFlow::Break(()) => None,
    })
}

/// Lloyd's iterations on points that can be clustered.
fn cluster(
    points: &[f64],
    dimension: usize,
    clusters: usize,
    seed: u64,
    watch: &mut Watch<'_>,
) -> ControlFlow<(), KMeans> {
    let mut random = Random::new(seed);
    let mut centers = seed_centers(points, dimension, clusters, &mut random, watch)?;
    let mut assignments = vec![0u32; points.len() / dimension];
    let mut inertia = f64::INFINITY;
    let mut iterations = 0;
    while iterations < MAX_ITERATIONS {
        (watch.go_on)()?;
        iterations += 1;
        let previous = inertia;
        inertia = assign_all(points, dimension, &centers, &mut assignments, watch)?;
        let moved = move_centers(points, dimension, &mut centers, &mut assignments, watch)?;
        if !moved || previous - inertia <= TOLERANCE * inertia {
            break;
        }
    }
    // Centers moved after the last assignment: state assignments and inertia for the centers returned.
    inertia = assign_all(points, dimension, &centers, &mut assignments, watch)?;
    ControlFlow::Continue(KMeans { dimension, centers, assignments, inertia, iterations })
}

/// Greedy k-means++: of a few candidates drawn by squared distance, keeps the one that lowers the sum most.
fn seed_centers(
    points: &[f64],
    dimension: usize,
    clusters: usize,
    random: &mut Random,
    watch: &mut Watch<'_>,
) -> ControlFlow<(), Vec<f64>> {
    let count = points.len() / dimension;
    let point = |i: usize| &points[i * dimension..(i + 1) * dimension];
    let trials = 2 + (clusters as f64).ln() as usize;
    let first = random.index(count);
    let mut centers = point(first).to_vec();
    let mut distances: Vec<f64> = (0..count).map(|i| squared(point(i), point(first))).collect();
    for _ in 1..clusters {
        watch.count((trials + 1) * count)?;
        let total: f64 = distances.iter().sum();
        let mut best: Option<(f64, usize)> = None;
        for _ in 0..trials {
            let candidate = draw(&distances, total, random);
            let sum: f64 = (0..count).map(|i| distances[i].min(squared(point(i), point(candidate)))).sum();
            if best.is_none_or(|(least, _)| sum < least) {
                best = Some((sum, candidate));
            }
        }
        let chosen = best.map_or(0, |(_, candidate)| candidate);
        centers.extend_from_slice(point(chosen));
        for i in 0..count {
            distances[i] = distances[i].min(squared(point(i), point(chosen)));
        }
    }
    ControlFlow::Continue(centers)
}

/// An index with probability proportional to its weight; uniform when all weights are zero.
fn draw(weights: &[f64], total: f64, random: &mut Random) -> usize {
    if total <= 0.0 {
        return random.index(weights.len());
    }
    let mut left = random.uniform() * total;
    for (index, &weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return index;
        }
    }
    weights.iter().rposition(|&w| w > 0.0).unwrap_or(0)
}

fn assign_all(
    points: &[f64],
    dimension: usize,
    centers: &[f64],
    assignments: &mut [u32],
    watch: &mut Watch<'_>,
) -> ControlFlow<(), f64> {
    let mut inertia = 0.0;
    for (point, assignment) in points.chunks_exact(dimension).zip(assignments) {
        watch.count(centers.len() / dimension)?;
        let (cluster, distance) = nearest(point, centers);
        *assignment = cluster as u32;
        inertia += distance;
    }
    ControlFlow::Continue(inertia)
}

/// Moves every center to the mean of its points; an empty cluster takes the point farthest from its
/// center. Returns whether any center moved.
fn move_centers(
    points: &[f64],
    dimension: usize,
    centers: &mut [f64],
    assignments: &mut [u32],
    watch: &mut Watch<'_>,
) -> ControlFlow<(), bool> {
    let clusters = centers.len() / dimension;
    let mut sizes = vec![0usize; clusters];
    let mut sums = vec![0.0; centers.len()];
    for (point, &cluster) in points.chunks_exact(dimension).zip(assignments.iter()) {
        let cluster = cluster as usize;
        sizes[cluster] += 1;
        for axis in 0..dimension {
            sums[cluster * dimension + axis] += point[axis];
        }
    }
    let mut moved = false;
    for cluster in 0..clusters {
        let range = cluster * dimension..(cluster + 1) * dimension;
        let new: Vec<f64> = if sizes[cluster] > 0 {
            sums[range.clone()].iter().map(|s| s / sizes[cluster] as f64).collect()
        } else {
            watch.count(assignments.len())?;
            let farthest = (0..assignments.len())
                .map(|i| {
                    let own = assignments[i] as usize * dimension;
                    let point = &points[i * dimension..(i + 1) * dimension];
                    (i, squared(point, &centers[own..own + dimension]))
                })
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .map_or(0, |(i, _)| i);
            assignments[farthest] = cluster as u32;
            points[farthest * dimension..(farthest + 1) * dimension].to_vec()
        };
        if new != centers[range.clone()] {
            centers[range].copy_from_slice(&new);
            moved = true;
        }
    }
    ControlFlow::Continue(moved)
}

fn nearest(point: &[f64], centers: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, center) in centers.chunks_exact(point.len()).enumerate() {
        let distance = squared(point, center);
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Four tight groups at the corners of a square.
    fn corners() -> Vec<f64> {
        let mut random = Random::new(3);
        (0..400)
            .flat_map(|i| {
                let (cx, cy) = [(0.0, 0.0), (0.0, 9.0), (9.0, 0.0), (9.0, 9.0)][i % 4];
                [cx + random.uniform(), cy + random.uniform()]
            })
            .collect()
    }

    fn fit(points: &[f64], dimension: usize, clusters: usize, seed: u64) -> Result<KMeans, AnalysisError> {
        kmeans(points, dimension, clusters, seed, &mut || ControlFlow::Continue(())).map(Option::unwrap)
    }

    #[test]
    fn separates_what_is_separate_and_repeats_by_seed() {
        let points = corners();
        let result = fit(&points, 2, 4, 7).unwrap();
        for i in 0..400 {
            assert_eq!(result.assignments[i], result.assignments[i % 4]);
        }
        assert!(result.members().iter().all(|m| m.len() == 100));
        assert_eq!(result, fit(&points, 2, 4, 7).unwrap());
        assert_eq!(result.assign(&[9.5, 9.5]), result.assignments[3] as usize);
    }

    #[test]
    fn duplicates_and_bad_input() {
        let repeated = vec![1.0; 20];
        assert_eq!(fit(&repeated, 2, 3, 0).unwrap().inertia, 0.0);
        assert!(fit(&repeated, 3, 2, 0).is_err());
        assert!(fit(&repeated, 2, 11, 0).is_err());
        assert!(fit(&[f64::NAN, 1.0], 1, 1, 0).is_err());
    }

    #[test]
    fn a_break_ends_it_wherever_it_is_asked_for() {
        let points: Vec<f64> =
            corners().into_iter().cycle().zip(0..).map(|(x, k)| x + k as f64).take(6000).collect();
        // How often it asks until the break, of which there is none if `stop_at` is too large.
        let asked = |clusters, stop_at| {
            let mut asked = 0;
            let mut go_on = || {
                asked += 1;
                if asked == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let fitted = kmeans(&points, 2, clusters, 7, &mut go_on).unwrap();
            assert_eq!(fitted.is_none(), asked == stop_at, "stop at {stop_at}");
            if let Some(fitted) = fitted {
                assert!(asked > fitted.iterations, "{asked} in {} iterations", fitted.iterations);
            }
            asked
        };
        // Seeding alone is 3,000 times 10 times 3,000 distances.
        let all = asked(3000, usize::MAX);
        assert!(all > 20, "{all}");
        for stop_at in [1, 2, all / 2, all] {
            assert_eq!(asked(3000, stop_at), stop_at);
        }
    }
}
