//! Free-energy maps of frames on any two coordinates: a smooth density, its contours, and the basins in it.

mod basins;
mod contours;
mod density;

pub use basins::{Basin, BasinSettings, Basins, find_basins};
pub use contours::{Contour, contours};
pub use density::{Ends, SmoothDensity, scott_bandwidth, smooth_density};
