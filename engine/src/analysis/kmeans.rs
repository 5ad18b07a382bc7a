//! k-means clustering with k-means++ seeding (Arthur & Vassilvitskii, SODA 2007).

use super::error::AnalysisError;
use super::random::SplitMix64;

/// Lloyd iterations at most.
const MAX_ITERATIONS: usize = 200;
/// Stop when the inertia falls by less than this fraction.
const TOLERANCE: f64 = 1e-6;

/// A finished clustering.
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    /// Coordinates per point, `D`.
    pub dimension: usize,
    /// Cluster centres, `[K · D]`.
    pub centers: Vec<f64>,
    /// Cluster of every point, `[N]`.
    pub assignments: Vec<u32>,
    /// Sum of squared distances of the points to their centres.
    pub inertia: f64,
    /// Lloyd iterations made.
    pub iterations: usize,
}

impl KMeans {
    /// Number of clusters, `K`.
    pub fn cluster_count(&self) -> usize {
        self.centers.len() / self.dimension
    }

    /// The cluster whose centre is nearest to `point`.
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

/// Clusters `points`, `[N · D]` row by row, into `clusters` groups. The same seed gives the same result.
///
/// # Errors
/// No clusters, fewer points than clusters, a length that is not a multiple of `dimension`, or
/// coordinates that are not finite.
pub fn kmeans(points: &[f64], dimension: usize, clusters: usize, seed: u64) -> Result<KMeans, AnalysisError> {
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
    let mut random = SplitMix64::new(seed);
    let mut centers = seed_centers(points, dimension, clusters, &mut random);
    let mut assignments = vec![0u32; count];
    let mut inertia = f64::INFINITY;
    let mut iterations = 0;
    while iterations < MAX_ITERATIONS {
        iterations += 1;
        let previous = inertia;
        inertia = assign_all(points, dimension, &centers, &mut assignments);
        let moved = move_centers(points, dimension, &mut centers, &mut assignments);
        if !moved || previous - inertia <= TOLERANCE * inertia {
            break;
        }
    }
    // Centres moved after the last assignment: state assignments and inertia for the centres returned.
    inertia = assign_all(points, dimension, &centers, &mut assignments);
    Ok(KMeans { dimension, centers, assignments, inertia, iterations })
}

/// Greedy k-means++: of a few candidates drawn by squared distance, keeps the one that lowers the sum most.
fn seed_centers(points: &[f64], dimension: usize, clusters: usize, random: &mut SplitMix64) -> Vec<f64> {
    let count = points.len() / dimension;
    let point = |i: usize| &points[i * dimension..(i + 1) * dimension];
    let trials = 2 + (clusters as f64).ln() as usize;
    let first = random.index(count);
    let mut centers = point(first).to_vec();
    let mut distances: Vec<f64> = (0..count).map(|i| squared(point(i), point(first))).collect();
    for _ in 1..clusters {
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
    centers
}

/// An index with probability proportional to its weight; uniform when all weights are zero.
fn draw(weights: &[f64], total: f64, random: &mut SplitMix64) -> usize {
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

fn assign_all(points: &[f64], dimension: usize, centers: &[f64], assignments: &mut [u32]) -> f64 {
    let mut inertia = 0.0;
    for (point, assignment) in points.chunks_exact(dimension).zip(assignments) {
        let (cluster, distance) = nearest(point, centers);
        *assignment = cluster as u32;
        inertia += distance;
    }
    inertia
}

/// Moves every centre to the mean of its points; an empty cluster takes the point farthest from its
/// centre. Returns whether any centre moved.
fn move_centers(points: &[f64], dimension: usize, centers: &mut [f64], assignments: &mut [u32]) -> bool {
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
    moved
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
        let mut random = SplitMix64::new(3);
        (0..400)
            .flat_map(|i| {
                let (cx, cy) = [(0.0, 0.0), (0.0, 9.0), (9.0, 0.0), (9.0, 9.0)][i % 4];
                [cx + random.uniform(), cy + random.uniform()]
            })
            .collect()
    }

    #[test]
    fn separates_what_is_separate_and_repeats_by_seed() {
        let points = corners();
        let result = kmeans(&points, 2, 4, 7).unwrap();
        for i in 0..400 {
            assert_eq!(result.assignments[i], result.assignments[i % 4]);
        }
        assert!(result.members().iter().all(|m| m.len() == 100));
        assert_eq!(result, kmeans(&points, 2, 4, 7).unwrap());
        assert_eq!(result.assign(&[9.5, 9.5]), result.assignments[3] as usize);
    }

    #[test]
    fn duplicates_and_bad_input() {
        let repeated = vec![1.0; 20];
        assert_eq!(kmeans(&repeated, 2, 3, 0).unwrap().inertia, 0.0);
        assert!(kmeans(&repeated, 3, 2, 0).is_err());
        assert!(kmeans(&repeated, 2, 11, 0).is_err());
        assert!(kmeans(&[f64::NAN, 1.0], 1, 1, 0).is_err());
    }
}
