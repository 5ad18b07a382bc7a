//! Replicas dealt out over several samplers that work beside each other: one for each graphics adapter.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};

/// Samples with several samplers at once, each on a thread of its own. Noise belongs to the replica, so that who makes
/// which does not matter but for the rounding of different devices.
pub struct SplitSampler {
    first: Worker,
    others: Vec<Worker>,
}

/// A sampler with its speed, in units of its own.
pub struct Worker {
    /// The sampler.
    pub sampler: Box<dyn FrameSampler>,
    /// Replicas it makes in the time in which others make theirs.
    pub speed: f64,
}

impl SplitSampler {
    /// Deals out to these; there is at least one. Speeds that are no positive numbers count as the least.
    pub fn new(first: Worker, others: Vec<Worker>) -> Self {
        Self { first, others }
    }

    fn workers(&self) -> impl Iterator<Item = &Worker> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How many of `replicas` each gets: by the largest remainders, so that shares differ from what speeds demand by
    /// less than one.
    fn shares(&self, replicas: usize) -> Vec<usize> {
        let speeds: Vec<f64> = self
            .workers()
            .map(|worker| if worker.speed.is_finite() { worker.speed.max(1e-9) } else { 1e-9 })
            .collect();
        let all: f64 = speeds.iter().sum();
        let exact: Vec<f64> = speeds.iter().map(|speed| replicas as f64 * speed / all).collect();
        let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
        let left = replicas.saturating_sub(shares.iter().sum());
        order.iter().cycle().take(left).for_each(|&worker| shares[worker] += 1);
        shares
    }
}

/// What a worker tells while it makes a frame.
enum Told {
    At(LatentProgress),
    Ended,
}

impl FrameSampler for SplitSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        let shares = self.shares(replicas.len());
        // All or nothing: the replicas are replaced when every worker is done.
        let mut made = replicas.to_vec();
        let stop = AtomicBool::new(false);
        let results = std::thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let mut rest = made.as_mut_slice();
            let mut threads = Vec::new();
            let workers = std::iter::once(&mut self.first).chain(&mut self.others);
            for (worker, share) in workers.zip(shares) {
                let (own, others) = std::mem::take(&mut rest).split_at_mut(share);
                rest = others;
                if own.is_empty() {
                    continue;
                }
                let (number, tell, stop) = (threads.len(), tell.clone(), &stop);
                threads.push(scope.spawn(move || {
                    let result = worker.sampler.advance(own, &mut |progress| {
                        // Nobody listens any more once the frame is given up.
                        let _ = tell.send((number, Told::At(progress)));
                        if stop.load(Ordering::Relaxed) {
                            ControlFlow::Break(())
                        } else {
                            ControlFlow::Continue(())
                        }
                    });
                    if result.is_err() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    let _ = tell.send((number, Told::Ended));
                    result
                }));
            }
            drop(tell);
            let mut at: Vec<Option<LatentProgress>> = vec![None; threads.len()];
            let mut ended = vec![false; threads.len()];
            let mut shown = None;
            for (number, what) in told {
                match what {
                    Told::At(progress) => at[number] = Some(progress),
                    Told::Ended => ended[number] = true,
                }
                // The frame is as far as the slowest.
                let working = (0..at.len()).filter(|&worker| !ended[worker]);
                let slowest: Option<Vec<LatentProgress>> = working.map(|worker| at[worker]).collect();
                let slowest = slowest.and_then(|all| all.into_iter().min_by_key(|progress| progress.done));
                if let Some(progress) = slowest.filter(|progress| shown != Some(progress.done)) {
                    shown = Some(progress.done);
                    if control(progress).is_break() {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            }
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Vec<_>>()
        });
        results.into_iter().collect::<Result<Vec<Advance>, TransportError>>()?;
        if stop.load(Ordering::Relaxed) {
            return Ok(Advance::Cancelled);
        }
        for (replica, made) in replicas.iter_mut().zip(made) {
            *replica = made;
        }
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        self.first.sampler.frame_interval_ps()
    }

    fn device_name(&self) -> String {
        let names: Vec<String> = self.workers().map(|worker| worker.sampler.device_name()).collect();
        names.join(" and ")
    }

    fn geometry(&self) -> GeometryCounts {
        let mut counts = GeometryCounts::default();
        self.workers().for_each(|worker| counts += worker.sampler.geometry());
        counts
    }

    fn take_notice(&mut self) -> Option<String> {
        let workers = std::iter::once(&mut self.first).chain(&mut self.others);
        let notices: Vec<String> = workers.filter_map(|worker| worker.sampler.take_notice()).collect();
        (!notices.is_empty()).then(|| notices.join(" "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    /// Moves each replica by what its number and frame say; fails in a frame, if wanted.
    struct Counting {
        name: &'static str,
        fails_in: Option<u64>,
        frames: u64,
    }

    impl FrameSampler for Counting {
        fn advance(
            &mut self,
            replicas: &mut [Replica],
            control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
        ) -> Result<Advance, TransportError> {
            assert!(!replicas.is_empty(), "nobody is asked for nothing");
            for done in 0..4 {
                if control(LatentProgress { done, total: 4 }).is_break() {
                    return Ok(Advance::Cancelled);
                }
            }
            for replica in replicas {
                replica.frame += 1;
                if self.fails_in == Some(replica.frame) {
                    return Err(TransportError::NonFinite { replica: replica.index, frame: replica.frame });
                }
                replica.positions_angstrom[0][0] += (replica.index * 100 + replica.frame) as f32;
                self.frames += 1;
            }
            Ok(Advance::Done)
        }

        fn frame_interval_ps(&self) -> f64 {
            100.0
        }

        fn device_name(&self) -> String {
            self.name.to_owned()
        }

        fn geometry(&self) -> GeometryCounts {
            GeometryCounts { frames: self.frames, ..GeometryCounts::default() }
        }
    }

    fn worker(name: &'static str, speed: f64, fails_in: Option<u64>) -> Worker {
        Worker { sampler: Box::new(Counting { name, fails_in, frames: 0 }), speed }
    }

    fn replicas(count: u64) -> Vec<Replica> {
        let replica = |index| Replica { index, frame: 0, positions_angstrom: vec![[0.0; 3]] };
        (0..count).map(replica).collect()
    }

    #[test]
    fn shares_follow_the_speeds_and_leave_nobody_out() {
        let shares = |speeds: &[f64], count| {
            let mut workers = speeds.iter().map(|&speed| worker("w", speed, None));
            SplitSampler::new(workers.next().unwrap(), workers.collect()).shares(count)
        };
        assert_eq!(shares(&[1.0, 1.0], 9), [5, 4]);
        assert_eq!(shares(&[3.0, 1.0], 8), [6, 2]);
        assert_eq!(shares(&[1.0, 0.0, f64::NAN], 5), [5, 0, 0]);
        assert_eq!(shares(&[1.0, 2.0, 4.0], 1), [0, 0, 1]);
        for count in 0..50 {
            assert_eq!(shares(&[0.3, 1.7, 0.9], count).iter().sum::<usize>(), count);
        }
    }

    #[test]
    fn several_samplers_make_the_frames_of_one() {
        let mut one = Counting { name: "one", fails_in: None, frames: 0 };
        let mut split =
            SplitSampler::new(worker("a", 2.0, None), vec![worker("b", 1.0, None), worker("c", 1e-9, None)]);
        let (mut own, mut expected) = (replicas(7), replicas(7));
        for _ in 0..3 {
            let mut before = None;
            let end = split.advance(&mut own, &mut |progress| {
                assert!(before < Some(progress.done), "progress goes on");
                before = Some(progress.done);
                ControlFlow::Continue(())
            });
            assert_eq!(end.unwrap(), Advance::Done);
            one.advance(&mut expected, &mut |_| ControlFlow::Continue(())).unwrap();
        }
        assert_eq!(own, expected);
        assert_eq!(split.geometry().frames, 21);
        assert_eq!(split.device_name(), "a and b and c");
    }

    #[test]
    fn a_frame_that_fails_or_is_stopped_leaves_all_replicas_as_they_were() {
        let mut split = SplitSampler::new(worker("a", 1.0, None), vec![worker("b", 1.0, Some(1))]);
        let mut own = replicas(4);
        let error = split.advance(&mut own, &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(error, TransportError::NonFinite { replica: 2, .. }), "{error}");
        assert_eq!(own, replicas(4));
        let mut split = SplitSampler::new(worker("a", 1.0, None), vec![worker("b", 1.0, None)]);
        let end = split.advance(&mut own, &mut |_| ControlFlow::Break(())).unwrap();
        assert_eq!((end, &own), (Advance::Cancelled, &replicas(4)));
    }
}
