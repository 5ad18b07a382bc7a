//! Clusters of conformations for enhanced sampling of the training set (paper 4.1, A.4): TICA, then
//! k-means, then draw a cluster, then a frame of it. Rare conformations are seen as often as common ones.

use serde::{Deserialize, Serialize};

use super::error::AnalysisError;
use super::kmeans::kmeans;
use super::tica::{TicaFit, TicaSettings};
use crate::structure::Topology;

/// How conformations are clustered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// Number of clusters.
    pub clusters: usize,
    /// The slow components that distances are measured in: two in the paper.
    pub tica: TicaSettings,
    /// Seed of the clustering.
    pub seed: u64,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self { clusters: 200, tica: TicaSettings { components: 2, ..TicaSettings::default() }, seed: 0 }
    }
}

/// Frames grouped by conformation.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameClusters {
    /// Frame numbers, ascending, of each cluster; counted through all trajectories. None is empty.
    members: Vec<Vec<usize>>,
}

impl FrameClusters {
    /// Clusters all frames of `trajectories` (canonical positions, `interval_ps` apart). Fewer frames than
    /// clusters give a cluster for each frame.
    ///
    /// # Errors
    /// As TICA's: trajectories shorter than the lag, features that do not vary.
    pub fn new(
        topology: &Topology,
        trajectories: &[Vec<&[[f32; 3]]>],
        interval_ps: f64,
        settings: &ClusterSettings,
    ) -> Result<Self, AnalysisError> {
        let mut fit = TicaFit::new(topology, interval_ps, settings.tica.clone())?;
        for trajectory in trajectories {
            let mut window = fit.window();
            for frame in trajectory {
                let features = fit.features().measure(topology, frame);
                fit.push(&mut window, &features)?;
            }
        }
        let basis = fit.fit(None)?;
        let points: Vec<f64> =
            trajectories.iter().flatten().flat_map(|frame| basis.project(topology, frame)).collect();
        let frames = points.len() / basis.len();
        let result = kmeans(&points, basis.len(), settings.clusters.min(frames), settings.seed)?;
        let mut members = result.members();
        members.retain(|m| !m.is_empty());
        Ok(Self { members })
    }

    /// Frame numbers of each cluster.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Draws a cluster, then a frame of it, from two uniform random numbers in `[0, 1)`.
    pub fn draw(&self, cluster_uniform: f64, frame_uniform: f64) -> usize {
        let pick = |uniform: f64, len: usize| ((uniform * len as f64) as usize).min(len - 1);
        let members = &self.members[pick(cluster_uniform, self.members.len())];
        members[pick(frame_uniform, members.len())]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::structure::{Residue, ResidueType};

    /// A chain that is straight for most of the time and folded for a twentieth of it.
    fn frame(topology: &Topology, t: usize) -> Vec<[f32; 3]> {
        let bend = if t % 400 < 380 { 0.1 } else { 0.9 } + 0.03 * (1.7 * t as f32).sin();
        let mut positions = vec![[0.0f32; 3]; topology.atom_count()];
        for residue in 0..topology.residue_count() {
            let angle = bend * residue as f32;
            positions[topology.ca(residue)] = [
                3.8 * residue as f32 * angle.cos(),
                3.8 * residue as f32 * angle.sin(),
                0.2 * (2.3 * t as f32 + residue as f32).cos(),
            ];
        }
        positions
    }

    #[test]
    fn rare_conformations_are_drawn_as_often_as_common_ones() {
        let residues = vec![Residue { kind: ResidueType::Ala, number: 1, insertion_code: None }; 6];
        let topology = Topology::new("A6", "A", residues);
        let frames: Vec<Vec<[f32; 3]>> = (0..1600).map(|t| frame(&topology, t)).collect();
        let views = vec![frames.iter().map(Vec::as_slice).collect::<Vec<_>>()];
        let settings = ClusterSettings {
            clusters: 2,
            tica: TicaSettings { lag_ps: 5.0, components: 2, ..TicaSettings::default() },
            seed: 1,
        };
        let clusters = FrameClusters::new(&topology, &views, 1.0, &settings).unwrap();
        let mut rare = 0;
        for a in 0..20 {
            for b in 0..20 {
                let drawn = clusters.draw(f64::from(a) / 20.0, f64::from(b) / 20.0);
                rare += usize::from(drawn % 400 >= 380);
            }
        }
        assert_eq!(rare, 200, "half of 400 draws, though only a twentieth of the frames");
        assert_eq!(clusters.members().iter().map(Vec::len).sum::<usize>(), 1600);
        let many = ClusterSettings { clusters: 5000, ..settings };
        assert!(FrameClusters::new(&topology, &views, 1.0, &many).unwrap().members().len() <= 1600);
    }
}
