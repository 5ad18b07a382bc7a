//! `equijump segment`: the dynamics of one segment of a weighted-ensemble run (WESTPA).

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use equijump_engine::analysis::Coordinates;
use equijump_engine::session::{DevicePreference, OpenRequest, StartFrame, read_starts};
use equijump_engine::trajectory::write_atomically;
use equijump_engine::transport::SamplerSettings;

use super::Ending;
use super::job::Jobs;
use super::named::{self, open};
use super::propagate::{Order, Segment, propagate};
use super::sampling::{model_of, settings_of};
use super::terminal;

/// Where WESTPA puts the random number of a segment.
const WESTPA_SEED: &str = "WEST_RAND32";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The protein: a PDB, mmCIF or GRO file, or the name of a bundled protein. The segment starts there unless
    /// --start says otherwise.
    #[arg(value_name = "FILE")]
    structure: PathBuf,
    /// Frame of a trajectory to start from, numbered from 0: parent.dcd:5.
    #[arg(long, value_name = "TRAJECTORY:FRAME")]
    start: Option<StartFrame>,
    /// PDB or mmCIF file with exactly the atoms of that trajectory, where it has other atoms than --out writes.
    #[arg(long, value_name = "FILE", requires = "start")]
    topology: Option<PathBuf>,
    /// Jumps to make; 0 only measures the start.
    #[arg(long, default_value_t = 1, value_name = "K")]
    jumps: u64,
    /// Progress coordinate; may be given several times.
    #[arg(long = "coordinate", value_name = "NAME", required = true)]
    coordinates: Vec<String>,
    /// Structure that rmsd, gdt and native-contacts refer to; FILE by default.
    #[arg(long, value_name = "FILE")]
    native: Option<PathBuf>,
    /// File for the progress coordinates, one line a frame, that of the start first; standard output by default.
    #[arg(long, value_name = "FILE")]
    pcoord: Option<PathBuf>,
    /// Trajectory of the segment: .dcd (exact, as the next segment wants it), .xtc or .pdb.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Model to sample with; the bundled one by default.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Sampler settings that come with the model.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    #[command(flatten)]
    settings: SamplerSettings,
    /// Where to compute. A segment is short: measuring which device is faster would take longer than it.
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DevicePreference,
    /// Chain, where the structure holds several.
    #[arg(long)]
    chain: Option<String>,
    /// Take the longest unbroken segment of a broken chain.
    #[arg(long)]
    longest_segment: bool,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

const AFTER_HELP: &str = "The seed is --seed where it is given, else WEST_RAND32 of the environment, else 0.\n\nCoordinates: rmsd, gdt, rg, native-contacts, tic1, tic2 …, distance:1.CA/10.CA, angle:1.CA/5.CA/10.CA, dihedral:2.N/2.CA/2.C/3.N.\n\napp/examples/westpa is a whole run.";

/// `given` tells which flags the user gave.
pub(super) fn run(mut args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    if !given("seed")
        && let Some(seed) = std::env::var_os(WESTPA_SEED)
    {
        let number = seed.to_str().and_then(|seed| seed.trim().parse().ok());
        args.settings.seed =
            number.ok_or_else(|| anyhow!("{WESTPA_SEED} is {seed:?}, which is not a whole number from 0"))?;
    }
    if !args.force
        && let Some(there) = args.pcoord.iter().chain(&args.out).find(|path| path.exists())
    {
        bail!("{} is there already; choose another name, or replace it with --force", there.display());
    }
    let jobs = Jobs::start()?;
    let read = |path: &std::path::Path| -> anyhow::Result<_> {
        let source = named::structure(path)?;
        let request =
            OpenRequest { source, chain: args.chain.clone(), longest_segment: args.longest_segment };
        open(&jobs, request)
    };
    let Some(structure) = read(&args.structure)? else { return Ok(Ending::Interrupted) };
    let model = model_of(args.model.as_deref(), &structure.topology.sequence())?;
    let settings = settings_of(&jobs, &model, args.preset.as_deref(), &args.settings, &given)?;
    let native = match &args.native {
        Some(path) => match read(path)? {
            Some(native) if native.topology.sequence() == structure.topology.sequence() => {
                native.positions_angstrom
            }
            Some(_) => bail!("{} holds another protein than {}", path.display(), args.structure.display()),
            None => return Ok(Ending::Interrupted),
        },
        None => structure.positions_angstrom.clone(),
    };
    let coordinates = Coordinates::new(&args.coordinates, &structure.topology, &native)?;
    let starts =
        read_starts(&structure, args.start.as_slice(), args.topology.as_deref(), args.chain.as_deref())
            .map_err(|error| anyhow!(error))?;
    let order = Order {
        structure,
        start_angstrom: starts.into_iter().next(),
        model,
        settings,
        device: args.device,
        jumps: args.jumps,
    };
    let note = |notice: String| terminal::remark(format_args!("note: {notice}"));
    let Some(segment) = propagate(&jobs, order, note)? else { return Ok(Ending::Interrupted) };
    if let Some(path) = &args.out {
        segment.write(path, args.force)?;
    }
    let table = table(&segment, &coordinates)?;
    match &args.pcoord {
        Some(path) => write_atomically(path, table.as_bytes())
            .map_err(|error| anyhow!("{} cannot be written: {error}", path.display()))?,
        None => terminal::result(table.trim_end()),
    }
    Ok(Ending::Done)
}

/// One line a frame, numbers with spaces between.
fn table(segment: &Segment, coordinates: &Coordinates) -> anyhow::Result<String> {
    let mut text = String::new();
    for values in segment.values(coordinates)? {
        if let Some(undefined) = values.iter().position(|value| !value.is_finite()) {
            bail!("{} is not defined in a frame of the segment", coordinates.names()[undefined]);
        }
        let line: Vec<String> = values.iter().map(|value| format!("{value:.6}")).collect();
        text.push_str(&line.join(" "));
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_help_names_every_kind_of_coordinate() {
        for name in ["rmsd", "gdt", "rg", "native-contacts", "tic1", "distance:", "angle:", "dihedral:"] {
            assert!(
                equijump_engine::analysis::COORDINATE_NAMES.contains(name)
                    && super::AFTER_HELP.contains(name),
                "{name}"
            );
        }
    }
}
