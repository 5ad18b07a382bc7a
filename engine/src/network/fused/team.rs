//! Threads that share the parts of one piece of work.
//!
//! A latent step takes from a third of a millisecond to some milliseconds and is cut into pieces between which all
//! parts must be done, so that handing over a piece must cost microseconds. Parts are claimed one by one, by the
//! caller as well: where a helper gets no processor, the caller does them all and waits for nobody. Worse is a helper
//! that loses its processor amid a part, as they do on a busy machine: then the caller goes on alone for a while.
//!
//! Why not rayon: one header of H = 32 on two threads of a busy machine, 14 pairs of runs in turn, with the same pieces
//! given to a pool by `ThreadPool::install`. For 10 residues, five pieces of some 70 µs a pass, the team takes 0.86 of
//! the processor time and 0.86 of the wall clock (median of the pairs); for 80 residues, pieces of a millisecond, there
//! is no difference. A pass that is inside the pool, whose second thread must wake to steal, takes as much processor time
//! but twice the wall clock. CONTRIBUTING.md has the call of Miri for the tests below.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Rounds that a thread looks for work, or for the end of it, before it lets others have the processor: some 20 µs.
/// Miri, which is some thousand times slower, does not spin.
const SPINS: u32 = if cfg!(miri) { 2 } else { 600 };

/// A wait for helpers that is longer than this and than the caller's own work means that they are held up.
const LONG_WAIT: Duration = Duration::from_micros(100);
/// Pieces that the caller does alone after that, at first and at most: it doubles as long as helpers are held up.
const ALONE: std::ops::RangeInclusive<u32> = 16..=1024;

/// A piece of work: `count` parts, each done by a call.
#[derive(Clone, Copy)]
struct Piece {
    epoch: u32,
    count: u32,
    /// Valid while a part of this epoch is claimed and not done.
    part: *const (dyn Fn(usize) + Sync),
}

// SAFETY: what the pointer leads to is `Sync`, and used only while the caller of `for_each` waits.
unsafe impl Send for Piece {}

#[derive(Default)]
struct Shared {
    piece: Mutex<Option<Piece>>,
    /// Epoch in the upper, next part in the lower half.
    next: AtomicU64,
    done: AtomicUsize,
    end: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Items of which each is claimed once.
struct Items<'a, T>(&'a [UnsafeCell<T>]);

// SAFETY: no two threads get the same item.
unsafe impl<T: Send> Sync for Items<'_, T> {}

impl<T> Items<'_, T> {
    /// An item to work on.
    ///
    /// # Safety
    /// Only once for each index.
    #[allow(clippy::mut_from_ref)]
    unsafe fn get(&self, index: usize) -> &mut T {
        // SAFETY: nobody else has it.
        unsafe { &mut *self.0[index].get() }
    }
}

/// A caller and its helpers.
#[derive(Default)]
pub(super) struct Team {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
    epoch: u32,
    /// Pieces left that the caller does alone.
    alone: u32,
    /// How many it will be the next time that helpers are held up.
    next_alone: u32,
}

impl Team {
    /// The caller and `threads − 1` helpers; fewer where the system gives no more threads.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let helpers = (1..threads)
            .map_while(|index| {
                let shared = shared.clone();
                std::thread::Builder::new().name(format!("kernels {index}")).spawn(move || help(&shared)).ok()
            })
            .collect();
        Self { shared, helpers, epoch: 0, alone: 0, next_alone: *ALONE.start() }
    }

    /// Threads, the caller among them.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `f` with the index of each item and the item, on all threads at once; returns when all is done.
    ///
    /// # Panics
    /// As `f` does.
    pub fn for_each<T: Send>(&mut self, items: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        if self.helpers.is_empty() || items.len() < 2 || self.alone > 0 {
            self.alone = self.alone.saturating_sub(1);
            for (index, item) in items.iter_mut().enumerate() {
                f(index, item);
            }
            return;
        }
        let count = items.len();
        // SAFETY: a cell is laid out like what it holds, and the slice is borrowed exclusively.
        let items = Items(unsafe { &*(std::ptr::from_mut(items) as *const [UnsafeCell<T>]) });
        let items = &items;
        let part = |index: usize| {
            // SAFETY: each index is claimed by one thread only.
            f(index, unsafe { items.get(index) });
        };
        self.run(count, &part);
    }

    fn run(&mut self, count: usize, part: &(dyn Fn(usize) + Sync)) {
        let shared = &*self.shared;
        self.epoch = self.epoch.wrapping_add(1);
        // SAFETY: only the lifetime changes. Whoever calls through the pointer has claimed a part of this epoch, and
        // this function does not return before all parts are done.
        let part: *const (dyn Fn(usize) + Sync + 'static) = unsafe { std::mem::transmute(part) };
        let piece = Piece { epoch: self.epoch, count: count as u32, part };
        shared.done.store(0, Ordering::Relaxed);
        *shared.piece.lock().unwrap_or_else(PoisonError::into_inner) = Some(piece);
        shared.next.store(u64::from(piece.epoch) << 32, Ordering::Release);
        for helper in &self.helpers {
            helper.thread().unpark();
        }
        let begun = Instant::now();
        shared.work(piece);
        let worked = begun.elapsed();
        let mut rounds = 0u32;
        while shared.done.load(Ordering::Acquire) < count {
            pause(&mut rounds);
        }
        if begun.elapsed() - worked > worked.max(LONG_WAIT) {
            self.alone = self.next_alone;
            self.next_alone = (2 * self.next_alone).min(*ALONE.end());
        } else {
            self.next_alone = (self.next_alone / 2).max(*ALONE.start());
        }
        let panic = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.end.store(true, Ordering::Release);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // Panics of parts have been passed on; helpers have none of their own.
            let _ = helper.join();
        }
    }
}

/// One round of waiting: at first for as short as can be, then other threads go first.
fn pause(rounds: &mut u32) {
    *rounds = rounds.saturating_add(1);
    if *rounds < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
}

impl Shared {
    /// Claims the next part of `piece`; `None` when there is none left or the piece is over.
    fn claim(&self, piece: Piece) -> Option<usize> {
        let mut next = self.next.load(Ordering::Acquire);
        loop {
            let (epoch, index) = ((next >> 32) as u32, next as u32);
            if epoch != piece.epoch || index >= piece.count {
                return None;
            }
            match self.next.compare_exchange_weak(next, next + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index as usize),
                Err(now) => next = now,
            }
        }
    }

    /// Does parts of `piece` until none is left.
    fn work(&self, piece: Piece) {
        while let Some(index) = self.claim(piece) {
            // SAFETY: the part is claimed and not done, so that the caller still waits.
            let part = || unsafe { (*piece.part)(index) };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(part)) {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
            self.done.fetch_add(1, Ordering::Release);
        }
    }
}

/// A helper's life.
fn help(shared: &Shared) {
    let mut seen = 0u32;
    loop {
        let mut rounds = 0;
        while (shared.next.load(Ordering::Acquire) >> 32) as u32 == seen {
            if shared.end.load(Ordering::Acquire) {
                return;
            }
            rounds += 1;
            if rounds < SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::park();
            }
        }
        let piece = *shared.piece.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(piece) = piece {
            seen = piece.epoch;
            shared.work(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_whatever_the_number_of_threads() {
        // Miri looks at every access, some thousand times slower; it finds what it finds in a few pieces.
        let (counts, rounds) = if cfg!(miri) { (&[0, 1, 2, 7][..], 3) } else { (&[0, 1, 2, 7, 300][..], 20) };
        for threads in [1, 2, 5] {
            let mut team = Team::new(threads);
            for &count in counts {
                for round in 0..rounds {
                    let mut items = vec![round; count];
                    team.for_each(&mut items, |index, item| *item += index);
                    assert!(items.iter().enumerate().all(|(index, &item)| item == round + index));
                }
            }
        }
    }

    #[test]
    fn a_panic_of_a_part_reaches_the_caller_and_the_team_works_on() {
        let mut team = Team::new(3);
        let mut items = [0; 8];
        let result = catch_unwind(AssertUnwindSafe(|| {
            team.for_each(&mut items, |index, _| assert!(index != 5, "part five"));
        }));
        assert!(result.is_err());
        team.for_each(&mut items, |_, item| *item = 1);
        assert_eq!(items, [1; 8]);
    }
}
