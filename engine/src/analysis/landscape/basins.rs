//! Basins of a free-energy surface, and how much of the time is spent in them.

use super::density::Ends;
use crate::analysis::histogram::FreeEnergySurface;
use crate::analysis::inefficiency::share_with_error;

/// What counts as a basin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BasinSettings {
    /// Least height of the lowest way out, kT; shallower dents belong to the basin they open into.
    pub least_depth_kt: f64,
    /// Least share of the frames.
    pub least_population: f64,
    /// Most basins, those with most frames.
    pub most: usize,
}

impl Default for BasinSettings {
    /// 1 kT deep, 2 % of the frames, 8 basins.
    fn default() -> Self {
        Self { least_depth_kt: 1.0, least_population: 0.02, most: 8 }
    }
}

/// One basin.
#[derive(Clone, Debug, PartialEq)]
pub struct Basin {
    /// Its deepest point, in the coordinates of the surface.
    pub minimum: [f64; 2],
    /// Free energy there, kT above the deepest point of the surface.
    pub free_energy_kt: f64,
    /// Share of the frames in it, `0..=1`.
    pub population: f64,
    /// Standard error of that share, from the time over which frames remember where they were; NaN for fewer than four
    /// frames, and where all frames lie in the basin.
    pub population_error: f64,
    /// How often trajectories came in from elsewhere, or began in it.
    pub visits: usize,
}

/// The basins of a surface, those with most frames first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basins {
    /// Each basin.
    pub list: Vec<Basin>,
    /// Basin of each cell of the surface, by its place in [`Self::list`].
    pub of_cell: Vec<Option<u8>>,
}

/// Divides a surface among its minima: water that falls anywhere runs down into one of them. Minima whose lowest way
/// out is less than [`BasinSettings::least_depth_kt`] high are joined with what lies behind it. Over the ends of a coordinate
/// that goes around water runs as elsewhere. `trajectories` are the
/// frames, in order of time within each.
pub fn find_basins(
    surface: &FreeEnergySurface,
    trajectories: &[Vec<[f64; 2]>],
    settings: &BasinSettings,
    ends: [Ends; 2],
) -> Basins {
    let nx = surface.x.bins;
    let values = &surface.values_kt;
    let root_of_cell = flood(surface, settings.least_depth_kt, ends);
    let basin_at = |point: &[f64; 2]| {
        let (ix, iy) = (surface.x.index(point[0])?, surface.y.index(point[1])?);
        root_of_cell[iy * nx + ix]
    };
    let visited: Vec<Vec<Option<usize>>> =
        trajectories.iter().map(|trajectory| trajectory.iter().map(basin_at).collect()).collect();
    let total: usize = visited.iter().map(Vec::len).sum();
    let mut roots: Vec<usize> = root_of_cell.iter().flatten().copied().collect();
    roots.sort_unstable();
    roots.dedup();
    let mut found: Vec<(usize, Basin)> = roots
        .into_iter()
        .filter_map(|root| {
            let inside: Vec<Vec<bool>> =
                visited.iter().map(|t| t.iter().map(|at| *at == Some(root)).collect()).collect();
            let count = inside.iter().flatten().filter(|inside| **inside).count();
            if (count as f64) < settings.least_population * total as f64 || count == 0 {
                return None;
            }
            let (population, population_error) = share_with_error(&inside);
            let visits = inside
                .iter()
                .map(|t| {
                    let began = usize::from(t.first() == Some(&true));
                    began + t.windows(2).filter(|pair| !pair[0] && pair[1]).count()
                })
                .sum();
            let minimum = [surface.x.center(root % nx), surface.y.center(root / nx)];
            let free_energy_kt = values[root];
            Some((root, Basin { minimum, free_energy_kt, population, population_error, visits }))
        })
        .collect();
    found.sort_by(|a, b| b.1.population.total_cmp(&a.1.population));
    found.truncate(settings.most.min(usize::from(u8::MAX)));
    let place = |root: usize| found.iter().position(|(of, _)| *of == root).map(|place| place as u8);
    let of_cell = root_of_cell.iter().map(|root| root.and_then(place)).collect();
    Basins { list: found.into_iter().map(|(_, basin)| basin).collect(), of_cell }
}

/// For each cell the deepest cell of its basin; `None` where the surface has no value.
fn flood(
    surface: &FreeEnergySurface,
    least_depth_kt: f64,
    [ends_x, ends_y]: [Ends; 2],
) -> Vec<Option<usize>> {
    let (nx, ny) = (surface.x.bins, surface.y.bins);
    let values = &surface.values_kt;
    let mut order: Vec<usize> = (0..values.len()).filter(|&cell| values[cell].is_finite()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    // Parents lead to the deepest cell of the basin, which is its own parent.
    let mut parent: Vec<Option<usize>> = vec![None; values.len()];
    for cell in order {
        let (ix, iy) = (cell % nx, cell / nx);
        let mut around: Vec<usize> = Vec::with_capacity(8);
        for jy in ends_y.around(iy, ny) {
            for jx in ends_x.around(ix, nx) {
                let other = jy * nx + jx;
                if other != cell && parent[other].is_some() {
                    around.push(other);
                }
            }
        }
        // The steepest way down decides; others meet at this height.
        around.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let Some(&steepest) = around.first() else {
            parent[cell] = Some(cell);
            continue;
        };
        let home = root(&mut parent, steepest);
        parent[cell] = Some(home);
        for &other in &around[1..] {
            let (here, there) = (root(&mut parent, cell), root(&mut parent, other));
            if here == there {
                continue;
            }
            let (deep, shallow) = if values[here] <= values[there] { (here, there) } else { (there, here) };
            if values[cell] - values[shallow] < least_depth_kt {
                parent[shallow] = Some(deep);
            }
        }
    }
    (0..values.len()).map(|cell| parent[cell].map(|_| root(&mut parent, cell))).collect()
}

/// The end of the way from a cell, made shorter for the next time.
fn root(parent: &mut [Option<usize>], cell: usize) -> usize {
    let mut end = cell;
    while let Some(next) = parent[end]
        && next != end
    {
        end = next;
    }
    let mut here = cell;
    while let Some(next) = parent[here]
        && next != here
    {
        parent[here] = Some(end);
        here = next;
    }
    end
}
