//! Parts of a run that are made apart from each other, by the tasks of a batch scheduler's job array: each makes some
//! of the replicas, with the noise that they have in the whole run.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::request::beside;
use super::request::replica_path;

/// One of the parts that the replicas of a run are dealt out to, written `I/COUNT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// Why there is no such shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ShardError {
    #[error(
        "`{0}` is no shard; write I/COUNT with I from 0 to COUNT - 1, such as 0/8, or in a Slurm job array $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT (both are empty outside of one)"
    )]
    NoShard(String),
    /// Numbered from 1, or of another array.
    #[error(
        "there is no shard {index} of {count}: shards are numbered from 0 to {}; submit a job array numbered from 0 to {}, and to repeat single tasks write the number of all shards itself, $SLURM_ARRAY_TASK_ID/COUNT",
        count.saturating_sub(1),
        count.saturating_sub(1)
    )]
    OutOfRange { index: u32, count: u32 },
    #[error("{replicas} replicas cannot be dealt out to {count} shards; take no more shards than replicas")]
    TooMany { replicas: u32, count: u32 },
}

impl Shard {
    /// Shard `index` of `count`, counted from 0.
    ///
    /// # Errors
    /// [`ShardError::OutOfRange`].
    pub fn new(index: u32, count: u32) -> Result<Self, ShardError> {
        if index < count { Ok(Self { index, count }) } else { Err(ShardError::OutOfRange { index, count }) }
    }

    /// Its number, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Which of `replicas` are its own: a row without gaps, those of all shards as equal in number as can be.
    ///
    /// # Errors
    /// [`ShardError::TooMany`].
    pub fn replicas(self, replicas: u32) -> Result<Range<u32>, ShardError> {
        if replicas < self.count {
            return Err(ShardError::TooMany { replicas, count: self.count });
        }
        let bound = |index: u32| {
            (u64::from(replicas) * u64::from(index) / u64::from(self.count)).min(replicas.into()) as u32
        };
        Ok(bound(self.index)..bound(self.index + 1))
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            Some((index.trim().parse::<u32>().ok()?, count.trim().parse::<u32>().ok()?))
        });
        let (index, count) = numbers.ok_or_else(|| ShardError::NoShard(text.to_owned()))?;
        Self::new(index, count)
    }
}

/// What the files of a shard tell about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Its number, from 0.
    pub index: u32,
    /// How many there are.
    pub count: u32,
    /// Number of its first replica in the whole run.
    pub first_replica: u32,
    /// Replicas of the whole run.
    pub of_replicas: u32,
}

/// Where a run, or a shard of one, puts its files.
#[derive(Clone, Debug)]
pub(super) struct RunPaths {
    /// One for each replica: named by its number in the whole run.
    pub trajectories: Vec<PathBuf>,
    /// The atoms; all shards of a run have one.
    pub topology: PathBuf,
    /// Description for people and scripts, the manifest.
    pub description: PathBuf,
    /// The exact state.
    pub state: PathBuf,
    /// The state that the run was resumed from last.
    pub backup: PathBuf,
}

impl RunPaths {
    /// Those of `replicas` replicas that are written as `output`.
    pub fn new(output: &Path, replicas: usize, shard: Option<ShardRecord>) -> Self {
        let (first, of, part) = match shard {
            None => (0, replicas, String::new()),
            Some(shard) => {
                let digits = shard.count.saturating_sub(1).to_string().len().max(3);
                let part = format!("_shard{:0digits$}of{}", shard.index, shard.count);
                (shard.first_replica as usize, shard.of_replicas as usize, part)
            }
        };
        Self {
            trajectories: (first..first.saturating_add(replicas))
                .map(|replica| replica_path(output, replica, of))
                .collect(),
            topology: beside(output, "_topology.pdb"),
            description: beside(output, &format!("{part}.json")),
            state: beside(output, &format!("{part}.state")),
            backup: beside(output, &format!("{part}.state.bak")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_replica_has_one_shard_and_shards_are_even() {
        for (replicas, count) in [(1, 1), (7, 3), (10, 10), (1000, 7), (10_000, 100), (u32::MAX, 3)] {
            let mut next = 0;
            for index in 0..count {
                let own = Shard::new(index, count).unwrap().replicas(replicas).unwrap();
                assert_eq!(own.start, next);
                let least = replicas / count;
                assert!((least..=least.saturating_add(1)).contains(&(own.end - own.start)), "{own:?}");
                next = own.end;
            }
            assert_eq!(next, replicas);
        }
    }

    #[test]
    fn what_is_no_shard_is_refused_with_what_to_write() {
        let refused = |text: &str| text.parse::<Shard>().unwrap_err().to_string();
        for text in ["", "/", "3", "a/4", "1/", "-1/4", "1/4/2", "1.0/4", "5000000000/5000000001"] {
            assert!(refused(text).contains("SLURM_ARRAY_TASK_COUNT"), "{text}");
        }
        assert!(refused("8/8").contains("numbered from 0 to 7"), "{}", refused("8/8"));
        assert!(refused("8/8").contains("from 0 to 7"));
        assert!(refused("0/0").contains("no shard 0 of 0"));
        let shard: Shard = "7/8".parse().unwrap();
        assert_eq!((shard.index(), shard.count()), (7, 8));
        assert!(shard.replicas(7).unwrap_err().to_string().contains("7 replicas"));
    }

    #[test]
    fn shards_name_trajectories_as_the_whole_run_does() {
        let output = Path::new("out/run.dcd");
        let whole = RunPaths::new(output, 20_000, None);
        let mut parts = Vec::new();
        for index in 0..100 {
            let shard = Shard::new(index, 100).unwrap();
            let own = shard.replicas(20_000).unwrap();
            let record = ShardRecord { index, count: 100, first_replica: own.start, of_replicas: 20_000 };
            let paths = RunPaths::new(output, own.len(), Some(record));
            assert_eq!(paths.topology, whole.topology);
            assert_eq!(paths.state, PathBuf::from(format!("out/run_shard{index:03}of100.state")));
            parts.extend(paths.trajectories);
        }
        assert!(parts == whole.trajectories);
        let name_lengths = parts.iter().map(|path| path.as_os_str().len());
        assert_eq!(name_lengths.clone().min(), name_lengths.max());
        // A shard of a single replica is numbered all the same.
        let record = ShardRecord { index: 1, count: 2, first_replica: 1, of_replicas: 2 };
        let paths = RunPaths::new(output, 1, Some(record));
        assert_eq!(paths.trajectories, [PathBuf::from("out/run_r001.dcd")]);
    }
}
