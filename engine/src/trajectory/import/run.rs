//! The import itself: a first pass over headers and times, a second over frames.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::checks::check_geometry;
use super::{ImportError, ImportProgress, ImportReport, ImportRequest};
use crate::structure::{TopologyMap, read_topology_map_of_chain};
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::frame::{Frame, first_not_finite};
use crate::trajectory::periodic::{WholeMolecule, Wholeness};
use crate::trajectory::reader::TrajectoryReader;
use crate::trajectory::store::{STORE_VERSION, SourceFile, StoreMetadata, StoreWriter};
use crate::trajectory::survey::{check_selection, counted, differ, survey};

/// Reads all trajectories into one store. Memory stays at one frame however large they are. `progress` is
/// asked after every frame whether to go on.
///
/// # Errors
/// If the request, the topology, a trajectory or the output cannot be used, or `progress` breaks off. Then
/// the output is as it was before.
pub fn import(
    request: &ImportRequest,
    progress: &mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
) -> Result<ImportReport, ImportError> {
    check_request(request)?;
    let map = read_topology_map_of_chain(&request.topology, request.chain.as_deref())?;
    let (file_interval_ps, frames_total) =
        survey(request.trajectories.iter().map(|path| (path.as_path(), &map)), request.interval_ps)?;
    let interval_ps = file_interval_ps * request.stride as f64;

    let mut metadata = StoreMetadata {
        version: STORE_VERSION,
        name: map.topology.name.clone(),
        chain_id: map.topology.chain_id.clone(),
        residues: map.topology.residues().to_vec(),
        interval_ps,
        sources: request.trajectories.iter().map(|path| empty_source(path)).collect(),
        positions_crc32: u32::MAX,
        created_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        created_by: concat!("EquiJump ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let mut writer = StoreWriter::create(&request.output, &metadata, request.overwrite)?;
    let mut job = Job {
        request,
        map: &map,
        molecule: WholeMolecule::new(&map.topology),
        file_interval_ps,
        interval_ps,
        report: ImportReport {
            name: map.topology.name.clone(),
            residues: map.topology.residue_count(),
            atoms: map.topology.atom_count(),
            interval_ps,
            ..ImportReport::default()
        },
        frames_done: 0,
        frames_total,
    };
    for source in 0..request.trajectories.len() {
        metadata.sources[source] = job.read_source(source, &mut writer, progress)?;
    }
    let mut report = job.report;
    if writer.frames() == 0 {
        let summary = match report.notices.is_empty() {
            true => "all of them lie before the time to be skipped".to_owned(),
            false => report.notices.join("; "),
        };
        return Err(ImportError::NothingUsable { summary });
    }
    report.frames = writer.frames();
    report.trajectories = writer.trajectories();
    report.bytes = writer.finish(metadata)?;
    Ok(report)
}

fn check_request(request: &ImportRequest) -> Result<(), ImportError> {
    if request.trajectories.is_empty() {
        return Err(ImportError::Request("name at least one trajectory file to import"));
    }
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    let inputs: Vec<Option<PathBuf>> = request.trajectories.iter().map(|path| place(path)).collect();
    if let Some(output) = place(&request.output)
        && (inputs.contains(&Some(output.clone())) || place(&request.topology) == Some(output))
    {
        return Err(ImportError::Request(
            "the store would replace a file that it is made from: choose another name for it",
        ));
    }
    if (1..inputs.len()).any(|at| inputs[at].is_some() && inputs[..at].contains(&inputs[at])) {
        return Err(ImportError::Request("the same trajectory is named twice: name each once"));
    }
    check_selection(request.stride, request.skip_ps, request.interval_ps)
}

fn empty_source(path: &Path) -> SourceFile {
    SourceFile { path: path.display().to_string(), bytes: 0, crc32: 0, frames_in_file: 0, frames_stored: 0 }
}

/// The second pass.
struct Job<'a> {
    request: &'a ImportRequest,
    map: &'a TopologyMap,
    molecule: WholeMolecule,
    file_interval_ps: f64,
    interval_ps: f64,
    report: ImportReport,
    frames_done: usize,
    frames_total: usize,
}

impl Job<'_> {
    fn read_source(
        &mut self,
        source: usize,
        writer: &mut StoreWriter,
        progress: &mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
    ) -> Result<SourceFile, ImportError> {
        let path = &self.request.trajectories[source];
        let mut reader = TrajectoryReader::open(path)?;
        let frames_in_file = reader.frame_count();
        let frames_before = writer.frames();
        let before = self.report.clone();
        let mut frame = Frame::default();
        let mut positions = vec![[0.0; 3]; self.map.topology.atom_count()];
        let mut first_time_ps = None;
        let mut last_time_ps: Option<f64> = None;
        let mut geometry_checked = false;
        let mut breaks = 0;
        for index in 0..frames_in_file {
            let go_on = progress(ImportProgress {
                source,
                frames_done: self.frames_done,
                frames_total: self.frames_total,
            });
            if go_on.is_break() {
                return Err(ImportError::Cancelled);
            }
            self.frames_done += 1;
            if index % self.request.stride != 0 {
                continue;
            }
            match reader.read_frame(index, &mut frame) {
                Ok(()) => {}
                Err(TrajectoryError::Malformed { .. }) => {
                    self.report.frames_damaged += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            let time_ps = match (self.request.interval_ps, frame.time_ps) {
                (None, Some(time_ps)) => time_ps,
                _ => index as f64 * self.file_interval_ps,
            };
            if time_ps - *first_time_ps.get_or_insert(time_ps) < self.request.skip_ps {
                continue;
            }
            for (position, &atom) in positions.iter_mut().zip(&self.map.indices) {
                *position = frame.positions_angstrom[atom];
            }
            if first_not_finite(&positions).is_some() {
                self.report.frames_not_finite += 1;
                continue;
            }
            let wholeness = self.molecule.repair(&mut positions, frame.cell_angstrom);
            // The first frame tells whether the file is what it should be, the others only of themselves.
            let geometry = check_geometry(&self.map.topology, &positions, path);
            if !geometry_checked {
                geometry?;
                geometry_checked = true;
            } else if geometry.is_err() {
                self.report.frames_broken += 1;
                continue;
            }
            match wholeness {
                Wholeness::Whole => {}
                Wholeness::MadeWhole => self.report.frames_made_whole += 1,
                Wholeness::Broken { .. } => {
                    self.report.frames_broken += 1;
                    continue;
                }
            }
            let continues =
                last_time_ps.is_some_and(|last| !differ(time_ps - last, self.interval_ps, time_ps));
            if !continues {
                breaks += usize::from(last_time_ps.is_some());
                writer.start_trajectory(source, time_ps);
            }
            writer.push(&positions)?;
            last_time_ps = Some(time_ps);
        }
        self.note(&before, path, reader.tail_bytes(), breaks);
        let (bytes, crc32) = checksum(path).map_err(TrajectoryError::io("read", path))?;
        let frames_stored = writer.frames() - frames_before;
        Ok(SourceFile { path: path.display().to_string(), bytes, crc32, frames_in_file, frames_stored })
    }

    /// Says in words what was special about one file.
    fn note(&mut self, before: &ImportReport, path: &Path, tail_bytes: u64, breaks: usize) {
        let file = path.display();
        let now = &self.report;
        let counts = [
            (now.frames_not_finite - before.frames_not_finite, "left out: positions that are not numbers"),
            (now.frames_damaged - before.frames_damaged, "left out: damaged"),
            (
                now.frames_broken - before.frames_broken,
                "left out: no whole protein chain (torn or collapsed)",
            ),
            (now.frames_made_whole - before.frames_made_whole, "put together again across the periodic cell"),
        ];
        let mut notices: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{file}: {} {what}", counted(*count, "frame")))
            .collect();
        if tail_bytes > 0 {
            notices.push(format!(
                "{file}: its last {tail_bytes} bytes make no complete frame and were left out"
            ));
        }
        if breaks > 0 {
            notices.push(format!(
                "{file}: its times have {}, each starts a new trajectory",
                counted(breaks, "gap")
            ));
        }
        self.report.notices.extend(notices);
    }
}

/// CRC-32 of a file.
///
/// # Errors
/// When it cannot be read.
pub fn file_crc32(path: &Path) -> std::io::Result<u32> {
    checksum(path).map(|(_, crc32)| crc32)
}

/// Length and CRC-32 of a file.
pub(crate) fn checksum(path: &Path) -> std::io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut crc = flate2::Crc::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, crc.sum()));
        }
        bytes += read as u64;
        crc.update(&buffer[..read]);
    }
}
