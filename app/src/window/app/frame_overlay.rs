//! Many frames at once, as ribbons beside a ribbon and else as thin backbones: of the whole run, or of the basin, state,
//! cluster or rectangle that is selected. Superposed as the frame on screen is; early frames are pale, late ones have the
//! color of the run. Atoms that are isolated or drawn as sticks are so in all of them.

use std::sync::Arc;

use equijump_engine::analysis::dssp;
use equijump_engine::observe::landscape::FrameGroup;

use super::EquiJumpApp;
use crate::viewport::{Conformation, SecondaryStructureClass};
use crate::window::ghost::{Ghost, Overlay, faded};
use crate::window::theme;

/// Frames drawn at most; more are a cloud in which no chain can be followed.
const MOST_FRAMES: usize = 40;
/// Residues drawn at most, of all frames together, so that a large protein still turns smoothly.
const MOST_RESIDUES: usize = 20_000;
/// A growing run is overlaid anew when it has so many times the frames.
const GROWTH: f64 = 1.25;

/// Replica and number of at most `most` frames, evenly spread over all of `frames`, the first and the last among them.
fn spread(frames: &[u64], most: usize, frame: impl Fn(usize, u64) -> Option<u64>) -> Vec<(usize, u64)> {
    let total: u64 = frames.iter().sum();
    let count = total.min(most as u64);
    let place = |k: u64| if count > 1 { k * (total - 1) / (count - 1) } else { 0 };
    let mut chosen = Vec::with_capacity(count as usize);
    for mut at in (0..count).map(place) {
        for (replica, &own) in frames.iter().enumerate() {
            if at < own {
                chosen.extend(frame(replica, at).map(|number| (replica, number)));
                break;
            }
            at -= own;
        }
    }
    chosen
}

impl EquiJumpApp {
    /// The frames to be overlaid; what they are is kept for the caption.
    pub(in crate::window) fn overlaid_frames(&mut self) -> Vec<Conformation> {
        let (overlay, conformations) = self.overlay_frames().unwrap_or_default();
        self.ghost = Ghost::Overlay(overlay);
        conformations
    }

    fn overlay_frames(&self) -> Option<(Overlay, Vec<Conformation>)> {
        let (run, opened) = (self.project.run.as_ref()?, self.project.opened.as_ref()?);
        let history = run.history()?;
        let residues = opened.structure.topology.residue_count().max(1);
        let most = (MOST_RESIDUES / residues).clamp(2, MOST_FRAMES);
        let replicas = history.replica_count();
        let selected = self.frames_selected(replicas);
        let chosen = match &selected {
            Some(FrameGroup { frames, .. }) => {
                let counts: Vec<u64> = frames.iter().map(|own| own.len() as u64).collect();
                spread(&counts, most, |replica, at| frames.get(replica)?.get(at as usize).copied())
            }
            None => spread(&vec![history.len(); replicas], most, |_, at| Some(at)),
        };
        let of = match &selected {
            Some(group) => group.frames.iter().map(|own| own.len() as u64).sum(),
            None => history.len() * replicas as u64,
        };
        let latest = chosen.iter().map(|(_, number)| *number).max().unwrap_or(0).max(1);
        let color = theme::run_color(run.number, false);
        let mut conformations = Vec::with_capacity(chosen.len());
        for (replica, number) in chosen {
            match history.read(number, replica) {
                Ok(positions) => {
                    let shown = self.project.displayed(&Arc::new(positions), self.preferences.superpose);
                    let time = number as f32 / latest as f32;
                    let structure = dssp(&opened.structure.topology, &shown);
                    conformations.push(Conformation {
                        positions_angstrom: shown.to_vec(),
                        color: faded([color.r(), color.g(), color.b()], time),
                        structure: structure.into_iter().map(SecondaryStructureClass::from).collect(),
                    });
                }
                Err(error) => log::warn!("frame {number} of the overlay: {error}"),
            }
        }
        let name = selected.map_or_else(|| format!("run {}", run.number), |group| group.name);
        let made_of = Some((run.number, history.len()));
        Some((Overlay { name, frames: conformations.len(), of, made_of }, conformations))
    }

    /// Whether the run has grown so much since it was overlaid, or is another one, that it should be anew.
    pub(in crate::window) fn overlay_has_aged(&self) -> bool {
        let (Ghost::Overlay(overlay), Some(run)) = (&self.ghost, &self.project.run) else { return false };
        let frames = run.history().map_or(0, |history| history.len());
        match overlay.made_of {
            Some((number, _)) if number != run.number => true,
            Some((_, before)) => frames as f64 > GROWTH * before as f64,
            None => frames > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_spread_over_all_replicas_from_the_first_to_the_last() {
        let all = |_: usize, at: u64| Some(at);
        assert_eq!(spread(&[5, 5], 4, all), [(0, 0), (0, 3), (1, 1), (1, 4)]);
        assert_eq!(spread(&[2, 0, 1], 40, all), [(0, 0), (0, 1), (2, 0)], "few are all taken");
        assert_eq!(spread(&[300_000], 3, all), [(0, 0), (0, 149_999), (0, 299_999)]);
        assert!(spread(&[0, 0], 40, all).is_empty() && spread(&[], 40, all).is_empty());
        let own = [vec![7, 9], vec![100]];
        let of_group = |replica: usize, at: u64| own[replica].get(at as usize).copied();
        assert_eq!(spread(&[2, 1], 40, of_group), [(0, 7), (0, 9), (1, 100)]);
    }
}
