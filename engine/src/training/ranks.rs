//! Processes that train one model together. What they have to do with each other is behind a small trait: sums, the
//! same on all of them to the bit.

use std::sync::atomic::{AtomicBool, Ordering};

/// The processes of one training, each with its number.
///
/// Every rank makes the same calls in the same order, each of which waits for the others.
pub trait Ranks: Sync {
    /// Number of this process, from 0 on. Rank 0 writes all files and talks to the user.
    fn rank(&self) -> usize;

    /// Number of processes.
    fn size(&self) -> usize;

    /// Replaces each number by its sum over all ranks, added in the order of the ranks.
    fn sum_f32(&self, numbers: &mut [f32]);

    /// As [`Self::sum_f32`], for few numbers.
    fn sum_f64(&self, numbers: &mut [f64]);
}

/// How a piece of work ended on a rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All is well.
    Well,
    /// The user stopped it.
    Stopped,
    /// It failed, and why, in one sentence.
    Failed(String),
}

impl dyn Ranks + '_ {
    /// Whether this is the rank that writes files and talks.
    pub fn is_writer(&self) -> bool {
        self.rank() == 0
    }

    /// Whether this process is one of several.
    pub fn are_several(&self) -> bool {
        self.size() > 1
    }

    /// Which of the flags are set on any rank.
    pub fn any<const N: usize>(&self, own: [bool; N]) -> [bool; N] {
        let mut counts = own.map(|flag| f64::from(u8::from(flag)));
        self.sum_f64(&mut counts);
        counts.map(|count| count > 0.0)
    }

    /// The text of rank `from`, on all ranks; what others pass is of no interest.
    pub fn share(&self, from: usize, text: &str) -> String {
        let own = if self.rank() == from { text.as_bytes() } else { &[] };
        let mut length = [own.len() as f64];
        self.sum_f64(&mut length);
        // Bytes are exact as numbers, and so is their sum with zeros.
        let mut bytes: Vec<f32> = own.iter().copied().map(f32::from).collect();
        bytes.resize(length[0] as usize, 0.0);
        self.sum_f32(&mut bytes);
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte as u8).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How the work ended on the rank where it went worst, of several the first, and which that is.
    pub fn worst(&self, own: &Ended) -> (usize, Ended) {
        let mut ends = vec![0.0; self.size()];
        if let Some(end) = ends.get_mut(self.rank()) {
            *end = match own {
                Ended::Well => 0.0,
                Ended::Stopped => 1.0,
                Ended::Failed(_) => 2.0,
            };
        }
        self.sum_f64(&mut ends);
        let first = |what: f64| ends.iter().position(|&end| end == what);
        match (first(2.0), first(1.0)) {
            (Some(rank), _) => {
                let sentence = if let Ended::Failed(sentence) = own { sentence } else { "" };
                (rank, Ended::Failed(self.share(rank, sentence)))
            }
            (None, Some(rank)) => (rank, Ended::Stopped),
            (None, None) => (0, Ended::Well),
        }
    }
}

/// A process of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Single;

impl Ranks for Single {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn sum_f32(&self, _: &mut [f32]) {}

    fn sum_f64(&self, _: &mut [f64]) {}
}

/// Whether the training that this process has part in has come to an end that all ranks know of.
static ENDED: AtomicBool = AtomicBool::new(false);

/// Tells that all ranks have ended their training, well or not.
pub(super) fn ended_together() {
    ENDED.store(true, Ordering::SeqCst);
}

/// The ranks that this process is among: those it has [joined](join), else itself.
pub fn of_process() -> &'static dyn Ranks {
    #[cfg(feature = "mpi")]
    if let Some(world) = world::joined() {
        return world;
    }
    &Single
}

/// Part in the ranks of this process, for as long as it trains.
#[must_use = "the ranks are left by `leave`"]
pub struct Membership {
    #[cfg(feature = "mpi")]
    universe: Option<mpi::environment::Universe>,
}

impl Membership {
    /// Leaves the ranks, all of which do so together after a training that they have ended together; whether they have.
    /// Where they have not, the others still wait for this one, and the launcher ends them when this process fails.
    pub fn leave(self) -> bool {
        let ended = ENDED.load(Ordering::SeqCst) || !of_process().are_several();
        #[cfg(feature = "mpi")]
        if !ended {
            // Ending MPI would wait for the others.
            std::mem::forget(self.universe);
        }
        ended
    }
}

/// Why this process cannot join others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum RanksError {
    #[error(
        "this build of EquiJump cannot train on several ranks; build it with the feature `mpi`, or start one process"
    )]
    WithoutMpi,
    #[error("MPI was started already")]
    Started,
    #[error(
        "this MPI library cannot be called from another thread than the first; use one that supports MPI_THREAD_SERIALIZED"
    )]
    FirstThreadAlone,
}

/// Variables by which launchers of MPI tell a process that it is one of several.
const LAUNCHED: [&str; 4] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK"];

/// Joins the other ranks if a launcher of MPI started this process; call it before anything else works. A process that
/// was started by itself stays alone, and MPI is left alone.
///
/// # Errors
/// [`RanksError`] when there are several and this build has no MPI, or MPI does not start.
pub fn join() -> Result<Membership, RanksError> {
    let launched = LAUNCHED.iter().any(|name| std::env::var_os(name).is_some());
    #[cfg(feature = "mpi")]
    {
        let universe = if launched { Some(world::start()?) } else { None };
        Ok(Membership { universe })
    }
    #[cfg(not(feature = "mpi"))]
    {
        let several = |name: &&str| {
            let count = std::env::var(name).ok().and_then(|count| count.parse::<u32>().ok());
            name.ends_with("_SIZE") && count.is_some_and(|count| count > 1)
        };
        if launched && LAUNCHED.iter().any(several) {
            return Err(RanksError::WithoutMpi);
        }
        Ok(Membership {})
    }
}

#[cfg(feature = "mpi")]
mod world {
    //! The ranks of `mpirun`.

    use std::sync::OnceLock;

    use mpi::Threading;
    use mpi::environment::{Universe, initialize_with_threading};
    use mpi::topology::SimpleCommunicator;
    use mpi::traits::*;

    use super::{Ranks, RanksError};

    static JOINED: OnceLock<World> = OnceLock::new();

    /// All processes that `mpirun` started.
    pub struct World {
        rank: usize,
        size: usize,
    }

    pub fn joined() -> Option<&'static World> {
        JOINED.get()
    }

    /// Starts MPI.
    pub fn start() -> Result<Universe, RanksError> {
        // The training has a thread of its own, the only one that calls MPI after this.
        let (universe, threads) =
            initialize_with_threading(Threading::Serialized).ok_or(RanksError::Started)?;
        if threads < Threading::Serialized {
            return Err(RanksError::FirstThreadAlone);
        }
        let world = universe.world();
        let count = |number: i32| usize::try_from(number).unwrap_or(0);
        let (rank, size) = (count(world.rank()), count(world.size()));
        // One device for each rank of a machine.
        let on_this_machine = world.split_shared(world.rank());
        crate::network::use_device(count(on_this_machine.rank()));
        JOINED.get_or_init(|| World { rank, size });
        Ok(universe)
    }

    impl Ranks for World {
        fn rank(&self) -> usize {
            self.rank
        }

        fn size(&self) -> usize {
            self.size
        }

        /// Each rank adds up one piece of the numbers in the order of the ranks, whatever MPI's own reductions would do,
        /// and all collect the pieces: twice the numbers are sent and received, and none is kept more than twice.
        fn sum_f32(&self, numbers: &mut [f32]) {
            let piece = numbers.len().div_ceil(self.size);
            let world = SimpleCommunicator::world();
            let mut own = numbers.to_vec();
            own.resize(piece * self.size, 0.0);
            let mut pieces = vec![0.0f32; own.len()];
            world.all_to_all_into(&own[..], &mut pieces[..]);
            let mut sum = vec![0.0f32; piece];
            for (rank, part) in pieces.chunks_exact(piece.max(1)).enumerate() {
                for (sum, &number) in sum.iter_mut().zip(part) {
                    *sum = if rank == 0 { number } else { *sum + number };
                }
            }
            world.all_gather_into(&sum[..], &mut own[..]);
            numbers.copy_from_slice(&own[..numbers.len()]);
        }

        fn sum_f64(&self, numbers: &mut [f64]) {
            let mut all = vec![0.0f64; numbers.len() * self.size];
            SimpleCommunicator::world().all_gather_into(&*numbers, &mut all[..]);
            numbers.fill(0.0);
            for of_rank in all.chunks_exact(numbers.len().max(1)) {
                for (sum, &number) in numbers.iter_mut().zip(of_rank) {
                    *sum += number;
                }
            }
        }
    }
}
