//! Which panes there are and how they are docked. The layout is kept between sessions under a versioned
//! key; a layout that misses a pane is replaced by the default one.

use std::collections::HashSet;

use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// Storage key. The number grows when panes change, so that an old layout is not misread.
pub const STORAGE_KEY: &str = "layout-6";

/// The docked panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[allow(missing_docs)]
pub enum Pane {
    Molecule,
    Simulation,
    FreeEnergy,
    Ramachandran,
    Rmsd,
    Measurements,
    Fluctuation,
    Contacts,
    Structure,
    States,
    Ensemble,
    Validity,
    Runs,
    Log,
    Training,
    LearningCurves,
    Evaluation,
    #[serde(alias = "Comparison")]
    EvaluationResults,
}

impl Pane {
    /// All panes.
    pub const ALL: &[Pane] = Pane::VARIANTS;

    /// Title on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Molecule => "Molecule",
            Pane::Simulation => "Simulation",
            Pane::FreeEnergy => "Free energy",
            Pane::Ramachandran => "Ramachandran",
            Pane::Rmsd => "RMSD",
            Pane::Measurements => "Measurements",
            Pane::Fluctuation => "Fluctuation",
            Pane::Contacts => "Contacts",
            Pane::Structure => "Structure",
            Pane::States => "States",
            Pane::Ensemble => "Clusters",
            Pane::Validity => "Validity",
            Pane::Runs => "Runs",
            Pane::Log => "Log",
            Pane::Training => "Training",
            Pane::LearningCurves => "Learning curves",
            Pane::Evaluation => "Evaluation",
            Pane::EvaluationResults => "Evaluation results",
        }
    }
}

/// The layout of a first start: settings left, molecule in the middle, plots right.
pub fn default_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let simulation = tabs(&mut tiles, &[Pane::Simulation, Pane::Training, Pane::Evaluation]);
    let read_outs = tabs(&mut tiles, &[Pane::Validity, Pane::Runs, Pane::Log]);
    let left = split(&mut tiles, LinearDir::Vertical, &[(simulation, 0.70), (read_outs, 0.30)]);
    let molecule = tabs(&mut tiles, &[Pane::Molecule, Pane::LearningCurves, Pane::EvaluationResults]);
    let free_energy = tabs(&mut tiles, &[Pane::FreeEnergy, Pane::States, Pane::Ensemble]);
    let ramachandran = tabs(&mut tiles, &[Pane::Ramachandran, Pane::Contacts, Pane::Structure]);
    let rmsd = tabs(&mut tiles, &[Pane::Rmsd, Pane::Fluctuation, Pane::Measurements]);
    let right =
        split(&mut tiles, LinearDir::Vertical, &[(free_energy, 0.36), (ramachandran, 0.36), (rmsd, 0.28)]);
    let root = split(&mut tiles, LinearDir::Horizontal, &[(left, 0.23), (molecule, 0.48), (right, 0.29)]);
    Tree::new(egui::Id::unique("panes"), root, tiles)
}

/// Two or three columns of tabs, for windows too low for panes below one another: settings, the molecule, and plots
/// beside it or behind it.
pub fn stacked_tree(columns: usize) -> Tree<Pane> {
    const SETTINGS: [Pane; 6] =
        [Pane::Simulation, Pane::Training, Pane::Evaluation, Pane::Validity, Pane::Runs, Pane::Log];
    const VIEWS: [Pane; 3] = [Pane::Molecule, Pane::LearningCurves, Pane::EvaluationResults];
    const PLOTS: [Pane; 9] = [
        Pane::FreeEnergy,
        Pane::Ramachandran,
        Pane::Rmsd,
        Pane::States,
        Pane::Ensemble,
        Pane::Contacts,
        Pane::Structure,
        Pane::Fluctuation,
        Pane::Measurements,
    ];
    let mut tiles = Tiles::default();
    let left = tabs(&mut tiles, &SETTINGS);
    let all = if columns < 3 {
        let right = tabs(&mut tiles, &[&VIEWS[..1], &PLOTS, &VIEWS[1..]].concat());
        vec![(left, 0.4), (right, 0.6)]
    } else {
        let (middle, right) = (tabs(&mut tiles, &VIEWS), tabs(&mut tiles, &PLOTS));
        vec![(left, 0.29), (middle, 0.41), (right, 0.30)]
    };
    let root = split(&mut tiles, LinearDir::Horizontal, &all);
    Tree::new(egui::Id::unique("stacked panes"), root, tiles)
}

/// What a tile is called on its tab: a pane by its title, panes docked together by theirs.
pub fn title_of(tiles: &Tiles<Pane>, tile: TileId) -> String {
    const NAMED: usize = 2;
    let mut titles = Vec::new();
    collect_titles(tiles, tile, &mut titles);
    let more = titles.len().saturating_sub(NAMED);
    let named = titles.into_iter().take(NAMED).collect::<Vec<_>>().join(" + ");
    if more > 0 { format!("{named} + {more}") } else { named }
}

fn collect_titles(tiles: &Tiles<Pane>, tile: TileId, titles: &mut Vec<&'static str>) {
    match tiles.get(tile) {
        Some(Tile::Pane(pane)) => titles.push(pane.title()),
        Some(Tile::Container(container)) => {
            for child in container.children() {
                collect_titles(tiles, *child, titles);
            }
        }
        None => {}
    }
}

/// Brings a pane to the front of its tabs.
pub fn show(tree: &mut Tree<Pane>, pane: Pane) {
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(shown) if *shown == pane));
}

/// The tab of a pane, as the keyboard comes to it.
pub fn tab_of(tree: &Tree<Pane>, pane: Pane) -> Option<egui::Id> {
    Some(tree.tiles.find_pane(&pane)?.egui_id(tree.id()))
}

/// Whether a pane is the one shown of its tabs.
pub fn is_in_front(tree: &Tree<Pane>, pane: Pane) -> bool {
    tree.active_tiles()
        .into_iter()
        .any(|tile| matches!(tree.tiles.get(tile), Some(Tile::Pane(shown)) if *shown == pane))
}

/// Whether every pane is in the tree exactly once. A layout comes out of a file: one that contains itself would be
/// walked without end.
pub fn is_complete(tree: &Tree<Pane>) -> bool {
    let mut counts = [0usize; Pane::ALL.len()];
    let mut seen = HashSet::new();
    let mut waiting: Vec<TileId> = tree.root().into_iter().collect();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            return false;
        }
        match tree.tiles.get(id) {
            Some(Tile::Pane(pane)) => {
                if let Some(index) = Pane::ALL.iter().position(|candidate| candidate == pane) {
                    counts[index] += 1;
                }
            }
            Some(Tile::Container(container)) if has_sizes(container) => waiting.extend(container.children()),
            Some(Tile::Container(_)) => return false,
            None => {}
        }
    }
    counts.iter().all(|&count| count == 1)
}

/// Whether the shares of a container's children can be shares of its size.
fn has_sizes(container: &Container) -> bool {
    let sound = |share: &f32| share.is_finite() && *share >= 0.0;
    match container {
        Container::Tabs(_) => true,
        Container::Linear(linear) => linear.shares.iter().all(|(_, share)| sound(share)),
        Container::Grid(grid) => grid.col_shares.iter().chain(&grid.row_shares).all(sound),
    }
}

fn tabs(tiles: &mut Tiles<Pane>, panes: &[Pane]) -> TileId {
    let children = panes.iter().map(|&pane| tiles.insert_pane(pane)).collect();
    tiles.insert_tab_tile(children)
}

fn split(tiles: &mut Tiles<Pane>, dir: LinearDir, children: &[(TileId, f32)]) -> TileId {
    let mut linear = Linear::new(dir, children.iter().map(|&(id, _)| id).collect());
    for &(id, share) in children {
        linear.shares.set_share(id, share);
    }
    tiles.insert_container(Container::Linear(linear))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_default_layout_survives_saving() {
        let tree = default_tree();
        assert!(is_complete(&tree));
        let text = serde_json::to_string(&tree).unwrap();
        assert!(is_complete(&serde_json::from_str(&text).unwrap()));
    }

    #[test]
    fn panes_docked_together_are_called_by_their_titles() {
        let mut tree = default_tree();
        let rmsd = tree.tiles.find_pane(&Pane::Rmsd).unwrap();
        let log = tree.tiles.find_pane(&Pane::Log).unwrap();
        let runs = tree.tiles.find_pane(&Pane::Runs).unwrap();
        assert_eq!(title_of(&tree.tiles, rmsd), "RMSD");
        let two = tree.tiles.insert_vertical_tile(vec![rmsd, log]);
        assert_eq!(title_of(&tree.tiles, two), "RMSD + Log");
        let three = tree.tiles.insert_vertical_tile(vec![two, runs]);
        assert_eq!(title_of(&tree.tiles, three), "RMSD + Log + 1");
    }

    #[test]
    fn a_layout_that_contains_itself_or_has_no_sizes_is_refused() {
        let mut tree = default_tree();
        let root = tree.root().unwrap();
        let log = tree.tiles.find_pane(&Pane::Log).unwrap();
        let inner = tree.tiles.parent_of(log).unwrap();
        for (container, child) in [(root, root), (inner, root), (root, log)] {
            let mut tree = tree.clone();
            let Some(Tile::Container(container)) = tree.tiles.get_mut(container) else { unreachable!() };
            container.add_child(child);
            assert!(!is_complete(&tree));
        }
        let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(root) else {
            unreachable!()
        };
        linear.shares.set_share(inner, f32::INFINITY);
        assert!(!is_complete(&tree));
    }

    #[test]
    fn a_layout_without_a_pane_is_incomplete() {
        let mut tree = default_tree();
        let rmsd = tree.tiles.find_pane(&Pane::Rmsd).unwrap();
        tree.remove_recursively(rmsd);
        assert!(!is_complete(&tree));
    }
}
