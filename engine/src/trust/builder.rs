//! Making trust data from training frames and held-out frames.

use rayon::prelude::*;

use super::descriptor::{Descriptor, descriptors, in_units, squared_steps};
use super::{MOST_REFERENCES, TrustData, nearest, quantiles};
use crate::random::Random;
use crate::structure::{ResidueType, Topology};

/// Candidates for references that are kept of each residue type while frames are read.
const CANDIDATES: usize = 4096;
/// Descriptors of held-out frames that are kept of each residue type.
const HELD_OUT: usize = 2048;
/// Held-out residues of a type that its own scale needs; with fewer it has that of all types together.
const LEAST_OF_TYPE: usize = 200;
/// Proteins that leaving one out needs.
const LEAST_PROTEINS: usize = 3;

/// A random sample of a stream that is as good as if the whole were at hand (reservoir sampling, Vitter's R).
#[derive(Clone, Debug)]
struct Reservoir {
    kept: Vec<(u32, Descriptor)>,
    most: usize,
    seen: usize,
    random: Random,
}

impl Reservoir {
    fn new(most: usize, seed: u64) -> Self {
        Self { kept: Vec::new(), most, seen: 0, random: Random::new(seed) }
    }

    fn add(&mut self, protein: u32, descriptor: Descriptor) {
        self.seen += 1;
        if self.kept.len() < self.most {
            self.kept.push((protein, descriptor));
        } else {
            let place = self.random.index(self.seen);
            if let Some(kept) = self.kept.get_mut(place) {
                *kept = (protein, descriptor);
            }
        }
    }
}

/// Collects frames and makes [`TrustData`] of them.
#[derive(Clone, Debug)]
pub struct TrustBuilder {
    /// By residue type.
    training: Vec<Reservoir>,
    held_out: Vec<Reservoir>,
    proteins: Vec<String>,
    training_frames: usize,
    held_out_frames: usize,
}

impl TrustBuilder {
    /// Nothing collected. The same frames in the same order with the same seed make the same data.
    pub fn new(seed: u64) -> Self {
        let of = |most: usize, salt: u64| {
            (0..ResidueType::COUNT as u64)
                .map(|kind| Reservoir::new(most, seed ^ (salt << 32) ^ kind.wrapping_mul(0x9e37_79b9)))
                .collect()
        };
        Self {
            training: of(CANDIDATES, 1),
            held_out: of(HELD_OUT, 2),
            proteins: Vec::new(),
            training_frames: 0,
            held_out_frames: 0,
        }
    }

    fn protein(&mut self, topology: &Topology) -> u32 {
        let sequence = topology.sequence();
        let known = self.proteins.iter().position(|known| *known == sequence);
        known.unwrap_or_else(|| {
            self.proteins.push(sequence);
            self.proteins.len() - 1
        }) as u32
    }

    /// Adds a frame that is trained on, Å in canonical order.
    pub fn training(&mut self, topology: &Topology, positions_angstrom: &[[f32; 3]]) {
        let protein = self.protein(topology);
        self.training_frames += 1;
        for (residue, descriptor) in topology.residues().iter().zip(descriptors(topology, positions_angstrom))
        {
            self.training[residue.kind.index()].add(protein, descriptor);
        }
    }

    /// Adds a frame that is not trained on, of a protein that is.
    pub fn held_out(&mut self, topology: &Topology, positions_angstrom: &[[f32; 3]]) {
        let protein = self.protein(topology);
        self.held_out_frames += 1;
        for (residue, descriptor) in topology.residues().iter().zip(descriptors(topology, positions_angstrom))
        {
            self.held_out[residue.kind.index()].add(protein, descriptor);
        }
    }

    /// The data; `None` without held-out frames, which the scale comes from.
    pub fn finish(self) -> Option<TrustData> {
        let references: Vec<Vec<(u32, Descriptor)>> =
            self.training.par_iter().map(|candidates| covering(&candidates.kept)).collect();
        let flat: Vec<Vec<i8>> = references
            .iter()
            .map(|chosen| chosen.iter().flat_map(|(_, numbers)| *numbers).collect())
            .collect();
        let distances: Vec<Vec<f32>> = self
            .held_out
            .par_iter()
            .zip(&flat)
            .map(|(of_type, references)| {
                of_type.kept.iter().filter_map(|(_, descriptor)| nearest(references, descriptor)).collect()
            })
            .collect();
        let pooled: Vec<f32> = distances.iter().flatten().copied().collect();
        if pooled.is_empty() {
            return None;
        }
        let of_all = quantiles(pooled);
        let seen = distances.into_iter().map(|of_type| match of_type.len() {
            LEAST_OF_TYPE.. => quantiles(of_type),
            _ => of_all.clone(),
        });
        let mut data = TrustData {
            references: flat,
            seen: seen.collect(),
            left_out: Vec::new(),
            proteins: self.proteins.len(),
            training_frames: self.training_frames,
            held_out_frames: self.held_out_frames,
        };
        if self.proteins.len() >= LEAST_PROTEINS {
            let ratios: Vec<f32> = (0..ResidueType::COUNT)
                .into_par_iter()
                .flat_map_iter(|kind| {
                    let threshold = data.threshold(kind);
                    let of_type = &self.held_out[kind].kept;
                    let references = &references[kind];
                    of_type.iter().map(move |(protein, descriptor)| {
                        let others = references.iter().filter(|(of, _)| of != protein);
                        let nearest = others.map(|(_, other)| squared_steps(other, descriptor)).min();
                        // A type that no other protein has is as far as anything can be.
                        nearest.map_or(f32::MAX, |squared| in_units(squared) / threshold)
                    })
                })
                .collect();
            data.left_out = quantiles(ratios);
        }
        Some(data)
    }
}

/// Descriptors that cover all candidates: each as far as can be from those chosen before it.
fn covering(candidates: &[(u32, Descriptor)]) -> Vec<(u32, Descriptor)> {
    let Some(first) = candidates.first() else { return Vec::new() };
    let mut chosen = vec![*first];
    let mut distance: Vec<i32> = vec![i32::MAX; candidates.len()];
    while chosen.len() < MOST_REFERENCES {
        let (_, newest) = chosen[chosen.len() - 1];
        for (distance, (_, candidate)) in distance.iter_mut().zip(candidates) {
            *distance = (*distance).min(squared_steps(candidate, &newest));
        }
        let farthest = distance.iter().enumerate().max_by_key(|(_, distance)| **distance);
        match farthest {
            Some((index, &distance)) if distance > 0 => chosen.push(candidates[index]),
            // All are covered to the last step.
            _ => break,
        }
    }
    chosen
}
