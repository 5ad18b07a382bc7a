//! A first look at trajectory files that are to be read one after the other: whether they belong together,
//! and how far their frames are apart.

use std::sync::Arc;

use super::error::TrajectoryError;
use super::import::ImportError;
use super::reader::TrajectoryReader;
use super::source::TrajectorySource;

/// Time steps that differ by less than this fraction are the same.
const INTERVAL_TOLERANCE: f64 = 1e-3;

/// Refuses a stride of 0, a negative time to skip, and an interval that is no positive time.
///
/// # Errors
/// [`ImportError::Request`].
pub(super) fn check_selection(
    stride: usize,
    skip_ps: f64,
    interval_ps: Option<f64>,
) -> Result<(), ImportError> {
    if stride == 0 {
        return Err(ImportError::Request("the stride must be at least 1"));
    }
    if !(skip_ps.is_finite() && skip_ps >= 0.0) {
        return Err(ImportError::Request("the time to skip must be zero or more ps"));
    }
    if interval_ps.is_some_and(|interval| !(interval.is_finite() && interval > 0.0)) {
        return Err(ImportError::Request("the interval between frames must be a positive time in ps"));
    }
    Ok(())
}

/// What a survey found.
pub(super) struct Survey {
    /// Interval of the files, ps.
    pub interval_ps: f64,
    /// Frames in all of them.
    pub frames: usize,
}

/// Every file must be readable, fit its topology and agree on the interval, which `given_ps` replaces. Files that
/// name their atoms are held against the names of the topology, and read by name where the order
/// differs.
///
/// # Errors
/// The first file that cannot be used, or that tells no interval.
pub(super) fn survey(
    sources: &mut [TrajectorySource],
    given_ps: Option<f64>,
    notices: &mut Vec<String>,
) -> Result<Survey, ImportError> {
    let mut interval_ps = given_ps;
    let mut frames = 0;
    let mut unknown: Option<ImportError> = None;
    for TrajectorySource { path, map } in sources {
        let mut reader = TrajectoryReader::open(path)?;
        if reader.frame_count() == 0 {
            return Err(ImportError::NoFrames { path: path.clone() });
        }
        if reader.atom_count() != map.file_atom_count {
            let (found, expected) = (reader.atom_count(), map.file_atom_count);
            return Err(TrajectoryError::AtomCount { path: path.clone(), found, expected }.into());
        }
        if let Some(indices) = reader.indices_by_name(map)? {
            let indices = indices.ok_or_else(|| ImportError::OtherAtoms { path: path.clone() })?;
            notices.push(format!(
                "{}: its atoms stand in another order than those of the topology and were read by name",
                path.display()
            ));
            Arc::make_mut(map).indices = indices;
        }
        frames += reader.frame_count();
        if given_ps.is_some() {
            continue;
        }
        unknown.get_or_insert_with(|| ImportError::UnknownInterval {
            path: path.clone(),
            program: reader.unitless_program(),
        });
        match (reader.interval_ps(), interval_ps) {
            (Some(found), _) if !(found.is_finite() && found > 0.0) => {
                return Err(ImportError::BadInterval { path: path.clone(), interval_ps: found });
            }
            (Some(found_ps), Some(expected_ps)) if differ(found_ps, expected_ps, 0.0) => {
                return Err(ImportError::IntervalMismatch { path: path.clone(), found_ps, expected_ps });
            }
            (Some(found), None) => interval_ps = Some(found),
            // One frame alone has no interval; it can take that of the others.
            (None, _) if reader.frame_count() > 1 => {
                let program = reader.unitless_program();
                return Err(ImportError::UnknownInterval { path: path.clone(), program });
            }
            _ => {}
        }
    }
    match (interval_ps, unknown) {
        (Some(interval_ps), _) => Ok(Survey { interval_ps, frames }),
        (None, Some(unknown)) => Err(unknown),
        (None, None) => Err(ImportError::Request("name at least one trajectory file")),
    }
}

/// `1 frame`, `2 frames`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Whether two time steps differ by more than rounding; `at_ps` is where on the time axis they were
/// measured, since XTC keeps times as `f32`.
pub(super) fn differ(a_ps: f64, b_ps: f64, at_ps: f64) -> bool {
    let rounding_ps = 4.0 * f64::from(f32::EPSILON) * at_ps.abs();
    let difference_ps = (a_ps - b_ps).abs();
    // A time that is no number differs from all.
    difference_ps.is_nan() || difference_ps > INTERVAL_TOLERANCE * b_ps.abs() + rounding_ps
}
