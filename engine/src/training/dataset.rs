//! Frame pairs `(X^t, X^{t+1})` of one or several stores, split by source trajectory.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::superposition::superpose_pair;
use crate::random::{Noise, Stream};
use crate::structure::{TensorCloud, Topology, relabel_equivalent};
use crate::trajectory::TrajectoryStore;
use crate::trust::{TrustBuilder, TrustData};

use super::conformations::{Conformations, Coverage};
use super::jump_sizes::JumpSizes;
use super::own_frames::{self, OwnFrame};
use super::pair_index::PairIndex;
use super::protein_draw::ProteinDraws;
use super::random_index::split;
use super::source_bend::bend;
use super::torsion_states::TorsionStates;
use super::{PairSampling, TrainError, TrainSettings};

/// Training frames of each protein that trust data are made of.
const TRUST_FRAMES: usize = 400;
/// Held-out frames of each store, on average, that their scale is made of.
const TRUST_HELD_OUT_FRAMES: usize = 100;

/// Pairs of all stores. Its memory does not grow with the number of frames.
pub struct PairDataset {
    stores: Vec<TrajectoryStore>,
    proteins: Vec<Protein>,
    /// How often each protein is drawn.
    draws: ProteinDraws,
    validation: PairIndex,
    lag_frames: Vec<usize>,
    /// Share of pairs drawn by cluster, where there are clusters; 0 where all are drawn alike.
    enhanced_share: f64,
    /// Share of those that are drawn by torsional state.
    torsion_share: f64,
    /// Most by which the loss of a residue in a rare torsional state is raised.
    rare_weight: f32,
    /// Whether losses are divided by how far conformations move.
    even_jumps: bool,
    /// How far sources are bent, as a share of how far they jump.
    source_bend: f64,
    /// Share of pairs whose source is a frame of the model's own, of proteins that have such frames.
    own_share: f64,
    /// Stores of such frames.
    own: Vec<usize>,
    /// Every other pair of a store in equilibrium is taken backwards in time.
    time_reversal: bool,
    held_out: Vec<String>,
    notices: Vec<String>,
}

/// The random numbers that one training pair is drawn with.
#[derive(Clone, Copy, Debug)]
pub struct PairChances {
    /// Which pair of the cluster or the protein.
    pub within: u32,
    /// Which protein and which cluster.
    pub cluster: u32,
    /// Which frame of a block of the cluster.
    pub offset: u32,
    /// By cluster or uniformly.
    pub enhanced: u32,
    /// Forwards or backwards in time.
    pub direction: u32,
}

/// Where a pair lies: the frame of its source in a store, and whether its target is earlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DrawnPair {
    pub store: usize,
    pub frame: usize,
    pub backwards: bool,
    /// The protein that it is of.
    protein: usize,
    /// The conformations that its source belongs to, 0 where there are no clusters.
    cluster: usize,
    /// Weight of its loss.
    weight: f32,
}

/// The training pairs of one protein, which may come from several stores.
struct Protein {
    topology: Arc<Topology>,
    pairs: PairIndex,
    /// How pairs are drawn; `None` draws all alike.
    conformations: Option<Conformations>,
    /// Pairs by the states of single residues; empty unless they are drawn or weighed so.
    torsions: TorsionStates,
    /// How far its conformations move; `None` weighs all pairs alike.
    jumps: Option<JumpSizes>,
    /// Frames that the model made, each with the pair that it is most like.
    own: Vec<OwnFrame>,
}

/// One pair ready for the interpolant: both centered, the target superposed on the source and its
/// equivalent atoms named as in the source.
#[derive(Clone)]
pub struct Pair {
    /// The protein.
    pub topology: Arc<Topology>,
    /// X^t.
    pub source: TensorCloud,
    /// X^{t+1}.
    pub target: TensorCloud,
    /// Weight of the loss of each residue, which depends on the source alone.
    pub weights: Vec<f32>,
}

impl PairDataset {
    /// Opens `paths`, splits their pairs by source trajectory and, where `settings` ask for it, groups the
    /// training pairs by conformation. That takes seconds; `go_on` is asked meanwhile whether to.
    ///
    /// # Errors
    /// [`TrainError`] when a store cannot be opened or read, the lag is no multiple of its interval, nothing
    /// is left to train on, or `go_on` breaks off.
    pub fn open(
        paths: &[PathBuf],
        settings: &TrainSettings,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Self, TrainError> {
        let mut dataset = Self {
            stores: Vec::new(),
            proteins: Vec::new(),
            draws: ProteinDraws::default(),
            validation: PairIndex::default(),
            lag_frames: Vec::new(),
            enhanced_share: match settings.pairs {
                PairSampling::Enhanced => settings.enhanced_share,
                PairSampling::Uniform => 0.0,
            },
            torsion_share: settings.torsion_share,
            rare_weight: settings.rare_weight,
            even_jumps: settings.even_jumps,
            source_bend: settings.source_bend,
            own_share: settings.own_share,
            own: Vec::new(),
            time_reversal: settings.time_reversal,
            held_out: Vec::new(),
            notices: Vec::new(),
        };
        for path in paths {
            let store = TrajectoryStore::open(path)?;
            dataset.add(store, settings)?;
        }
        dataset.proteins.retain(|protein| protein.pairs.len() > 0);
        if dataset.proteins.is_empty() {
            let left_out = settings.skip_ps > 0.0 || dataset.validation.len() > 0;
            return Err(TrainError::NoPairs { lag_ps: settings.lag_ps, left_out });
        }
        if settings.pairs == PairSampling::Enhanced {
            dataset.find_conformations(settings, go_on)?;
        }
        if dataset.enhanced_share * dataset.torsion_share > 0.0 || dataset.rare_weight > 1.0 {
            dataset.find_torsions(go_on)?;
        }
        let sizes = dataset.proteins.iter().map(|p| (p.topology.residue_count(), p.pairs.len()));
        dataset.draws = ProteinDraws::new(settings.proteins, sizes);
        if settings.even_jumps || settings.source_bend > 0.0 {
            dataset.measure_jumps(go_on)?;
        }
        if settings.own_share > 0.0 {
            dataset.find_own_frames(go_on)?;
        }
        Ok(dataset)
    }

    fn add(&mut self, store: TrajectoryStore, settings: &TrainSettings) -> Result<(), TrainError> {
        let index = self.stores.len();
        if store.metadata().made_by_model {
            self.own.push(index);
            self.lag_frames.push(0);
            self.stores.push(store);
            return Ok(());
        }
        let lag_frames = store.pairs(settings.lag_ps)?.lag_frames();
        let held_out = held_out_sources(&store, settings);
        // Where nothing can be held out as a whole, the end of each trajectory is.
        let held_share = if held_out.is_empty() { settings.validation_fraction } else { 0.0 };
        let skip = (settings.skip_ps / store.interval_ps()).round() as usize;
        let topology = store.topology();
        let known = self.proteins.iter().position(|p| p.topology.sequence() == topology.sequence());
        let protein = known.unwrap_or_else(|| {
            self.proteins.push(Protein {
                topology: topology.clone(),
                pairs: PairIndex::default(),
                conformations: None,
                torsions: TorsionStates::default(),
                jumps: None,
                own: Vec::new(),
            });
            self.proteins.len() - 1
        });
        for trajectory in 0..store.trajectory_count() {
            let frames = store.trajectory(trajectory);
            let first = frames.start.saturating_add(skip).min(frames.end);
            let pairs = first..frames.end.saturating_sub(lag_frames).max(first);
            match held_out.contains(&store.trajectory_source(trajectory)) {
                true => self.validation.push(index, pairs),
                false => {
                    let (training, held_out) = split_in_time(pairs, held_share, lag_frames);
                    self.proteins[protein].pairs.push(index, training);
                    self.validation.push(index, held_out);
                }
            }
        }
        if let (true, Some(source)) = (held_share > 0.0, store.metadata().sources.first()) {
            self.notices.push(format!(
                "{}: there is one source trajectory alone, {}, so the last {:.0} % of its time are held out for validation instead of whole trajectories; the validation loss flatters the model",
                topology.name,
                source.path,
                100.0 * held_share
            ));
        }
        let sources = held_out.iter().filter_map(|&source| store.metadata().sources.get(source));
        self.held_out.extend(sources.map(|source| source.path.clone()));
        self.lag_frames.push(lag_frames);
        self.stores.push(store);
        Ok(())
    }

    fn find_conformations(
        &mut self,
        settings: &TrainSettings,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<(), TrainError> {
        for protein in &mut self.proteins {
            let found =
                Conformations::find(&protein.topology, &protein.pairs, &self.stores, settings, go_on)?;
            let name = &protein.topology.name;
            self.notices.push(match &found {
                Ok(found) => {
                    let (pairs, clusters) = (protein.pairs.len(), found.cluster_count());
                    let how = match settings.enhanced_share {
                        1.0 => "clusters drawn alike".to_owned(),
                        share => format!("clusters drawn alike for a share of {share}, pairs for the rest"),
                    };
                    format!("{name}: {pairs} training pairs in {clusters} clusters of conformations; {how}")
                }
                Err(reason) => format!("{name}: pairs are drawn uniformly, without clusters: {reason}"),
            });
            protein.conformations = found.ok();
        }
        Ok(())
    }

    /// Sorts the pairs of each protein by the torsional states of its residues.
    fn find_torsions(&mut self, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), TrainError> {
        for protein in &mut self.proteins {
            let mut looked = 0usize;
            protein.torsions =
                TorsionStates::find(&protein.topology, &protein.pairs, &self.stores, &mut || {
                    looked += 1;
                    if looked.is_multiple_of(256) && go_on().is_break() {
                        return Err(TrainError::Cancelled);
                    }
                    Ok(())
                })?;
        }
        Ok(())
    }

    /// Measures how far the conformations of each protein move in one lag, relative to all proteins.
    fn measure_jumps(&mut self, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), TrainError> {
        let mut all = Vec::with_capacity(self.proteins.len());
        for protein in &self.proteins {
            all.push(JumpSizes::find(&protein.pairs, protein.conformations.as_ref(), &mut |pair| {
                if go_on().is_break() {
                    return Err(TrainError::Cancelled);
                }
                let (store, frame) = protein.pairs.get(pair);
                self.pair(store, frame, frame + self.lag_frames[store]).map(|pair| pair.mean_square_jump())
            })?);
        }
        let mean = all.iter().map(JumpSizes::mean_angstrom2).sum::<f64>() / all.len().max(1) as f64;
        for (protein, jumps) in self.proteins.iter_mut().zip(all) {
            protein.jumps = Some(jumps.relative_to(mean));
        }
        Ok(())
    }

    /// Finds what the model's own frames are like.
    fn find_own_frames(&mut self, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), TrainError> {
        let mut looked = 0usize;
        let mut look = || {
            looked += 1;
            match looked.is_multiple_of(64) && go_on().is_break() {
                true => Err(TrainError::Cancelled),
                false => Ok(()),
            }
        };
        for protein in &mut self.proteins {
            let (found, told) = own_frames::of_protein(
                &protein.topology,
                &protein.pairs,
                &self.stores,
                (&self.own, self.own_share),
                &mut look,
            )?;
            protein.own = found;
            self.notices.extend(told);
        }
        let known: BTreeSet<String> = self.proteins.iter().map(|p| p.topology.sequence()).collect();
        self.notices.extend(own_frames::without_dynamics(&self.own, &self.stores, &known));
        Ok(())
    }

    /// What the user should know about how pairs are drawn, in sentences.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What `count` uniform and as many enhanced draws see of each protein that has clusters (Figure 8).
    pub fn coverage(&self, count: usize, seed: u64) -> Vec<Coverage> {
        let random = Noise::new(seed, Stream::Training);
        self.proteins
            .iter()
            .filter_map(|p| Some(p.conformations.as_ref()?.coverage(&p.topology.name, count, &random)))
            .collect()
    }

    /// Number of pairs for training.
    pub fn training_len(&self) -> usize {
        self.proteins.iter().map(|p| p.pairs.len()).sum()
    }

    /// Number of pairs held out.
    pub fn validation_len(&self) -> usize {
        self.validation.len()
    }

    /// Source files held out for validation.
    pub fn held_out(&self) -> &[String] {
        &self.held_out
    }

    /// Checksums of the positions in each store.
    pub fn checksums(&self) -> Vec<u32> {
        self.stores.iter().map(|store| store.metadata().positions_crc32).collect()
    }

    /// Sequences of the proteins.
    pub fn sequences(&self) -> Vec<String> {
        let simulated = self.stores.iter().filter(|store| !store.metadata().made_by_model);
        let all: BTreeSet<String> = simulated.map(|store| store.topology().sequence()).collect();
        all.into_iter().collect()
    }

    /// What the surroundings of residues are like, of which training and held-out pairs start: the same number of
    /// frames of every protein, spread evenly. `None` where nothing is held out. `go_on` is asked meanwhile whether to.
    ///
    /// # Errors
    /// [`TrainError`] when a store cannot be read any more, or `go_on` breaks off.
    pub fn trust(
        &self,
        seed: u64,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<TrustData>, TrainError> {
        let mut builder = TrustBuilder::new(seed);
        for protein in &self.proteins {
            for pair in evenly(protein.pairs.len(), TRUST_FRAMES) {
                if go_on().is_break() {
                    return Err(TrainError::Cancelled);
                }
                let (store, frame) = protein.pairs.get(pair);
                builder.training(&protein.topology, &self.stores[store].frame(frame)?);
            }
        }
        let trained: BTreeSet<String> = self.proteins.iter().map(|p| p.topology.sequence()).collect();
        // Pairs of one store lie together, so that even spacing reaches every store in proportion to its frames.
        let most = TRUST_HELD_OUT_FRAMES * (self.stores.len() - self.own.len());
        for pair in evenly(self.validation.len(), most) {
            if go_on().is_break() {
                return Err(TrainError::Cancelled);
            }
            let (store, frame) = self.validation.get(pair);
            let store = &self.stores[store];
            if trained.contains(&store.topology().sequence()) {
                builder.held_out(store.topology(), &store.frame(frame)?);
            }
        }
        Ok(builder.finish())
    }

    /// Whether all stores are as they were when they were opened.
    ///
    /// # Errors
    /// [`TrainError::Store`] that names the first that is not.
    pub fn check_unchanged(&self) -> Result<(), TrainError> {
        self.stores.iter().try_for_each(|store| Ok(store.check_unchanged()?))
    }

    /// The training pair for uniform random numbers: a protein, a cluster of its conformations, a pair that
    /// starts in it (Alg. 1, line 2); without clusters, any pair of the protein.
    ///
    /// # Errors
    /// [`TrainError::Store`] when a store cannot be read any more.
    pub fn training_pair(&self, chances: PairChances) -> Result<Pair, TrainError> {
        let drawn = self.drawn(chances);
        let own = self.own_frame(&chances, drawn.protein);
        let DrawnPair { store, frame, backwards, protein, cluster, weight } = match own {
            Some(own) => self.pair_of(drawn.protein, own.pair),
            None => drawn,
        };
        let lag = self.lag_frames[store];
        let target = if backwards { frame - lag } else { frame + lag };
        let mut source = self.stores[store].frame(frame)?;
        let mut like = None;
        if let Some(own) = own {
            let made = self.stores[own.store].frame(own.frame)?;
            like = Some(std::mem::replace(&mut source, made));
        } else if self.source_bend > 0.0 {
            self.bend_source(&self.proteins[protein], cluster, &chances, &mut source)?;
        }
        let mut pair = self.pair_from(store, &source, target)?;
        if let Some(like) = like {
            own_frames::weigh(&pair.topology, &source, &like, &mut pair.weights);
        }
        if self.rare_weight > 1.0 {
            let source = pair.source.to_atoms(&pair.topology);
            self.proteins[protein].torsions.raise(&source, self.rare_weight, &mut pair.weights);
        }
        pair.weights.iter_mut().for_each(|of_residue| *of_residue *= weight);
        Ok(pair)
    }

    /// Where the pair for these random numbers lies.
    pub(super) fn drawn(&self, chances: PairChances) -> DrawnPair {
        let PairChances { within, cluster, offset, .. } = chances;
        // What choosing the protein leaves of a random number is as random as it was.
        let (drawn, cluster) = self.draws.draw(cluster);
        let protein = &self.proteins[drawn];
        let below = |share: f64| f64::from(chances.enhanced) < share * 4_294_967_296.0;
        let uniformly = || split(within, protein.pairs.len()).0;
        let pair = if below(self.enhanced_share * self.torsion_share) {
            protein.torsions.draw(cluster, offset, within).unwrap_or_else(uniformly)
        } else {
            match &protein.conformations {
                Some(conformations) if below(self.enhanced_share) => {
                    conformations.draw(cluster, within, offset)
                }
                _ => uniformly(),
            }
        };
        let (store, _) = protein.pairs.get(pair);
        // A source is drawn first and its target second, or clusters would weigh on where chains go to. At
        // the start of a trajectory nothing came before.
        let backwards = self.time_reversal
            && self.stores[store].metadata().in_equilibrium
            && chances.direction & 1 == 1
            && protein.pairs.preceding(pair) >= self.lag_frames[store];
        DrawnPair { backwards, ..self.pair_of(drawn, pair) }
    }

    /// Pair `pair` of protein `of`, forwards in time.
    fn pair_of(&self, of: usize, pair: usize) -> DrawnPair {
        let protein = &self.proteins[of];
        let (store, frame) = protein.pairs.get(pair);
        let cluster = protein.conformations.as_ref().map_or(0, |all| all.cluster_of(pair));
        let weight = match &protein.jumps {
            Some(jumps) if self.even_jumps => jumps.weight(cluster),
            _ => 1.0,
        };
        DrawnPair { store, frame, backwards: false, protein: of, cluster, weight }
    }

    /// The frame of the model's own, if any, that takes the place of the source drawn for `protein`.
    fn own_frame(&self, chances: &PairChances, protein: usize) -> Option<OwnFrame> {
        let own = &self.proteins[protein].own;
        let [which, whether, ..] = own_numbers(chances, 1);
        let wanted = f64::from(whether) < self.own_share * 4_294_967_296.0;
        (wanted && !own.is_empty()).then(|| own[split(which, own.len()).0])
    }

    /// Bends `source` by up to twice the share [`TrainSettings::source_bend`] of how far its cluster jumps.
    fn bend_source(
        &self,
        protein: &Protein,
        cluster: usize,
        chances: &PairChances,
        source: &mut [[f32; 3]],
    ) -> Result<(), TrainError> {
        let (topology, Some(jumps)) = (&*protein.topology, &protein.jumps) else { return Ok(()) };
        let [first, second, size, _] = own_numbers(chances, 0);
        let other = |random: u32| -> Result<Vec<[f32; 3]>, TrainError> {
            let pair = match &protein.conformations {
                Some(all) => all.draw_of(cluster, random),
                None => split(random, protein.pairs.len()).0,
            };
            let (store, frame) = protein.pairs.get(pair);
            Ok(superpose_pair(topology, source, &self.stores[store].frame(frame)?))
        };
        let (first, second) = (other(first)?, other(second)?);
        let usual_angstrom = self.source_bend * jumps.mean_square_angstrom2(cluster).sqrt();
        let size = (f64::from(size) + 0.5) / 4_294_967_296.0;
        bend(topology, source, [&first, &second], 2.0 * size * usual_angstrom);
        Ok(())
    }

    /// Held-out pair `index` of `count` spread evenly over all of them.
    ///
    /// # Errors
    /// [`TrainError::Store`] when a store cannot be read any more.
    pub fn validation_pair(&self, index: usize, count: usize) -> Result<Pair, TrainError> {
        let (store, frame) = self.validation.get(index * self.validation.len() / count.max(1));
        self.pair(store, frame, frame + self.lag_frames[store])
    }

    fn pair(&self, store: usize, source: usize, target: usize) -> Result<Pair, TrainError> {
        self.pair_from(store, &self.stores[store].frame(source)?, target)
    }

    /// The pair of `source` and frame `target` of a store.
    fn pair_from(&self, store: usize, source: &[[f32; 3]], target: usize) -> Result<Pair, TrainError> {
        let store = &self.stores[store];
        let topology = store.topology();
        let mut target = superpose_pair(topology, source, &store.frame(target)?);
        relabel_equivalent(topology, source, &mut target);
        let cloud = |atoms: &[[f32; 3]]| {
            let mut cloud = TensorCloud::from_atoms(topology, atoms);
            cloud.center();
            cloud
        };
        let weights = vec![1.0; topology.residue_count()];
        Ok(Pair { topology: topology.clone(), source: cloud(source), target: cloud(&target), weights })
    }
}

impl Pair {
    /// Mean square displacement of the heavy atoms, Å².
    fn mean_square_jump(&self) -> f64 {
        let (from, to) = (self.source.to_atoms(&self.topology), self.target.to_atoms(&self.topology));
        let square = |(a, b): (&[f32; 3], &[f32; 3])| -> f64 {
            a.iter().zip(b).map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum()
        };
        from.iter().zip(&to).map(square).sum::<f64>() / from.len().max(1) as f64
    }
}

/// Uniform random numbers of a pair beside those that it is drawn with, made of these.
fn own_numbers(chances: &PairChances, purpose: u32) -> [u32; 4] {
    let noise = Noise::new(u64::from(chances.within) << 32 | u64::from(chances.offset), Stream::Training);
    noise.bits([chances.cluster, chances.enhanced, chances.direction, purpose])
}

/// `most` numbers below `len`, or all, evenly spaced.
fn evenly(len: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = len.min(most);
    (0..count).map(move |k| ((2 * k + 1) as u128 * len as u128 / (2 * count) as u128) as usize)
}

/// The pairs of one trajectory without its last share, and those of that share; no frame is in both.
fn split_in_time(pairs: Range<usize>, held_share: f64, lag_frames: usize) -> (Range<usize>, Range<usize>) {
    let held = (held_share * pairs.len() as f64).round() as usize;
    let kept = pairs.len().saturating_sub(held + lag_frames);
    if held == 0 || kept == 0 {
        return (pairs.clone(), pairs.end..pairs.end);
    }
    (pairs.start..pairs.start + kept, pairs.end - held..pairs.end)
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

#[cfg(test)]
mod tests {
    use super::split_in_time;

    #[test]
    fn the_end_of_a_trajectory_is_held_out_with_no_frame_in_common() {
        // Pairs that start at frames 100 to 199 and end 5 frames later.
        let (training, held_out) = split_in_time(100..200, 0.1, 5);
        assert_eq!((training, held_out), (100..185, 190..200));
        assert_eq!(split_in_time(100..200, 0.0, 5), (100..200, 200..200));
        // Too short to be divided.
        assert_eq!(split_in_time(0..6, 0.2, 5), (0..6, 6..6));
    }
}
