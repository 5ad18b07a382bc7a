//! Trainings on several ranks, which are threads here, against one; MPI takes no part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::ranks::{Ended, Ranks, Single};
use super::tests::{request, store};
use super::trainer::{CHECKPOINT_FILE, train_on};
use super::weights::initial_weights;
use super::*;
use crate::network::ParameterLayout;

/// Where the ranks of one training meet.
#[derive(Default)]
struct Meeting {
    round: Mutex<Round>,
    changed: Condvar,
}

#[derive(Default)]
struct Round {
    number: u64,
    brought: Vec<Option<Vec<f64>>>,
    result: Vec<f64>,
}

struct ThreadRank {
    rank: usize,
    size: usize,
    meeting: Arc<Meeting>,
}

fn thread_ranks(size: usize) -> Vec<ThreadRank> {
    let meeting = Arc::new(Meeting::default());
    meeting.round.lock().unwrap().brought = vec![None; size];
    (0..size).map(|rank| ThreadRank { rank, size, meeting: meeting.clone() }).collect()
}

impl ThreadRank {
    /// Adds up in the order of the ranks, with `add`.
    fn sum(&self, numbers: Vec<f64>, add: fn(f64, f64) -> f64) -> Vec<f64> {
        let mut round = self.meeting.round.lock().unwrap();
        let own = round.number;
        assert!(round.brought[self.rank].replace(numbers).is_none());
        if round.brought.iter().all(Option::is_some) {
            let all: Vec<Vec<f64>> = round.brought.iter_mut().map(|b| b.take().unwrap()).collect();
            assert!(all.iter().all(|b| b.len() == all[0].len()), "all ranks make the same call");
            round.result = all
                .into_iter()
                .reduce(|sum, next| sum.into_iter().zip(next).map(|(a, b)| add(a, b)).collect())
                .unwrap();
            round.number += 1;
            self.meeting.changed.notify_all();
        }
        while round.number == own {
            let (next, waited) = self.meeting.changed.wait_timeout(round, Duration::from_secs(60)).unwrap();
            assert!(!waited.timed_out(), "rank {} waits for the others", self.rank);
            round = next;
        }
        round.result.clone()
    }
}

impl Ranks for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn sum_f32(&self, numbers: &mut [f32]) {
        let own = numbers.iter().map(|&number| f64::from(number)).collect();
        let sum = self.sum(own, |a, b| f64::from(a as f32 + b as f32));
        numbers.iter_mut().zip(sum).for_each(|(number, sum)| *number = sum as f32);
    }

    fn sum_f64(&self, numbers: &mut [f64]) {
        numbers.copy_from_slice(&self.sum(numbers.to_vec(), |a, b| a + b));
    }
}

/// What a rank saw of its training.
struct Seen {
    result: Result<TrainOutcome, TrainError>,
    steps: Vec<TrainProgress>,
    notices: usize,
}

/// The training on `ranks` ranks, each with a request of its own, which stops where `stops` says so.
fn on_ranks(
    ranks: usize,
    request: &(impl Fn(usize) -> TrainRequest + Sync),
    stops: &(impl Fn(usize, u64) -> bool + Sync),
) -> Vec<Seen> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = thread_ranks(ranks)
            .into_iter()
            .map(|own| {
                scope.spawn(move || {
                    let (mut steps, mut notices) = (Vec::new(), 0);
                    let result = train_on(&own, &request(own.rank), &mut |update| {
                        match update {
                            TrainUpdate::Notice(_) => notices += 1,
                            TrainUpdate::Step(progress) => {
                                steps.push(progress);
                                if stops(own.rank, progress.step) {
                                    return ControlFlow::Break(());
                                }
                            }
                            _ => (),
                        }
                        ControlFlow::Continue(Next::GoOn)
                    });
                    Seen { result, steps, notices }
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn go_on(_: usize, _: u64) -> bool {
    false
}

fn parameters(folder: &Path) -> Vec<f32> {
    Checkpoint::load(&folder.join(CHECKPOINT_FILE)).unwrap().parameters
}

/// A request whose batch no number of ranks here divides, on one thread each.
fn small(folder: &Path, out: &str, steps: u64) -> TrainRequest {
    let mut request = request(folder, out, steps);
    request.settings.batch_size = 7;
    request.settings.threads = 1;
    request
}

/// The writer's request, and that of others, whose folder must never come to be.
fn elsewhere(request: &TrainRequest, rank: usize) -> TrainRequest {
    let out = if rank == 0 { request.out.clone() } else { unused(request) };
    TrainRequest { out, ..request.clone() }
}

fn unused(request: &TrainRequest) -> PathBuf {
    request.out.with_extension("of-others")
}

/// How far two trainings from the same weights differ, relative to how far they went.
fn deviation(request: &TrainRequest, own: &[f32], expected: &[f32]) -> f64 {
    let start = initial_weights(&ParameterLayout::new(&request.network), request.settings.seed);
    let square =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum() };
    (square(own, expected) / square(expected, &start)).sqrt()
}

#[test]
fn several_ranks_train_as_one_does_with_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let one = small(folder.path(), "one", 6);
    let expected = on_ranks(1, &|_| one.clone(), &go_on).remove(0);
    for count in [2, 3, 7] {
        let request = small(folder.path(), &format!("of-{count}"), 6);
        let seen = on_ranks(count, &|rank| elsewhere(&request, rank), &go_on);
        for rank in &seen {
            assert_eq!(rank.result.as_ref().unwrap().step, 6);
            for (own, expected) in rank.steps.iter().zip(&expected.steps) {
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * b.abs();
                let (a, b) = (own.losses, expected.losses);
                assert!(close(a.total, b.total), "{count} ranks: {a:?} and {b:?}");
                assert!(close(a.positions, b.positions) && close(a.vectors, b.vectors), "{a:?} and {b:?}");
                assert!(close(own.gradient_norm, expected.gradient_norm));
                let validations = [own.validation, expected.validation].map(|v| v.map_or(0.0, |v| v.total));
                assert!(close(validations[0], validations[1]), "{validations:?}");
            }
            let (own, first) = (&rank.steps[5], &seen[0].steps[5]);
            assert_eq!((own.losses, own.validation), (first.losses, first.validation), "to the bit");
        }
        let differs = deviation(&one, &parameters(&request.out), &parameters(&one.out));
        assert!(differs < 0.02, "{count} ranks: parameters moved differently by {differs}");
        assert!(!unused(&request).exists(), "one rank writes");
        assert!(seen[0].notices > 0 && seen[1..].iter().all(|rank| rank.notices == 0));
    }
}

#[test]
fn a_checkpoint_goes_from_one_number_of_ranks_to_another() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let whole = small(folder.path(), "whole", 6);
    on_ranks(1, &|_| whole.clone(), &go_on);
    let moved = small(folder.path(), "moved", 6);
    // Stopped by the last rank alone.
    let seen = on_ranks(2, &|rank| elsewhere(&moved, rank), &|rank, step| rank == 1 && step == 2);
    for rank in seen {
        let outcome = rank.result.unwrap();
        assert_eq!((outcome.end, outcome.step), (TrainEnd::Cancelled, 2));
    }
    for (count, until) in [(3, 4), (1, 6)] {
        let again = TrainRequest { resume: true, ..moved.clone() };
        let seen = on_ranks(count, &|rank| elsewhere(&again, rank), &|_, step| step == until);
        assert!(seen.into_iter().all(|rank| rank.result.unwrap().step == until));
    }
    let differs = deviation(&whole, &parameters(&moved.out), &parameters(&whole.out));
    assert!(differs < 0.02, "parameters moved differently by {differs}");
    let log = std::fs::read_to_string(moved.out.join(trainer::LOG_FILE)).unwrap();
    assert_eq!(log.lines().count(), 4, "each step that is logged is logged once: {log}");
}

#[test]
fn an_error_on_one_rank_ends_all_with_its_sentence() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let request = small(folder.path(), "out", 6);
    let broken = |rank: usize| {
        let mut own = elsewhere(&request, rank);
        if rank == 1 {
            own.stores[0] = folder.path().join("nowhere.safetensors");
        }
        own
    };
    let sentences: Vec<String> =
        on_ranks(3, &broken, &go_on).into_iter().map(|rank| rank.result.unwrap_err().to_string()).collect();
    assert!(sentences[0].starts_with("rank 1 cannot continue: ") && sentences[0].contains("nowhere"));
    assert!(sentences[1].contains("nowhere") && sentences[0] == sentences[2], "{sentences:?}");
    assert!(!request.out.exists(), "nothing was begun");

    // The folder is the writer's matter, and so are the settings that it finds there.
    let mut again = TrainRequest { resume: true, ..request.clone() };
    let results = on_ranks(2, &|rank| elsewhere(&again, rank), &go_on);
    assert!(results.into_iter().all(|rank| rank.result.is_err()));
    again.resume = false;
    again.settings.batch_size = 2;
    for rank in on_ranks(3, &|rank| elsewhere(&again, rank), &go_on) {
        let sentence = rank.result.unwrap_err().to_string();
        assert!(sentence.contains("cannot be shared out to 3 ranks"), "{sentence}");
    }
}

#[test]
fn ranks_with_different_stores_are_refused() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    store(folders[0].path());
    super::tests::store_of(folders[1].path(), 3);
    let request = |rank: usize| {
        let store = folders[rank].path().join("store.safetensors");
        TrainRequest { stores: vec![store], ..small(folders[0].path(), "out", 2) }
    };
    for rank in on_ranks(2, &request, &go_on) {
        let sentence = rank.result.unwrap_err().to_string();
        assert!(sentence.contains("stores are not those of rank 0"), "{sentence}");
    }
}

#[test]
fn ranks_share_texts_and_find_the_worst_end() {
    let ends = [
        Ended::Well,
        Ended::Stopped,
        Ended::Failed("the disk of Å is full".to_owned()),
        Ended::Failed("another".to_owned()),
    ];
    std::thread::scope(|scope| {
        for own in thread_ranks(4) {
            let ends = &ends;
            scope.spawn(move || {
                let ranks: &dyn Ranks = &own;
                assert_eq!(ranks.worst(&ends[own.rank]), (2, ends[2].clone()));
                assert_eq!(ranks.worst(&ends[own.rank.min(1)]), (1, Ended::Stopped));
                assert_eq!(ranks.worst(&Ended::Well), (0, Ended::Well));
                assert_eq!(ranks.share(3, if own.rank == 3 { "τ" } else { "not this" }), "τ");
                assert_eq!(ranks.any([own.rank == 2, false]), [true, false]);
                let mut numbers = [1e8f32, 1.0, own.rank as f32];
                if own.rank > 0 {
                    numbers[0] = if own.rank == 1 { -1e8 } else { 0.25 };
                }
                ranks.sum_f32(&mut numbers);
                assert_eq!(numbers, [0.5, 4.0, 6.0], "in the order of the ranks");
            });
        }
    });
    let single: &dyn Ranks = &Single;
    assert!(single.is_writer() && !single.are_several());
    assert_eq!(single.share(0, "text"), "text");
    assert_eq!(single.worst(&ends[1]), (0, ends[1].clone()));
}
