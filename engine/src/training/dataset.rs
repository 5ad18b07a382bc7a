//! Frame pairs `(X^t, X^{t+1})` of one or several stores, split by source trajectory.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::superposition::superpose_pair;
use crate::structure::{TensorCloud, Topology, relabel_equivalent};
use crate::trajectory::TrajectoryStore;
use crate::transport::noise::{Noise, Stream};

use super::{TrainError, TrainSettings};

/// Pairs of all stores.
pub struct PairDataset {
    stores: Vec<TrajectoryStore>,
    /// `(store, first frame)`; the second frame is `lag` frames on.
    training: Vec<(u32, u32)>,
    validation: Vec<(u32, u32)>,
    lag_frames: Vec<usize>,
    held_out: Vec<String>,
}

/// One pair ready for the interpolant: both centred, the target superposed on the source and its
/// equivalent atoms named as in the source.
pub struct Pair {
    /// The protein.
    pub topology: Arc<Topology>,
    /// X^t.
    pub source: TensorCloud,
    /// X^{t+1}.
    pub target: TensorCloud,
}

impl PairDataset {
    /// Opens `paths` and splits their pairs by source trajectory.
    ///
    /// # Errors
    /// [`TrainError`] when a store cannot be opened, the lag is no multiple of its interval, or nothing
    /// is left to train on.
    pub fn open(paths: &[PathBuf], settings: &TrainSettings) -> Result<Self, TrainError> {
        let mut dataset = Self {
            stores: Vec::new(),
            training: Vec::new(),
            validation: Vec::new(),
            lag_frames: Vec::new(),
            held_out: Vec::new(),
        };
        for (index, path) in paths.iter().enumerate() {
            let store = TrajectoryStore::open(path)?;
            let pairs = store.pairs(settings.lag_ps)?;
            let held_out = held_out_sources(&store, settings);
            let skip = (settings.skip_ps / store.interval_ps()).round() as usize;
            for trajectory in 0..store.trajectory_count() {
                let source = store.trajectory_source(trajectory);
                let into =
                    if held_out.contains(&source) { &mut dataset.validation } else { &mut dataset.training };
                let frames = store.trajectory(trajectory);
                let kept = frames.start.saturating_add(skip).min(frames.end)..frames.end;
                into.extend(pairs.within(kept).map(|(first, _)| (index as u32, first as u32)));
            }
            for source in held_out {
                if let Some(source) = store.metadata().sources.get(source) {
                    dataset.held_out.push(source.path.clone());
                }
            }
            dataset.lag_frames.push(pairs.lag_frames());
            dataset.stores.push(store);
        }
        if dataset.training.is_empty() {
            let after = if settings.skip_ps > 0.0 || !dataset.validation.is_empty() {
                " once skipped and held-out frames are left out"
            } else {
                ""
            };
            return Err(TrainError::NoPairs { lag_ps: settings.lag_ps, after: after.to_owned() });
        }
        Ok(dataset)
    }

    /// Number of pairs for training.
    pub fn training_len(&self) -> usize {
        self.training.len()
    }

    /// Number of pairs held out.
    pub fn validation_len(&self) -> usize {
        self.validation.len()
    }

    /// Source files held out for validation.
    pub fn held_out(&self) -> &[String] {
        &self.held_out
    }

    /// Sequences of the proteins.
    pub fn sequences(&self) -> Vec<String> {
        let all: BTreeSet<String> = self.stores.iter().map(|s| s.topology().sequence()).collect();
        all.into_iter().collect()
    }

    /// The training pair for a uniform random number.
    pub fn training_pair(&self, random: u32) -> Pair {
        self.pair(pick(&self.training, random))
    }

    /// Held-out pair `index` of `count` spread evenly over all of them.
    pub fn validation_pair(&self, index: usize, count: usize) -> Pair {
        self.pair(self.validation[index * self.validation.len() / count.max(1)])
    }

    fn pair(&self, (store, first): (u32, u32)) -> Pair {
        let lag = self.lag_frames[store as usize];
        let store = &self.stores[store as usize];
        let topology = store.topology();
        let source = store.frame(first as usize);
        let mut target = superpose_pair(topology, source, store.frame(first as usize + lag));
        relabel_equivalent(topology, source, &mut target);
        let cloud = |atoms: &[[f32; 3]]| {
            let mut cloud = TensorCloud::from_atoms(topology, atoms);
            cloud.center();
            cloud
        };
        Pair { topology: topology.clone(), source: cloud(source), target: cloud(&target) }
    }
}

fn pick<T: Copy>(items: &[T], random: u32) -> T {
    items[((u64::from(random) * items.len() as u64) >> 32) as usize]
}

/// Sources held out: the given share of them, at least one when there are two or more and the share is
/// positive, drawn by seed.
fn held_out_sources(store: &TrajectoryStore, settings: &TrainSettings) -> BTreeSet<usize> {
    let sources: BTreeSet<usize> =
        (0..store.trajectory_count()).map(|t| store.trajectory_source(t)).collect();
    let mut count = (settings.validation_fraction * sources.len() as f64).round() as usize;
    if settings.validation_fraction > 0.0 && sources.len() > 1 {
        count = count.clamp(1, sources.len() - 1);
    } else {
        count = 0;
    }
    let noise = Noise::new(settings.seed, Stream::Training);
    let mut drawn: Vec<(u32, usize)> =
        sources.into_iter().map(|s| (noise.bits([s as u32, 0, u32::MAX, 0])[0], s)).collect();
    drawn.sort_unstable();
    drawn.into_iter().take(count).map(|(_, source)| source).collect()
}
