//! What the environment tells of a Slurm job array, held against the shard that was asked for.

use anyhow::bail;
use equijump_engine::session::Shard;

/// Refuses a shard taken from an array whose tasks are not numbered from 0 without gaps: the shards that no task has
/// would never be made.
pub(super) fn check(shard: Shard, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let number = |name: &str| variable(name).and_then(|text| text.parse::<u32>().ok());
    let (Some(id), Some(count)) = (number("SLURM_ARRAY_TASK_ID"), number("SLURM_ARRAY_TASK_COUNT")) else {
        return Ok(());
    };
    let (Some(first), Some(last)) = (number("SLURM_ARRAY_TASK_MIN"), number("SLURM_ARRAY_TASK_MAX")) else {
        return Ok(());
    };
    let from_array = (shard.index(), shard.count()) == (id, count);
    if from_array && (first, last) != (0, count.saturating_sub(1)) {
        bail!(
            "the job array has {count} tasks numbered from {first} to {last}, and shards are numbered from 0 to {}: submit all with --array=0-{}, or, to repeat single shards, write the number of all shards itself, --shard $SLURM_ARRAY_TASK_ID/COUNT",
            count.saturating_sub(1),
            count.saturating_sub(1)
        );
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::check;

    fn refusal(shard: &str, array: [&str; 4]) -> Option<String> {
        let names = ["ID", "COUNT", "MIN", "MAX"];
        let variable = |name: &str| {
            let at = names.iter().position(|known| name == format!("SLURM_ARRAY_TASK_{known}"))?;
            Some(array[at].to_owned())
        };
        check(shard.parse().unwrap(), variable).err().map(|error| error.to_string())
    }

    #[test]
    fn arrays_that_leave_shards_out_are_refused() {
        // What Slurm 22.05 sets for --array=0-3, 1-4, 1,3 and 0-9%2.
        assert_eq!(refusal("2/4", ["2", "4", "0", "3"]), None);
        let told = refusal("2/4", ["2", "4", "1", "4"]).unwrap();
        assert!(told.contains("from 1 to 4") && told.contains("--array=0-3"), "{told}");
        assert!(refusal("1/2", ["1", "2", "1", "3"]).is_some());
        // Single shards of a campaign whose size is written out.
        assert_eq!(refusal("1/100", ["1", "2", "1", "3"]), None);
        assert_eq!(refusal("9/10", ["9", "10", "0", "9"]), None);
        assert!(check("0/2".parse().unwrap(), |_| None).is_ok());
    }
}
