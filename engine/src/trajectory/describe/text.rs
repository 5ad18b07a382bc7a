//! The description for people: one line per fact, names aligned.

use std::fmt;

use crate::structure::CrystalInfo;

use super::{FileContent, FileInfo, ProteinInfo, TrajectoryInfo};

/// Width of the column of names.
const NAME_WIDTH: usize = 12;

struct Lines<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Lines<'_, '_> {
    fn line(&mut self, name: &str, value: impl fmt::Display) -> fmt::Result {
        // One line a fact, whatever a name or a path holds.
        writeln!(self.0, "{name:<NAME_WIDTH$} {}", value.to_string().replace('\n', " "))
    }

    fn protein(&mut self, protein: &ProteinInfo) -> fmt::Result {
        let chain =
            if protein.chain.is_empty() { String::new() } else { format!(", chain {}", protein.chain) };
        self.line(
            "Protein",
            format!("{} residues, {} heavy atoms{chain}", protein.residues, protein.heavy_atoms),
        )?;
        self.line("Sequence", &protein.sequence)
    }

    fn cell(&mut self, lengths_angstrom: [f64; 3], angles_degrees: [f64; 3]) -> fmt::Result {
        let lengths = lengths_angstrom.map(|x| format!("{x:.2}")).join(" × ");
        let angles = angles_degrees.map(|x| format!("{x:.1}°")).join(", ");
        self.line("Cell", format!("{lengths} Å, {angles}"))
    }

    /// Entries of a JSON object, one a line; objects within it are indented.
    fn entries(&mut self, entries: &serde_json::Map<String, serde_json::Value>) -> fmt::Result {
        entries.iter().try_for_each(|(key, value)| match value {
            serde_json::Value::Object(inner) => {
                self.line(key, "")?;
                inner.iter().try_for_each(|(key, value)| self.line(&format!("  {key}"), plain(value)))
            }
            value => self.line(key, plain(value)),
        })
    }

    fn crystal(&mut self, c: &CrystalInfo) -> fmt::Result {
        let entry = c.entry.as_ref().map(|entry| format!("{entry}, ")).unwrap_or_default();
        let resolution =
            c.resolution_angstrom.map(|x| format!(" at {x:.2} Å resolution")).unwrap_or_default();
        self.line(
            "Crystal",
            format!("{entry}space group {} (no. {}){resolution}", c.space_group, c.space_group_number),
        )?;
        self.cell(c.cell_lengths_angstrom, c.cell_angles_degrees)
    }

    fn trajectory(&mut self, t: &TrajectoryInfo) -> fmt::Result {
        let variant = if t.variant.is_empty() { String::new() } else { format!(" ({})", t.variant) };
        self.line("Trajectory", format!("{}{variant}", t.format))?;
        self.line("Frames", t.frames)?;
        self.line("Atoms", t.atoms)?;
        if let Some(protein) = &t.protein {
            self.protein(protein)?;
        }
        match t.interval_ps {
            Some(interval) if t.evenly_spaced == Some(true) => {
                self.line("Interval", format!("{} ps", short(interval)))?
            }
            Some(interval) => self.line("Interval", format!("{} ps (median; not even)", short(interval)))?,
            None if t.frames > 1 => self.line("Interval", "not given in the file")?,
            None => {}
        }
        if let (Some(first), Some(last)) = (t.first_time_ps, t.last_time_ps) {
            self.line("Time", format!("{} to {}", duration(first), duration(last)))?;
        }
        if let (Some(lengths), Some(angles)) = (t.cell_lengths_angstrom, t.cell_angles_degrees) {
            self.cell(lengths, angles)?;
        }
        if let Some([low, high]) = t.extent_angstrom {
            let size = [0, 1, 2].map(|axis| format!("{:.1}", high[axis] - low[axis])).join(" × ");
            self.line("Extent", format!("{size} Å (first frame)"))?;
        }
        if t.tail_bytes > 0 {
            self.line(
                "Notice",
                format!("the last {} bytes are no complete frame and are not read", t.tail_bytes),
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for FileInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines(f);
        lines.line("File", format!("{} ({})", self.path, size(self.bytes)))?;
        match &self.content {
            FileContent::Structure(s) => {
                lines.line("Structure", &s.format)?;
                if let Some(protein) = &s.protein {
                    lines.protein(protein)?;
                }
                if let Some(crystal) = &s.crystal {
                    lines.crystal(crystal)?;
                }
                for notice in &s.notices {
                    lines.line("Notice", notice)?;
                }
                s.problem.iter().try_for_each(|problem| lines.line("Problem", problem))
            }
            FileContent::Trajectory(t) => lines.trajectory(t),
            FileContent::Store(s) => {
                lines.line("Store", format!("{}, made by {}", s.name, s.created_by))?;
                lines.protein(&s.protein)?;
                lines.line("Frames", format!("{} in {} trajectories", s.frames, s.trajectories))?;
                lines.line("Interval", format!("{} ps", short(s.interval_ps)))?;
                lines.line("Total time", duration(s.total_ps))?;
                lines.line(
                    "Kind",
                    match (s.made_by_model, s.in_equilibrium) {
                        (true, _) => "a model: jumps start from these frames, none is learned from them",
                        (false, true) => "molecular dynamics in equilibrium",
                        (false, false) => {
                            "molecular dynamics out of equilibrium: taken forwards in time only"
                        }
                    },
                )?;
                s.sources.iter().try_for_each(|source| {
                    lines.line(
                        "Source",
                        format!(
                            "{} ({} of {} frames)",
                            source.path, source.frames_stored, source.frames_in_file
                        ),
                    )
                })
            }
            FileContent::Model(m) => {
                lines.line("Model", &m.format)?;
                lines.line("Numbers", format!("{} in {} tensors", m.numbers, m.tensors))?;
                if !m.description.contains_key(crate::trust::METADATA_KEY) {
                    lines.line("Trust", "no trust data")?;
                }
                lines.entries(&m.description)
            }
            FileContent::RunState(r) => {
                lines
                    .line("Run state", format!("frame {} of {}", r.frame, counted(r.replicas, "replica")))?;
                lines.line("Atoms", r.atoms)?;
                match &r.settings {
                    serde_json::Value::Object(entries) => lines.entries(entries),
                    settings => {
                        lines.line("Seed", r.seed)?;
                        lines.line("Settings", plain(settings))
                    }
                }
            }
            FileContent::Run(r) => {
                let end = if r.finished { "finished" } else { "not finished; it can be continued" };
                lines.line("Run", format!("{} frames, {end}", r.frames))?;
                lines.line("Made by", format!("EquiJump {}", r.version))?;
                for trajectory in &r.trajectories {
                    lines.line("Trajectory", trajectory)?;
                }
                lines.entries(&r.run)
            }
            FileContent::TrainingSettings { description } => {
                lines.line("Training", "its data, network and settings")?;
                lines.entries(description)
            }
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// JSON without quotation marks around a lone text.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// At most six significant digits, without trailing zeros: times in XTC are `f32`.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    format!("{rounded}")
}

/// A time in the unit that suits it.
fn duration(time_ps: f64) -> String {
    match time_ps.abs() {
        t if t >= 1e6 => format!("{} µs", short(time_ps / 1e6)),
        t if t >= 1e3 => format!("{} ns", short(time_ps / 1e3)),
        _ => format!("{} ps", short(time_ps)),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
