//! Reading any trajectory file, whatever its format.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::dcd::DcdReader;
use super::error::TrajectoryError;
use super::format::{FormatError, TrajectoryFormat};
use super::frame::Frame;
use super::interval::{even_interval, ulp_f32};
use super::pdb::PdbReader;
use super::xtc::XtcReader;
use crate::foreign_format::{Use, recognize};
use crate::regular_file::open_regular;
use crate::structure::TopologyMap;
use crate::structure::topology_map::indices_in_pdb;

/// An open trajectory file with random access to its frames.
#[derive(Debug)]
pub struct TrajectoryReader {
    path: PathBuf,
    pub(super) inner: Inner,
}

/// One reader per format.
#[derive(Debug)]
pub(super) enum Inner {
    Dcd(DcdReader),
    Xtc(XtcReader),
    Pdb(PdbReader),
}

/// Calls the method of whichever reader it is.
macro_rules! delegate {
    ($self:expr, $reader:ident => $call:expr) => {
        match $self {
            Inner::Dcd($reader) => $call,
            Inner::Xtc($reader) => $call,
            Inner::Pdb($reader) => $call,
        }
    };
}

impl TrajectoryReader {
    /// Opens a file by its extension.
    ///
    /// # Errors
    /// If the extension is unknown, the file cannot be read, or it breaks its format. A cut-off last frame
    /// is no error; see [`TrajectoryReader::tail_bytes`].
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let format = TrajectoryFormat::of_file(path)?;
        // A foreign file under one of our names is told by its first bytes.
        if let Some(foreign) = first_bytes(path)?.as_deref().and_then(recognize)
            && !foreign.is(format)
        {
            let file = foreign.refusal(Use::Trajectory);
            return Err(FormatError::Foreign { path: path.to_path_buf(), file }.into());
        }
        let inner = match format {
            TrajectoryFormat::Dcd => Inner::Dcd(DcdReader::open(path)?),
            TrajectoryFormat::Xtc => Inner::Xtc(XtcReader::open(path)?),
            TrajectoryFormat::Pdb => Inner::Pdb(PdbReader::open(path)?),
        };
        Ok(Self { path: path.to_path_buf(), inner })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> TrajectoryFormat {
        match &self.inner {
            Inner::Dcd(_) => TrajectoryFormat::Dcd,
            Inner::Xtc(_) => TrajectoryFormat::Xtc,
            Inner::Pdb(_) => TrajectoryFormat::Pdb,
        }
    }

    /// Variant of the format for people, such as `CHARMM, little-endian`; empty where there are none.
    pub fn variant(&self) -> String {
        match &self.inner {
            Inner::Dcd(dcd) => dcd.variant(),
            Inner::Xtc(_) | Inner::Pdb(_) => String::new(),
        }
    }

    /// Complete frames.
    pub fn frame_count(&self) -> usize {
        delegate!(&self.inner, reader => reader.frame_count())
    }

    /// Atoms in every frame.
    pub fn atom_count(&self) -> usize {
        delegate!(&self.inner, reader => reader.atom_count())
    }

    /// Time of frame `index`, ps; `None` past the end, and where the file gives no times.
    pub fn time_ps(&self, index: usize) -> Option<f64> {
        delegate!(&self.inner, reader => reader.time_ps(index))
    }

    /// Time between consecutive frames, ps, as most of them are apart; `None` with fewer than two frames or
    /// without times. Times that a file rounds are not taken for the interval: the longest even stretch tells.
    pub fn interval_ps(&self) -> Option<f64> {
        if let Inner::Dcd(dcd) = &self.inner {
            return dcd.interval_ps();
        }
        let times: Vec<f64> = (0..self.frame_count()).map_while(|k| self.time_ps(k)).collect();
        let single = matches!(self.inner, Inner::Xtc(_));
        even_interval(&times, |time| if single { ulp_f32(time) } else { 1e-9 * time.abs() })
    }

    /// Where the file names its atoms and they stand in another order than in `map`: the index of every
    /// canonical atom by name, or `None` within if they are not the atoms of the topology.
    pub(super) fn indices_by_name(
        &mut self,
        map: &TopologyMap,
    ) -> Result<Option<Option<Vec<usize>>>, TrajectoryError> {
        let Inner::Pdb(pdb) = &mut self.inner else { return Ok(None) };
        let same = |(&index, name): (&usize, &String)| pdb.atom_name(index) == Some(name.as_bytes());
        if map.indices.iter().zip(&map.file_names).all(same) {
            return Ok(None);
        }
        let model = pdb.first_model()?;
        Ok(Some(indices_in_pdb(&model, &map.topology)))
    }

    /// The program that wrote the file, where it counts time in units that the file does not tell.
    pub(super) fn unitless_program(&self) -> Option<&'static str> {
        match &self.inner {
            Inner::Dcd(dcd) => dcd.unitless_program(),
            Inner::Xtc(_) | Inner::Pdb(_) => None,
        }
    }

    /// Bytes after the last complete frame, left by a writer that was killed; usually 0.
    pub fn tail_bytes(&self) -> u64 {
        delegate!(&self.inner, reader => reader.tail_bytes())
    }

    /// Reads frame `index` into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// If there is no such frame or it is damaged.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        delegate!(&mut self.inner, reader => reader.read_frame(index, frame))
    }
}

/// Enough to tell a format by; `None` where the file holds less than nothing to tell.
fn first_bytes(path: &Path) -> Result<Option<Vec<u8>>, TrajectoryError> {
    let file = open_regular(path).map_err(|refused| TrajectoryError::io("open", path)(refused.into()))?;
    let mut head = Vec::new();
    file.take(64).read_to_end(&mut head).map_err(TrajectoryError::io("read", path))?;
    Ok(Some(head).filter(|head| !head.is_empty()))
}
