//! `equijump pairs`: which conformations training pairs start from, uniform and enhanced (Figure 8).

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use equijump_engine::experiments::pairs::PairsRequest;
use equijump_engine::session::{Coverage, Report};
use equijump_engine::training::TrainSettings;
use equijump_engine::trajectory::{extension_of, write_atomically};

use super::Ending;
use super::job::Jobs;
use super::terminal;
use crate::figures::{Figure, FigureFormat, pairs};

/// Size of the figures, pixels.
const MAP_SIZE: (u32, u32) = (1600, 720);
const CURVE_SIZE: (u32, u32) = (1000, 720);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Stores made by `import`.
    #[arg(required = true, value_name = "STORE")]
    stores: Vec<PathBuf>,
    /// Figure to write, .svg or .png: maps of the slow coordinates. The populations of the clusters go to
    /// NAME_clusters beside it, the numbers to NAME.csv and NAME_clusters.csv; of several proteins the name of
    /// each is added.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Draws of each kind.
    #[arg(long, default_value_t = 50_000, value_name = "N")]
    draws: u32,
    /// Clusters of conformations per protein, as `train` has them.
    #[arg(long, default_value_t = TrainSettings::default().clusters)]
    clusters: usize,
    /// Lag of the slow coordinates, ps, as `train` has it.
    #[arg(long, default_value_t = TrainSettings::default().cluster_lag_ps, value_name = "PS")]
    cluster_lag_ps: f64,
    /// Time between the frames of a pair, ps.
    #[arg(long, default_value_t = TrainSettings::default().lag_ps, value_name = "PS")]
    lag_ps: f64,
    /// Share of the source trajectories that training holds out.
    #[arg(long, default_value_t = TrainSettings::default().validation_fraction, value_name = "FRACTION")]
    validation_fraction: f64,
    /// Frames dropped at the start of each trajectory, ps.
    #[arg(long, default_value_t = 0.0, value_name = "PS")]
    skip_ps: f64,
    /// Seed of clusters and draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<Ending> {
    let format = match extension_of(&args.out).as_str() {
        "svg" => FigureFormat::Svg,
        "png" => FigureFormat::Png,
        _ => bail!("{}: a figure is written as .svg or .png", args.out.display()),
    };
    let settings = TrainSettings {
        clusters: args.clusters,
        cluster_lag_ps: args.cluster_lag_ps,
        lag_ps: args.lag_ps,
        validation_fraction: args.validation_fraction,
        skip_ps: args.skip_ps,
        seed: args.seed,
        ..TrainSettings::default()
    };
    let request = PairsRequest { stores: args.stores.clone(), settings, draws: args.draws as usize };
    let note = |report| {
        if let Report::Notice(notice) = report {
            terminal::remark(format_args!("note: {notice}"));
        }
    };
    let drawn = match Jobs::start()?.run(request, note)? {
        Ok(drawn) => drawn,
        Err(ending) => return Ok(ending),
    };
    let suffixes = suffixes(&drawn.iter().map(|coverage| coverage.protein.as_str()).collect::<Vec<_>>());
    if !args.force {
        let figures = suffixes.iter().flat_map(|suffix| [suffix.clone(), format!("{suffix}_clusters")]);
        let paths = figures.map(|suffix| with_suffix(&args.out, &suffix));
        let files = paths.flat_map(|path| [path.with_extension("csv"), path]);
        if let Some(there) = files.into_iter().find(|path| path.exists()) {
            bail!("{} is there already; choose another name, or replace it with --force", there.display());
        }
    }
    for (coverage, suffix) in drawn.iter().zip(&suffixes) {
        write(&args, format, coverage, suffix)?;
    }
    Ok(Ending::Done)
}

/// What is added to the name of the figure for each protein: nothing to the only one's, the name of each of several,
/// and a number where names are alike.
fn suffixes(proteins: &[&str]) -> Vec<String> {
    if let [_] = proteins {
        return vec![String::new()];
    }
    let mut all: Vec<String> = Vec::new();
    for protein in proteins {
        let mut suffix = format!("_{protein}");
        for number in 2.. {
            if !all.contains(&suffix) {
                break;
            }
            suffix = format!("_{protein}_{number}");
        }
        all.push(suffix);
    }
    all
}

fn write(args: &Args, format: FigureFormat, coverage: &Coverage, suffix: &str) -> anyhow::Result<()> {
    let map = pairs::map(coverage).ok_or_else(|| anyhow!("{}: nothing to draw", coverage.protein))?;
    let figures = [
        (Figure::MapPair(map), MAP_SIZE, suffix.to_owned()),
        (Figure::Curves(pairs::populations(coverage)), CURVE_SIZE, format!("{suffix}_clusters")),
    ];
    for (figure, size, suffix) in figures {
        let path = with_suffix(&args.out, &suffix);
        let table = path.with_extension("csv");
        figure.write(&path, format, size, "")?;
        write_atomically(&table, figure.to_csv().as_bytes())
            .map_err(|error| anyhow!("cannot write {}: {error}", table.display()))?;
        terminal::result(path.display());
    }
    Ok(())
}

/// `out/pairs_villin.svg` for `out/pairs.svg`.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{suffix}.{extension}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_protein_has_figures_of_its_own() {
        assert_eq!(super::suffixes(&["top"]), [""]);
        assert_eq!(super::suffixes(&["villin", "top", "top"]), ["_villin", "_top", "_top_2"]);
        assert!(super::suffixes(&[]).is_empty());
    }
}
