//! What the ranks of a training do together: divide a step, add up what each made of it, agree on how to go on.

use std::ops::{ControlFlow, Range};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::brief::brief;
use crate::transport::interpolant::TrackLosses;

use super::TrainError;
use super::batch::Draw;
use super::ranks::{Ended, Ranks};

/// What a run does when its caller lets it go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next step.
    GoOn,
    /// First writes the checkpoint of the step that is done, and tells of it. For callers that are about to keep
    /// the run waiting, for longer perhaps than the machine stays on.
    Save,
}

/// The pairs of a step that this rank computes, of all `batch_size`.
pub(super) fn own_pairs(ranks: &dyn Ranks, batch_size: usize) -> Range<usize> {
    let bound = |rank: usize| rank * batch_size / ranks.size();
    bound(ranks.rank())..bound(ranks.rank() + 1)
}

/// `own` where all is well on all ranks. Else an error on every rank: its own, or that of the first rank that has one.
pub(super) fn agree<T>(ranks: &dyn Ranks, own: Result<T, TrainError>) -> Result<T, TrainError> {
    if !ranks.are_several() {
        return own;
    }
    let ended = match &own {
        Ok(_) => Ended::Well,
        Err(TrainError::Cancelled) => Ended::Stopped,
        Err(error) => Ended::Failed(error.to_string()),
    };
    match (own, ranks.worst(&ended)) {
        (own, (_, Ended::Well)) => own,
        (_, (_, Ended::Stopped)) => Err(TrainError::Cancelled),
        (Ok(_) | Err(TrainError::Cancelled), (rank, Ended::Failed(reason))) => {
            Err(TrainError::OtherRank { rank, reason })
        }
        (Err(own), _) => Err(own),
    }
}

/// What the writer passes, on all ranks.
pub(super) fn shared<T: Serialize + DeserializeOwned>(
    ranks: &dyn Ranks,
    of_writer: Option<T>,
) -> Result<T, TrainError> {
    let nothing = || TrainError::Worker("nothing to share".to_owned());
    if !ranks.are_several() {
        return of_writer.ok_or_else(nothing);
    }
    let told = |error: serde_json::Error| TrainError::Worker(brief(error));
    let text = of_writer.as_ref().map(serde_json::to_string).transpose().map_err(told);
    let text = agree(ranks, text)?.unwrap_or_default();
    let text = ranks.share(0, &text);
    let own = of_writer.map_or_else(|| serde_json::from_str(&text).map_err(told), Ok);
    agree(ranks, own)
}

/// How the run goes on where each rank was told how: it stops when one is to stop, saves when one is to save.
pub(super) fn next(ranks: &dyn Ranks, own: ControlFlow<(), Next>) -> ControlFlow<(), Next> {
    let flags = [own.is_break(), own == ControlFlow::Continue(Next::Save)];
    match ranks.any(flags) {
        [true, _] => ControlFlow::Break(()),
        [false, true] => ControlFlow::Continue(Next::Save),
        [false, false] => ControlFlow::Continue(Next::GoOn),
    }
}

/// How much a rank has of a step: losses and gradients are means over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartSize {
    rows: usize,
    atoms: usize,
}

impl PartSize {
    /// The size of `draw`.
    pub fn of(draw: &Draw) -> Self {
        Self { rows: draw.rows(), atoms: draw.atoms() }
    }
}

/// Losses and gradient of a whole step from those of each rank's part of it, which its size tells.
pub(super) fn add_parts(
    ranks: &dyn Ranks,
    (size, losses): (PartSize, TrackLosses),
    gradient: &mut [f32],
) -> TrackLosses {
    if !ranks.are_several() {
        return losses;
    }
    let own = [size.atoms, size.rows, size.atoms - size.rows].map(|count| count as f64);
    let mut whole = own;
    ranks.sum_f64(&mut whole);
    let [of_atoms, of_positions, of_vectors] = [0, 1, 2].map(|k| own[k] / whole[k].max(1.0));
    for number in gradient.iter_mut() {
        *number *= of_atoms as f32;
    }
    ranks.sum_f32(gradient);
    let TrackLosses { total, rigid, positions, vectors, noise_positions, noise_vectors } = losses;
    sum_losses(
        ranks,
        TrackLosses {
            total: of_atoms * total,
            rigid: of_atoms * rigid,
            positions: of_positions * positions,
            vectors: of_vectors * vectors,
            noise_positions: of_positions * noise_positions,
            noise_vectors: of_vectors * noise_vectors,
        },
    )
}

/// The sum of the losses of all ranks.
pub(super) fn sum_losses(ranks: &dyn Ranks, own: TrackLosses) -> TrackLosses {
    let TrackLosses { total, rigid, positions, vectors, noise_positions, noise_vectors } = own;
    let mut numbers = [total, rigid, positions, vectors, noise_positions, noise_vectors];
    ranks.sum_f64(&mut numbers);
    let [total, rigid, positions, vectors, noise_positions, noise_vectors] = numbers;
    TrackLosses { total, rigid, positions, vectors, noise_positions, noise_vectors }
}

/// Gives all ranks the numbers of the writer. Processors of two kinds may round a power differently; whoever resumes
/// from a checkpoint goes on from what every rank has.
pub(super) fn align<'a>(ranks: &dyn Ranks, vectors: impl IntoIterator<Item = &'a mut [f32]>) {
    if !ranks.are_several() {
        return;
    }
    for numbers in vectors {
        if !ranks.is_writer() {
            numbers.fill(0.0);
        }
        ranks.sum_f32(numbers);
    }
}
