//! Observables, superposition, dihedrals, TICA, free energies and chemistry checks, in `f64` (ARCHITECTURE.md §8).
//!
//! Everything works on canonical atom positions (`&[[f32; 3]]`, Å) and the [`Topology`] they belong to,
//! reads them only, and never moves the caller's coordinates.
//!
//! [`Topology`]: crate::structure::Topology

pub mod contact_map;
pub mod coordinate;
pub mod covariance;
pub mod dihedrals;
pub mod divergence;
pub mod dssp;
pub mod error;
pub mod evaluation;
pub mod features;
pub mod fluctuation;
pub mod histogram;
pub mod inefficiency;
pub mod kmeans;
pub mod landscape;
pub mod live;
mod live_settings;
mod live_tica;
pub mod measurement;
pub mod msm;
pub mod observables;
pub mod paper;
pub mod ramachandran;
pub mod reference;
pub mod representatives;
pub mod selection;
pub mod structure_timeline;
pub mod superposition;
mod thinned;
pub mod tica;
pub mod units;
pub mod validity;
pub mod vectors;

pub use crate::chemistry::{Clash, ClashFinder, ContactLimit};
pub use contact_map::{CONTACT_ANGSTROM, ContactMap};
pub use coordinate::{COORDINATE_NAMES, Coordinates};
pub use dihedrals::{DihedralTable, ResidueDihedrals, dihedrals};
pub use divergence::{
    divergence_of_samples_nats, jensen_shannon_1d_nats, jensen_shannon_2d_nats, jensen_shannon_nats,
};
pub use dssp::{SecondaryStructure, dssp};
pub use error::{AnalysisError, CoordinateError, ReferenceFileError, UnsupportedModel};
pub use features::CaPairFeatures;
pub use fluctuation::{Fluctuation, ca_deviations_angstrom};
pub use histogram::{Binning, FreeEnergySurface, Histogram1d, Histogram2d};
pub use inefficiency::{share_with_error, statistical_inefficiency};
pub use kmeans::{KMeans, kmeans};
pub use landscape::{
    Basin, BasinSettings, Basins, Contour, Ends, SmoothDensity, contours, find_basins, scott_bandwidth,
    smooth_density,
};
pub use live::{FrameObservables, LiveObservables, SeriesPoint};
pub use live_settings::LiveSettings;
pub use live_tica::{BasisSource, ProjectedPoint, RefitRequest};
pub use measurement::{Measurement, MeasurementPoint, MeasurementSeries};
pub use msm::{Estimator, MacroModel, MacroState, MarkovModel, Transition, macrostates};
pub use observables::{NativeContacts, ca_distances_angstrom, gdt_ts, radius_of_gyration_angstrom};
pub use paper::PaperResults;
pub use ramachandran::{RamachandranClass, RamachandranHistogram, ramachandran_classes};
pub use reference::{ReferenceData, ReferenceProvenance, build_reference};
pub use representatives::{Cluster, FrameDistances, representatives};
pub use selection::{Selection, SelectionError};
pub use structure_timeline::{StructureColumn, StructureTimeline};
pub use superposition::{Superposition, ca_rmsd_angstrom, superpose_pair, superposed_copy};
pub use thinned::Thinned;
pub use tica::{TicaBasis, TicaFit, TicaSettings};
pub use validity::{ValidityChecker, ValidityReport, ValiditySummary};
