//! The enhanced training set (paper 4.1, A.4, Figure 8): TICA, then k-means, then draw a cluster, then a pair
//! that starts in it. Rare conformations are seen as often as common ones.

use std::ops::ControlFlow;

use crate::analysis::{AnalysisError, TicaBasis, TicaFit, TicaSettings, kmeans};
use crate::random::Noise;
use crate::structure::Topology;
use crate::trajectory::TrajectoryStore;

use super::pair_index::PairIndex;
use super::random_index::split;
use super::{TrainError, TrainSettings};

/// Slow components that conformations are told apart by (A.4).
const COMPONENTS: usize = 2;
/// Multiplications for the moments of TICA; more pairs than they allow for are thinned out evenly.
const MOMENT_BUDGET: f64 = 1e10;
/// Frame pairs for TICA at most.
const MOST_TICA_PAIRS: usize = 100_000;
/// Frames that k-means is fitted to at most.
const MOST_FITTED: usize = 50_000;
/// Frames that are put into a cluster one by one; of more, blocks of consecutive frames are.
const MOST_BLOCKS: usize = 1 << 20;
/// Frames between two looks at whether to go on.
const LOOK_EVERY: usize = 256;

/// The training pairs of one protein by conformation.
#[derive(Clone, Debug)]
pub(super) struct Conformations {
    /// Consecutive pairs that count as one conformation; 1 unless there are more than [`MOST_BLOCKS`].
    block: usize,
    pairs: usize,
    /// Blocks of each cluster, ascending. None is empty.
    members: Vec<Vec<u32>>,
    /// Cluster of each block.
    clusters: Vec<u32>,
    /// Coordinates of every block, `[blocks · COMPONENTS]`.
    points: Vec<f64>,
}

/// What ended the search: the data, which only means that pairs are drawn uniformly, or an error.
enum Failure {
    Data(AnalysisError),
    Run(TrainError),
}

impl From<AnalysisError> for Failure {
    fn from(error: AnalysisError) -> Self {
        Self::Data(error)
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        Self::Run(error)
    }
}

impl Conformations {
    /// Groups `pairs` of the protein `topology` by the conformation of their first frames. The same stores
    /// and settings give the same groups. The inner error tells why the data cannot carry it.
    ///
    /// # Errors
    /// [`TrainError`] when a store cannot be read, or `go_on` breaks off.
    pub fn find(
        topology: &Topology,
        pairs: &PairIndex,
        stores: &[TrajectoryStore],
        settings: &TrainSettings,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Result<Self, AnalysisError>, TrainError> {
        let mut search = Search { topology, pairs, stores, settings, go_on, looked: 0 };
        match search.run() {
            Ok(found) => Ok(Ok(found)),
            Err(Failure::Data(reason)) => Ok(Err(reason)),
            Err(Failure::Run(error)) => Err(error),
        }
    }

    /// Number of clusters.
    pub fn cluster_count(&self) -> usize {
        self.members.len()
    }

    /// A pair for three uniform random numbers: a cluster, a block of it, a pair of the block.
    pub fn draw(&self, cluster: u32, within: u32, offset: u32) -> usize {
        let members = &self.members[split(cluster, self.members.len()).0];
        let first = members[split(within, members.len()).0] as usize * self.block;
        first + split(offset, self.block.min(self.pairs - first)).0
    }

    /// A pair of cluster `cluster` for a uniform random number.
    pub fn draw_of(&self, cluster: usize, random: u32) -> usize {
        let members = &self.members[cluster];
        members[split(random, members.len()).0] as usize * self.block
    }

    /// The cluster that pair `pair` starts in.
    pub fn cluster_of(&self, pair: usize) -> usize {
        self.clusters[pair / self.block] as usize
    }

    /// Some pairs of `cluster`, evenly spread over it, `most` at most.
    pub fn some_of(&self, cluster: usize, most: usize) -> impl Iterator<Item = usize> {
        let members = &self.members[cluster];
        members.iter().step_by(members.len().div_ceil(most.max(1)).max(1)).map(|&b| b as usize * self.block)
    }

    /// Coordinates of the conformation that pair `pair` starts from.
    fn point(&self, pair: usize) -> [f64; COMPONENTS] {
        let at = pair / self.block * COMPONENTS;
        [self.points[at], self.points[at + 1]]
    }
}

/// What uniform and enhanced draws see of one protein, for Figure 8.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// Name of the protein.
    pub protein: String,
    /// First two slow components, without unit, of the first frames of pairs drawn uniformly.
    pub uniform: Vec<[f64; 2]>,
    /// The same of pairs drawn by cluster.
    pub enhanced: Vec<[f64; 2]>,
    /// Share of all training pairs that each cluster holds, falling. By cluster, each is drawn alike.
    pub cluster_shares: Vec<f64>,
}

impl Conformations {
    /// Draws `count` pairs either way with the numbers of `random`.
    pub fn coverage(&self, protein: &str, count: usize, random: &Noise) -> Coverage {
        let (mut uniform, mut enhanced) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for k in 0..count {
            let bits = random.bits([k as u32, 0, 0, 0]);
            uniform.push(self.point(split(bits[0], self.pairs).0));
            enhanced.push(self.point(self.draw(bits[1], bits[2], bits[3])));
        }
        let blocks: usize = self.members.iter().map(Vec::len).sum();
        let mut cluster_shares: Vec<f64> =
            self.members.iter().map(|members| members.len() as f64 / blocks as f64).collect();
        cluster_shares.sort_by(|a, b| b.total_cmp(a));
        Coverage { protein: protein.to_owned(), uniform, enhanced, cluster_shares }
    }
}

struct Search<'a> {
    topology: &'a Topology,
    pairs: &'a PairIndex,
    stores: &'a [TrajectoryStore],
    settings: &'a TrainSettings,
    go_on: &'a mut dyn FnMut() -> ControlFlow<()>,
    looked: usize,
}

impl Search<'_> {
    fn run(&mut self) -> Result<Conformations, Failure> {
        let clusters = self.settings.clusters;
        if self.pairs.len() < 2 * clusters {
            let points = self.pairs.len();
            return Err(AnalysisError::TooFewPoints { clusters, points }.into());
        }
        let basis = self.fit_basis()?;
        let block = self.pairs.len().div_ceil(MOST_BLOCKS);
        let blocks = self.pairs.len().div_ceil(block);
        let mut points = Vec::with_capacity(blocks * COMPONENTS);
        let mut positions = vec![[0.0; 3]; self.topology.atom_count()];
        for at in 0..blocks {
            self.look()?;
            let (store, frame) = self.pairs.get(at * block);
            self.stores[store].read_frame(frame, &mut positions).map_err(TrainError::from)?;
            points.extend(basis.project(self.topology, &positions));
        }
        let thinned = thin(&points, blocks.div_ceil(MOST_FITTED));
        let fitted = kmeans(&thinned, COMPONENTS, clusters, self.settings.seed, self.go_on)?
            .ok_or(TrainError::Cancelled)?;
        let mut members = vec![Vec::new(); clusters];
        for (at, point) in points.chunks_exact(COMPONENTS).enumerate() {
            self.look()?;
            members[fitted.assign(point)].push(at as u32);
        }
        members.retain(|blocks| !blocks.is_empty());
        let mut of_block = vec![0; blocks];
        for (cluster, blocks) in members.iter().enumerate() {
            blocks.iter().for_each(|&block| of_block[block as usize] = cluster as u32);
        }
        Ok(Conformations { block, pairs: self.pairs.len(), members, clusters: of_block, points })
    }

    /// TICA over first frames of training pairs and the frames one TICA lag later, where those are first
    /// frames of the same trajectory too, so that nothing held out or skipped enters.
    fn fit_basis(&mut self) -> Result<TicaBasis, Failure> {
        let settings = TicaSettings {
            lag_ps: self.settings.cluster_lag_ps,
            components: COMPONENTS,
            ..TicaSettings::default()
        };
        // Stores differ in their intervals: each has its own lag in frames, and the fit counts in lags.
        let mut fit = TicaFit::new(self.topology, settings.lag_ps, settings)?;
        let features = fit.features().len();
        let most = ((MOMENT_BUDGET / (features * features) as f64) as usize).min(MOST_TICA_PAIRS);
        let stride = self.pairs.len().div_ceil(most.max(1));
        let mut earlier = vec![[0.0; 3]; self.topology.atom_count()];
        let mut later = earlier.clone();
        for at in (0..self.pairs.len()).step_by(stride) {
            let (store, frame) = self.pairs.get(at);
            let store = &self.stores[store];
            let lag = (self.settings.cluster_lag_ps / store.interval_ps()).round().max(1.0) as usize;
            if lag > self.pairs.following(at) {
                continue;
            }
            self.look()?;
            store.read_frame(frame, &mut earlier).map_err(TrainError::from)?;
            store.read_frame(frame + lag, &mut later).map_err(TrainError::from)?;
            let (x, y) = (
                fit.features().measure(self.topology, &earlier),
                fit.features().measure(self.topology, &later),
            );
            fit.push_pair(&x, &y)?;
        }
        // Fewer pairs than features leave directions that look infinitely slow.
        let needed = features as u64;
        if fit.pair_count() < needed {
            return Err(AnalysisError::TooFewFrames { have: fit.pair_count(), needed }.into());
        }
        let basis = fit.fit(None)?;
        if basis.len() < COMPONENTS {
            return Err(AnalysisError::ConstantFeatures { features }.into());
        }
        Ok(basis)
    }

    fn look(&mut self) -> Result<(), TrainError> {
        self.looked += 1;
        if self.looked.is_multiple_of(LOOK_EVERY) && (self.go_on)().is_break() {
            return Err(TrainError::Cancelled);
        }
        Ok(())
    }
}

/// Every `stride`-th point.
fn thin(points: &[f64], stride: usize) -> Vec<f64> {
    points.chunks_exact(COMPONENTS).step_by(stride.max(1)).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::random::Stream;
    use crate::structure::ResidueType;
    use crate::test_support::{chain, write_store};
    use crate::training::dataset::PairChances;
    use crate::training::{PairDataset, PairSampling};

    const FRAMES: usize = 1600;

    fn is_rare(frame: usize) -> bool {
        frame % 400 >= 380
    }

    /// A chain that is straight for most of the time and folded for a twentieth of it.
    fn frame(topology: &Topology, t: usize) -> Vec<[f32; 3]> {
        let bend = if is_rare(t) { 0.9 } else { 0.1 } + 0.03 * (1.7 * t as f32).sin();
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

    /// Two trajectories of a peptide of `residues` alanines, a frame every ps.
    fn store(folder: &Path, residues: usize) -> PathBuf {
        let topology = chain(&format!("A{residues}"), vec![ResidueType::Ala; residues]);
        let path = folder.join(format!("{}.store.safetensors", topology.name));
        let frames: Vec<_> = (0..FRAMES).map(|t| frame(&topology, t)).collect();
        write_store(&path, &topology, &[frames.clone(), frames], false);
        path
    }

    fn settings() -> TrainSettings {
        TrainSettings {
            lag_ps: 1.0,
            clusters: 2,
            cluster_lag_ps: 5.0,
            validation_fraction: 0.5,
            torsion_share: 0.0,
            ..TrainSettings::default()
        }
    }

    fn open(stores: &[PathBuf], settings: &TrainSettings) -> PairDataset {
        PairDataset::open(stores, settings, &mut || ControlFlow::Continue(())).unwrap()
    }

    /// The random numbers of `count` pairs.
    fn chances(count: u32) -> impl Iterator<Item = PairChances> {
        let random = Noise::new(3, Stream::Training);
        (0..count).map(move |k| random.bits([k, 0, 0, 0])).map(|[within, cluster, offset, enhanced]| {
            let direction = enhanced.reverse_bits();
            PairChances { within, cluster, offset, enhanced, direction }
        })
    }

    /// Store, frame of the source and direction of 2,000 pairs.
    fn drawn(stores: &[PathBuf], settings: &TrainSettings) -> Vec<(usize, usize, bool)> {
        let data = open(stores, settings);
        chances(2000).map(|c| data.drawn(c)).map(|d| (d.store, d.frame, d.backwards)).collect()
    }

    /// All distances between Cα, Å: what centering and superposition leave as they were.
    fn distances(positions: &[[f32; 3]]) -> Vec<f32> {
        let ends = (0..positions.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let squared = |(i, j): (usize, usize)| -> f32 {
            (0..3).map(|axis| (positions[i][axis] - positions[j][axis]).powi(2)).sum()
        };
        ends.map(|pair| squared(pair).sqrt()).collect()
    }

    #[test]
    fn rare_conformations_are_drawn_as_often_as_common_ones_and_nothing_held_out_is() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        let enhanced = drawn(&stores, &settings());
        assert_eq!(enhanced, drawn(&stores, &settings()), "the same clusters when a run is resumed");
        let uniform = drawn(&stores, &TrainSettings { pairs: PairSampling::Uniform, ..settings() });
        let rare = |draws: &[(usize, usize, bool)]| draws.iter().filter(|d| is_rare(d.1 % FRAMES)).count();
        // Of 2000 draws a half, five standard deviations of 22 about it; and a twentieth, of 10.
        assert!(rare(&enhanced).abs_diff(1000) < 110, "{}", rare(&enhanced));
        assert!(rare(&uniform).abs_diff(100) < 50, "{}", rare(&uniform));
        let trajectory = enhanced[0].1 / FRAMES;
        assert!(enhanced.iter().chain(&uniform).all(|d| d.1 / FRAMES == trajectory && !d.2));
        // Half by cluster and half of all: the mean of a half and a twentieth.
        let mixed = drawn(&stores, &TrainSettings { enhanced_share: 0.5, ..settings() });
        assert!(rare(&mixed).abs_diff(550) < 110, "{}", rare(&mixed));
    }

    #[test]
    fn half_of_the_pairs_run_backwards_where_something_came_before() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        let forwards = drawn(&stores, &settings());
        let both = drawn(&stores, &TrainSettings { time_reversal: true, ..settings() });
        let sources = |draws: &[(usize, usize, bool)]| draws.iter().map(|d| d.1).collect::<Vec<_>>();
        assert_eq!(sources(&forwards), sources(&both), "what starts a pair does not depend on its direction");
        let backwards = both.iter().filter(|d| d.2).count();
        assert!(backwards.abs_diff(1000) < 110, "{backwards}");
    }

    /// Frames of the store are told apart by their shapes.
    #[test]
    fn a_pair_is_the_frames_one_lag_apart_in_its_direction() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        let topology = TrajectoryStore::open(&stores[0]).unwrap().topology().clone();
        let shapes: Vec<Vec<f32>> = (0..FRAMES)
            .map(|t| frame(&topology, t))
            .map(|atoms| distances(&(0..6).map(|residue| atoms[topology.ca(residue)]).collect::<Vec<_>>()))
            .collect();
        let which = |positions: &[[f32; 3]]| {
            let own = distances(positions);
            let off = |t: usize| own.iter().zip(&shapes[t]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let nearest = (0..FRAMES).min_by(|&a, &b| off(a).total_cmp(&off(b))).unwrap();
            assert!(off(nearest) < 1e-4, "{} Å off", off(nearest));
            nearest
        };
        for (lag, pairs) in [(1, PairSampling::Enhanced), (700, PairSampling::Uniform)] {
            for time_reversal in [false, true] {
                let settings = TrainSettings { lag_ps: lag as f64, pairs, time_reversal, ..settings() };
                let data = open(&stores, &settings);
                let mut backwards = 0;
                for chances in chances(60) {
                    let (drawn, pair) = (data.drawn(chances), data.training_pair(chances).unwrap());
                    let source = drawn.frame % FRAMES;
                    let target = if drawn.backwards { source - lag } else { source + lag };
                    assert_eq!(which(&pair.source.positions_angstrom), source);
                    assert_eq!(which(&pair.target.positions_angstrom), target, "from {source} by {lag}");
                    backwards += usize::from(drawn.backwards);
                }
                assert_eq!(backwards > 0, time_reversal, "{backwards} of 60 backwards at a lag of {lag}");
            }
        }
    }

    #[test]
    fn pairs_run_backwards_as_soon_as_a_lag_of_frames_came_before() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        let lag = TrainSettings { lag_ps: 700.0, time_reversal: true, ..settings() };
        for (skip_ps, first, last) in [(0.0, 700, 899), (100.0, 800, 899)] {
            for pairs in [PairSampling::Enhanced, PairSampling::Uniform] {
                let data = open(&stores, &TrainSettings { skip_ps, pairs, ..lag.clone() });
                // Every frame is the source of some ten pairs at least.
                let draws: Vec<_> = chances(20_000).map(|c| data.drawn(c)).collect();
                let backwards = draws.iter().filter(|d| d.backwards).map(|d| d.frame % FRAMES);
                assert_eq!((backwards.clone().min(), backwards.clone().max()), (Some(first), Some(last)));
                let late = draws.iter().filter(|d| d.frame % FRAMES >= first).count();
                // A half, five standard deviations of at most 71 about it.
                assert!(backwards.count().abs_diff(late / 2) < 355, "of {late}");
            }
        }
    }

    #[test]
    fn every_protein_is_drawn_as_often_as_every_other() {
        let folder = tempfile::tempdir().unwrap();
        let (six, eight) = (store(folder.path(), 6), store(folder.path(), 8));
        let copy = folder.path().join("copy.store.safetensors");
        std::fs::copy(&six, &copy).unwrap();
        for pairs in [PairSampling::Enhanced, PairSampling::Uniform] {
            let settings = TrainSettings { pairs, ..settings() };
            let draws = drawn(&[six.clone(), eight.clone(), copy.clone()], &settings);
            let of = |store: usize| draws.iter().filter(|d| d.0 == store).count();
            assert!(of(1).abs_diff(1000) < 110, "{}", of(1));
            assert!(of(0) > 350 && of(2) > 350, "both stores of one protein: {} and {}", of(0), of(2));
        }
    }

    #[test]
    fn data_that_cannot_carry_clusters_is_drawn_uniformly_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        for settings in [
            TrainSettings { clusters: 1000, ..settings() },
            TrainSettings { cluster_lag_ps: 5000.0, ..settings() },
        ] {
            let data = PairDataset::open(&stores, &settings, &mut || ControlFlow::Continue(())).unwrap();
            assert!(data.notices()[0].contains("uniformly"), "{}", data.notices()[0]);
            assert!(data.coverage(10, 0).is_empty());
        }
    }

    #[test]
    fn the_notice_says_which_share_is_drawn_by_cluster() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        for (enhanced_share, words) in
            [(1.0, "; clusters drawn alike"), (0.25, " for a share of 0.25, pairs for the rest")]
        {
            let data = open(&stores, &TrainSettings { enhanced_share, ..settings() });
            assert!(data.notices()[0].ends_with(words), "{}", data.notices()[0]);
        }
    }

    #[test]
    fn a_break_ends_the_search_wherever_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        // Whether the search was broken off, and how often it asked.
        let search = |stop_at| {
            let mut asked = 0;
            let opened = PairDataset::open(&stores, &settings(), &mut || {
                asked += 1;
                if asked == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match opened {
                Ok(_) => (false, asked),
                Err(TrainError::Cancelled) => (true, asked),
                Err(error) => panic!("{error}"),
            }
        };
        let (broken_off, all) = search(usize::MAX);
        assert!(!broken_off);
        // Pairs for TICA, frames that are projected and put into clusters, and an iteration of k-means.
        assert!(all > (3 * FRAMES - 10) / LOOK_EVERY, "{all}");
        for stop_at in 1..=all {
            assert_eq!(search(stop_at), (true, stop_at));
        }
    }

    #[test]
    fn the_figure_shows_what_is_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [store(folder.path(), 6)];
        let data = PairDataset::open(&stores, &settings(), &mut || ControlFlow::Continue(())).unwrap();
        let coverage = &data.coverage(2000, 1)[0];
        assert_eq!((coverage.uniform.len(), coverage.enhanced.len()), (2000, 2000));
        assert!((coverage.cluster_shares[0] - 0.95).abs() < 0.01, "{:?}", coverage.cluster_shares);
        let far = |points: &[[f64; 2]]| {
            let middle = points.iter().map(|p| p[0]).sum::<f64>() / points.len() as f64;
            points.iter().map(|p| (p[0] - middle).powi(2)).sum::<f64>() / points.len() as f64
        };
        assert!(far(&coverage.enhanced) > 3.0 * far(&coverage.uniform));
    }
}
