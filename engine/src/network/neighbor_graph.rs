//! Neighbors and edge embeddings of one conformation, shared by all layers and headers.

use super::NetworkConfig;

/// Edges `i ← j` of a batch in compressed rows: the edges of row `i` are `start[i]..start[i + 1]`.
///
/// Neighbors are the `k` nearest Cα of the same protein (Alg. 4; the residue itself excluded, ties by
/// index, fewer where the protein is small).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborGraph {
    /// `[R + 1]`.
    pub start: Vec<u32>,
    /// Row `j` of each edge, `[E]`.
    pub neighbor: Vec<u32>,
    /// Unit vector from `P_i` to `P_j`, `[E]`; zero where the positions coincide.
    pub unit: Vec<[f32; 3]>,
    /// Radial embedding, `[E, bins]`, unit second moment.
    pub radial: Vec<f32>,
    /// Index of the clamped sequence offset `j − i`, `0..=2·clamp`, `[E]`.
    pub offset: Vec<u32>,
}

impl NeighborGraph {
    /// Neighbor search and embeddings for `positions [R, 3]` (Å) of proteins that start at `starts`.
    pub fn new(config: &NetworkConfig, positions: &[f32], starts: &[usize]) -> Self {
        let mut graph = Self::default();
        graph.update(config, positions, starts);
        graph
    }

    /// As [`Self::new`], into the memory of an earlier graph.
    pub fn update(&mut self, config: &NetworkConfig, positions: &[f32], starts: &[usize]) {
        self.start.clear();
        self.neighbor.clear();
        self.unit.clear();
        self.radial.clear();
        self.offset.clear();
        self.start.push(0);
        let mut candidates: Vec<(f32, u32)> = Vec::new();
        for pair in starts.windows(2) {
            let (first, end) = (pair[0], pair[1]);
            let k = config.neighbors.min((end - first).saturating_sub(1));
            for i in first..end {
                candidates.clear();
                candidates.extend((first..end).filter(|&j| j != i).map(|j| {
                    let d = delta(positions, i, j);
                    (d[0] * d[0] + d[1] * d[1] + d[2] * d[2], j as u32)
                }));
                // `total_cmp` orders NaN last, so a broken cloud cannot break the search.
                let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
                if k < candidates.len() {
                    if k > 0 {
                        candidates.select_nth_unstable_by(k - 1, order);
                    }
                    candidates.truncate(k);
                }
                candidates.sort_unstable_by(order);
                for &(squared, j) in &candidates {
                    let distance = squared.sqrt();
                    let d = delta(positions, i, j as usize);
                    let inverse = if distance > 1e-6 { 1.0 / distance } else { 0.0 };
                    self.neighbor.push(j);
                    self.unit.push([d[0] * inverse, d[1] * inverse, d[2] * inverse]);
                    let clamp = config.sequence_clamp as i64;
                    self.offset.push(((i64::from(j) - i as i64).clamp(-clamp, clamp) + clamp) as u32);
                    radial_embedding(config, distance, &mut self.radial);
                }
                self.start.push(self.neighbor.len() as u32);
            }
        }
    }

    /// Number of edges `E`.
    pub fn edges(&self) -> usize {
        self.neighbor.len()
    }

    /// Number of rows `R`.
    pub fn rows(&self) -> usize {
        self.start.len() - 1
    }
}

fn delta(positions: &[f32], i: usize, j: usize) -> [f32; 3] {
    std::array::from_fn(|axis| positions[j * 3 + axis] - positions[i * 3 + axis])
}

/// Gaussians with centers evenly spaced on `[0, cutoff]` and a width of one spacing, scaled to unit second
/// moment: `Σ_k exp(−(x − k)²) ≈ √π`, hence the factor `√(bins/√π)`.
fn radial_embedding(config: &NetworkConfig, distance: f32, out: &mut Vec<f32>) {
    let bins = config.radial_bins;
    let spacing = config.radial_cutoff_angstrom / (bins.max(2) - 1) as f32;
    let scale = (bins as f32 / std::f32::consts::PI.sqrt()).sqrt();
    // Neighbors beyond the range share its last embedding, else they would have none at all.
    let x = (distance / spacing).min((bins - 1) as f32);
    out.extend((0..bins).map(|k| {
        let t = x - k as f32;
        // exp(−t²/2) of 6 spacings is 1e-8.
        if t.abs() > 6.0 { 0.0 } else { scale * (-0.5 * t * t).exp() }
    }));
}
