//! Conditioner and headers together.

use std::sync::Arc;

use super::team::Team;
use super::trunk::{Trunk, TrunkCache};
use crate::network::inputs::carried::{CARRIED_SCALARS, CARRIED_VECTORS, CarriedFeatures};
use crate::network::inputs::strain::{STRAIN_SCALARS, STRAIN_VECTORS, StrainFeatures};
use crate::network::inputs::{
    self, CHAIN_FRAME_SCALARS, CloudFeatures, DISPLACEMENT_FRAME_SCALARS, DISPLACEMENTS,
    DisplacementFeatures, ESTIMATE_SCALARS, ESTIMATE_VECTORS, EstimateFeatures, FEATURES, LatentBatch,
    SOURCE_FRAME_SCALARS, TORSION_SCALARS, chain_frame_scalars, displacement_frame_scalars,
    source_frame_scalars, time_embedding, torsion_scalars,
};
use crate::network::parameters::header_outputs;
use crate::network::{CloudBatch, NeighborGraph, NetworkConfig, ParameterLayout, SequenceBatch};
use crate::structure::{ResidueType, SLOTS};

/// The network on the CPU. Holds weights and shapes only; everything that changes is in a [`Workspace`].
pub struct FusedModel {
    config: NetworkConfig,
    layout: Arc<ParameterLayout>,
    conditioner: Trunk,
    headers: Vec<Trunk>,
}

/// What the headers know of the source conformation, made once per frame.
#[derive(Clone, Debug, Default)]
pub struct Conditioned {
    /// `[R, H]`.
    pub scalars: Vec<f32>,
    /// `[R, 3, H]`.
    pub vectors: Vec<f32>,
    /// Which row of those a row of the headers goes by, where several latent clouds share one source; empty where
    /// each row has its own.
    pub shared_rows: Vec<usize>,
}

impl Conditioned {
    /// The row of the source for a row of the headers.
    fn row(&self, row: usize) -> usize {
        self.shared_rows.get(row).copied().unwrap_or(row)
    }
}

/// What a header call is about: labels, source, latent cloud and times.
#[derive(Clone, Copy)]
pub struct HeaderContext<'a> {
    /// Labels and row ranges.
    pub sequence: &'a SequenceBatch,
    /// X^t.
    pub source: &'a CloudBatch,
    /// X_τ.
    pub latent: &'a CloudBatch,
    /// τ per protein, `[B]`.
    pub tau: &'a [f32],
    /// The jump that the evaluation before gave.
    pub estimate: Option<&'a CloudBatch>,
    /// The conditioner's output for the source.
    pub conditioned: &'a Conditioned,
}

/// Buffers for one caller, and threads that help it. Cheap to make, expensive to grow: keep it.
#[derive(Default)]
pub struct Workspace {
    team: Team,
    features: CloudFeatures,
    strain: StrainFeatures,
    displacements: DisplacementFeatures,
    torsions: Vec<f32>,
    source_torsions: Vec<f32>,
    frame: Vec<f32>,
    source_features: CloudFeatures,
    source_frame: Vec<f32>,
    chain_frame: Vec<f32>,
    carried: CarriedFeatures,
    estimate: EstimateFeatures,
    source_graph: NeighborGraph,
    latent_graph: NeighborGraph,
    condition_s: Vec<f32>,
    condition_v: Vec<f32>,
    header_s: Vec<f32>,
    header_v: Vec<f32>,
    conditioner: TrunkCache,
    headers: Vec<TrunkCache>,
    no_scalars: Vec<Vec<f32>>,
    dheader_s: Vec<f32>,
    dheader_v: Vec<f32>,
    dcondition_s: Vec<f32>,
    dcondition_v: Vec<f32>,
    dinput_s: Vec<f32>,
    dinput_v: Vec<f32>,
    /// Output of each header, `[R, 3, outputs]`, scaled by σ and masked.
    pub outputs: Vec<Vec<f32>>,
}

/// One header's part of an evaluation.
struct HeaderPass<'a> {
    trunk: &'a Trunk,
    cache: &'a mut TrunkCache,
    scalars: &'a mut Vec<f32>,
    output: &'a mut Vec<f32>,
}

impl Workspace {
    /// Passes that are not for training run on up to `threads` threads from now on. The results are those of one
    /// thread, bit for bit.
    pub fn use_threads(&mut self, threads: usize) {
        if self.team.threads() != threads.max(1) {
            self.team = Team::new(threads);
        }
    }
}

impl FusedModel {
    /// The network of `config`.
    pub fn new(config: &NetworkConfig) -> Self {
        let layout = Arc::new(ParameterLayout::new(config));
        let h = config.multiplicity;
        let conditioner = Trunk::new(
            config,
            &layout,
            "conditioner",
            config.conditioner_layers,
            (inputs::conditioner_scalars(config), inputs::CONDITIONER_VECTORS),
            (h, h),
        );
        let input = (inputs::header_scalars(config), inputs::header_vectors(config));
        let headers = header_outputs(config)
            .iter()
            .map(|&(name, n)| Trunk::new(config, &layout, name, config.header_layers, input, (0, n)))
            .collect();
        Self { config: config.clone(), layout, conditioner, headers }
    }

    /// Hyperparameters.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Names and places of the parameters.
    pub fn layout(&self) -> &Arc<ParameterLayout> {
        &self.layout
    }

    /// Floating-point operations of the matrix products of one frame: the conditioner once and all headers
    /// `header_calls` times, on proteins of `rows` residues altogether, `residues` each.
    pub fn product_flops(&self, rows: usize, residues: usize, header_calls: usize) -> f64 {
        let edges = rows * self.config.neighbors.min(residues.saturating_sub(1));
        let conditioner = self.conditioner.macs(rows, edges);
        let headers: usize = self.headers.iter().map(|t| t.macs(rows, edges)).sum();
        2.0 * (conditioner as f64 + headers as f64 * header_calls as f64)
    }

    /// Runs the conditioner on the source conformation, `parameters` being the flat vector.
    pub fn condition(
        &self,
        parameters: &[f32],
        workspace: &mut Workspace,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        out: &mut Conditioned,
        train: bool,
    ) {
        let rows = sequence.rows();
        let w = &mut *workspace;
        let (torsion_inputs, frame_inputs) = (self.config.torsion_inputs, self.config.frame_inputs);
        w.features.update(sequence, source);
        if torsion_inputs {
            torsion_scalars(sequence, source, &mut w.torsions);
        }
        if frame_inputs {
            source_frame_scalars(source, &w.features, &mut w.frame);
        }
        w.source_graph.update(&self.config, &source.positions, &sequence.starts);
        w.condition_s.clear();
        for row in 0..rows {
            let mut label = [0.0; ResidueType::COUNT];
            label[sequence.residues[row].index()] = (ResidueType::COUNT as f32).sqrt();
            w.condition_s.extend_from_slice(&label);
            w.condition_s.extend_from_slice(&w.features.lengths[row * FEATURES..][..FEATURES]);
            if torsion_inputs {
                w.condition_s.extend_from_slice(&w.torsions[row * TORSION_SCALARS..][..TORSION_SCALARS]);
            }
            if frame_inputs {
                let frame = &w.frame[row * SOURCE_FRAME_SCALARS..][..SOURCE_FRAME_SCALARS];
                w.condition_s.extend_from_slice(frame);
            }
        }
        w.condition_v.clone_from(&w.features.vectors);
        let input = (&w.condition_s[..], &w.condition_v[..]);
        let output = (&mut out.scalars, &mut out.vectors);
        let (cache, graph) = (&mut w.conditioner, &w.source_graph);
        if train {
            self.conditioner.forward(parameters, cache, graph, input, output, true);
        } else {
            self.conditioner.forward_by_rows(&mut w.team, parameters, cache, graph, input, output);
        }
    }

    /// Runs all headers; the results are in `workspace.outputs`.
    pub fn headers(
        &self,
        parameters: &[f32],
        workspace: &mut Workspace,
        context: &HeaderContext<'_>,
        train: bool,
    ) {
        let w = &mut *workspace;
        self.header_features(w, context);
        self.header_inputs(w, context);
        w.headers.resize_with(self.headers.len(), TrunkCache::default);
        w.outputs.resize_with(self.headers.len(), Vec::new);
        w.no_scalars.resize_with(self.headers.len(), Vec::new);
        let (graph, input) = (&w.latent_graph, (&w.header_s[..], &w.header_v[..]));
        let buffers = w.headers.iter_mut().zip(&mut w.no_scalars).zip(&mut w.outputs);
        let mut passes: Vec<HeaderPass<'_>> = self
            .headers
            .iter()
            .zip(buffers)
            .map(|(trunk, ((cache, scalars), output))| HeaderPass { trunk, cache, scalars, output })
            .collect();
        // Headers know nothing of each other, so that threads need not wait where each has as many.
        if train || passes.len().is_multiple_of(w.team.threads()) {
            w.team.for_each(&mut passes, |_, pass| {
                let out = (&mut *pass.scalars, &mut *pass.output);
                pass.trunk.forward(parameters, pass.cache, graph, input, out, train);
                self.scale_and_mask(context.sequence, pass.trunk.output().1, pass.output);
            });
        } else {
            for pass in &mut passes {
                let out = (&mut *pass.scalars, &mut *pass.output);
                pass.trunk.forward_by_rows(&mut w.team, parameters, pass.cache, graph, input, out);
                self.scale_and_mask(context.sequence, pass.trunk.output().1, pass.output);
            }
        }
    }

    /// What follows directly from the latent cloud: features, strain, displacements, neighbors.
    fn header_features(&self, w: &mut Workspace, context: &HeaderContext<'_>) {
        let HeaderContext { sequence, source, latent, tau, .. } = *context;
        let batch = LatentBatch { config: &self.config, sequence, source, latent, tau };
        let Workspace {
            team,
            features,
            strain,
            displacements,
            torsions,
            source_torsions,
            frame,
            source_features,
            source_frame,
            chain_frame,
            carried,
            estimate,
            latent_graph,
            ..
        } = w;
        let mut graph = || latent_graph.update(&self.config, &latent.positions, &sequence.starts);
        let mut others = || {
            features.update(sequence, latent);
            if self.config.displacement_inputs {
                displacements.update(batch);
                if self.config.frame_inputs {
                    displacement_frame_scalars(source, displacements, frame);
                }
            }
            if self.config.torsion_inputs {
                torsion_scalars(sequence, latent, torsions);
            }
            if self.config.source_torsion_inputs {
                torsion_scalars(sequence, source, source_torsions);
            }
            if self.config.source_frame_inputs {
                source_features.update(sequence, source);
                source_frame_scalars(source, source_features, source_frame);
                let both = (&*source_features, &*features);
                chain_frame_scalars(batch, both, chain_frame);
            }
            if self.config.estimate_inputs {
                estimate.update(sequence, source, context.estimate);
            }
        };
        let mut carried = || {
            if self.config.carried_inputs {
                carried.update(batch);
            }
        };
        let mut strain = || {
            if self.config.strain_inputs {
                strain.update(sequence, latent);
            }
        };
        // The longest ones first.
        let mut items: [&mut (dyn FnMut() + Send); 4] = [&mut strain, &mut carried, &mut graph, &mut others];
        team.for_each(&mut items, |_, item| item());
    }

    /// Given `gradients` with respect to `workspace.outputs` of a training-mode pass (consumed as scratch),
    /// adds the gradient of all parameters to `grad`.
    pub fn backward(
        &self,
        parameters: &[f32],
        workspace: &mut Workspace,
        (sequence, conditioned): (&SequenceBatch, &Conditioned),
        gradients: &mut [Vec<f32>],
        grad: &mut [f32],
    ) {
        let h = self.config.multiplicity;
        let rows = sequence.rows();
        let (width_s, width_v) = (inputs::header_scalars(&self.config), inputs::header_vectors(&self.config));
        let w = &mut *workspace;
        super::simd::zeroed(&mut w.dheader_s, rows * width_s);
        super::simd::zeroed(&mut w.dheader_v, rows * 3 * width_v);
        for ((trunk, cache), d) in self.headers.iter().zip(&mut w.headers).zip(gradients) {
            self.scale_and_mask(sequence, trunk.output().1, d);
            trunk.backward(
                parameters,
                cache,
                &w.latent_graph,
                (&w.header_s, &w.header_v),
                (&mut [], d),
                grad,
                (&mut w.dheader_s, &mut w.dheader_v),
            );
        }
        super::simd::zeroed(&mut w.dcondition_s, conditioned.scalars.len());
        super::simd::zeroed(&mut w.dcondition_v, conditioned.vectors.len());
        for row in 0..rows {
            let source = conditioned.row(row);
            let scalars = &w.dheader_s[row * width_s..][self.config.time_bins..][..h];
            add(&mut w.dcondition_s[source * h..][..h], scalars);
            for axis in 0..3 {
                let vectors = &w.dheader_v[(row * 3 + axis) * width_v..][width_v - h..][..h];
                add(&mut w.dcondition_v[(source * 3 + axis) * h..][..h], vectors);
            }
        }
        super::simd::zeroed(&mut w.dinput_s, w.condition_s.len());
        super::simd::zeroed(&mut w.dinput_v, w.condition_v.len());
        self.conditioner.backward(
            parameters,
            &mut w.conditioner,
            &w.source_graph,
            (&w.condition_s, &w.condition_v),
            (&mut w.dcondition_s, &mut w.dcondition_v),
            grad,
            (&mut w.dinput_s, &mut w.dinput_v),
        );
    }

    fn header_inputs(&self, w: &mut Workspace, context: &HeaderContext<'_>) {
        let h = self.config.multiplicity;
        let bins = self.config.time_bins;
        let strain = self.config.strain_inputs;
        let displacements = self.config.displacement_inputs;
        w.header_s.clear();
        w.header_v.clear();
        for (protein, pair) in context.sequence.starts.windows(2).enumerate() {
            let time = time_embedding(bins, self.config.transport.clock_at(context.tau[protein]));
            let still = self.config.transport.still_scale(context.tau[protein]);
            for row in pair[0]..pair[1] {
                let source_row = context.conditioned.row(row);
                let start = w.header_s.len();
                w.header_s.resize(start + bins, 0.0);
                for (bin, value) in time {
                    w.header_s[start + bin] += value;
                }
                w.header_s.extend_from_slice(&context.conditioned.scalars[source_row * h..][..h]);
                w.header_s.extend_from_slice(&w.features.lengths[row * FEATURES..][..FEATURES]);
                if strain {
                    w.header_s.extend_from_slice(&w.strain.scalars[row * STRAIN_SCALARS..][..STRAIN_SCALARS]);
                }
                if displacements {
                    let lengths = &w.displacements.lengths[row * DISPLACEMENTS..][..DISPLACEMENTS];
                    w.header_s.extend_from_slice(lengths);
                }
                if self.config.torsion_inputs {
                    w.header_s.extend_from_slice(&w.torsions[row * TORSION_SCALARS..][..TORSION_SCALARS]);
                }
                if self.config.frame_inputs {
                    let range = row * DISPLACEMENT_FRAME_SCALARS..(row + 1) * DISPLACEMENT_FRAME_SCALARS;
                    w.header_s.extend_from_slice(&w.frame[range]);
                }
                if self.config.source_torsion_inputs {
                    let range = row * TORSION_SCALARS..(row + 1) * TORSION_SCALARS;
                    w.header_s.extend_from_slice(&w.source_torsions[range]);
                }
                if self.config.source_frame_inputs {
                    let source = &w.source_frame[row * SOURCE_FRAME_SCALARS..][..SOURCE_FRAME_SCALARS];
                    w.header_s.extend_from_slice(source);
                    let chain = &w.chain_frame[row * CHAIN_FRAME_SCALARS..][..CHAIN_FRAME_SCALARS];
                    w.header_s.extend_from_slice(chain);
                }
                if self.config.carried_inputs {
                    let range = row * CARRIED_SCALARS..(row + 1) * CARRIED_SCALARS;
                    w.header_s.extend_from_slice(&w.carried.scalars[range]);
                }
                if self.config.estimate_inputs {
                    let range = row * ESTIMATE_SCALARS..(row + 1) * ESTIMATE_SCALARS;
                    w.header_s.extend_from_slice(&w.estimate.scalars[range]);
                }
                for axis in 0..3 {
                    let at = row * 3 + axis;
                    w.header_v.extend_from_slice(&w.features.vectors[at * FEATURES..][..FEATURES]);
                    if strain {
                        let vectors = &w.strain.vectors[at * STRAIN_VECTORS..][..STRAIN_VECTORS];
                        w.header_v.extend_from_slice(vectors);
                    }
                    if displacements {
                        let vectors = &w.displacements.vectors[at * DISPLACEMENTS..][..DISPLACEMENTS];
                        w.header_v.extend_from_slice(vectors);
                    }
                    if self.config.source_frame_inputs {
                        let vectors = &w.source_features.vectors[at * FEATURES..][..FEATURES];
                        w.header_v.extend_from_slice(vectors);
                    }
                    if self.config.carried_inputs {
                        let vectors = &w.carried.vectors[at * CARRIED_VECTORS..][..CARRIED_VECTORS];
                        w.header_v.extend_from_slice(vectors);
                    }
                    if self.config.estimate_inputs {
                        let vectors = &w.estimate.vectors[at * ESTIMATE_VECTORS..][..ESTIMATE_VECTORS];
                        w.header_v.extend_from_slice(vectors);
                    }
                    w.header_v.push(context.latent.positions[at] - still * context.source.positions[at]);
                    w.header_v
                        .extend_from_slice(&context.conditioned.vectors[(source_row * 3 + axis) * h..][..h]);
                }
            }
        }
    }

    /// Multiplies `[R, 3, outputs]` by σ_V or σ_P and by the slot mask; its own transpose, so that it serves
    /// outputs and gradients alike.
    fn scale_and_mask(&self, sequence: &SequenceBatch, outputs: usize, x: &mut [f32]) {
        let vectors = if outputs >= SLOTS { SLOTS } else { 0 };
        for (row, x) in x.chunks_exact_mut(3 * outputs).enumerate() {
            let used = sequence.used_slots[row];
            for x in x.chunks_exact_mut(outputs) {
                for (slot, x) in x[..vectors].iter_mut().enumerate() {
                    *x *= if slot < used { self.config.sigma_vector_angstrom } else { 0.0 };
                }
                for x in &mut x[vectors..] {
                    *x *= self.config.sigma_position_angstrom;
                }
            }
        }
    }
}

fn add(sum: &mut [f32], x: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += x;
    }
}
