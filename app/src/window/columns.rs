//! Panes keep a least size where the window becomes small or is magnified, and get back theirs when there is room again.
//! Columns give one another of their width, unless the user has moved them since; where panes below one another would
//! be too low, those of a column come behind one another, as tabs.

use egui_tiles::{Container, Tile, TileId, Tree};

use super::layout::{self, Pane};

/// What the forms and the tabs of three panes need, points.
const LEAST_WIDTH: f32 = 212.0;
/// What three panes below one another need to show more than their titles, points.
const LEAST_HEIGHT: f32 = 400.0;
/// What three columns of tabs need, points; else there are two.
const LEAST_WIDTH_OF_THREE: f32 = 3.0 * LEAST_WIDTH;

/// The columns, as they were and as they were made.
#[derive(Debug, Default)]
pub struct Columns {
    /// The user's layout and the number of columns in place of it, in a low window.
    set_aside: Option<(Tree<Pane>, usize)>,
    width: f32,
    wanted: Vec<(TileId, f32)>,
    made: Vec<(TileId, f32)>,
}

impl Columns {
    /// Adapts the panes to a window of so many points, if that is another size than before.
    pub fn fit(&mut self, tree: &mut Tree<Pane>, width: f32, height: f32) {
        let columns = if width < LEAST_WIDTH_OF_THREE { 2 } else { 3 };
        let wanted = (height < LEAST_HEIGHT && height > 0.0).then_some(columns);
        if self.set_aside.as_ref().map(|(_, columns)| *columns) != wanted {
            self.stack(tree, wanted);
        }
        self.fit_width(tree, width);
    }

    /// Puts so many columns of tabs in place of the user's layout, or that back.
    fn stack(&mut self, tree: &mut Tree<Pane>, columns: Option<usize>) {
        self.give_back(tree);
        self.width = 0.0;
        let before = tree.clone();
        let users = self.set_aside.take().map_or_else(|| before.clone(), |(users, _)| users);
        *tree = match columns {
            Some(columns) => layout::stacked_tree(columns),
            None => users.clone(),
        };
        self.set_aside = columns.map(|columns| (users, columns));
        // What was in front stays there; of several now behind one another the first.
        for pane in Pane::ALL.iter().copied().rev().filter(|pane| layout::is_in_front(&before, *pane)) {
            layout::show(tree, pane);
        }
    }

    fn fit_width(&mut self, tree: &mut Tree<Pane>, width: f32) {
        if (self.width - width).abs() < 0.5 {
            return;
        }
        self.width = width;
        self.give_back(tree);
        let wanted = shares(tree);
        let total: f32 = wanted.iter().map(|(_, share)| share).sum();
        if wanted.len() < 2 || !total.is_finite() || total <= 0.0 || width < LEAST_WIDTH {
            return;
        }
        // The molecule, or else the widest, gives what the others lack; it keeps a third.
        let widths: Vec<f32> = wanted.iter().map(|(_, share)| share / total * width).collect();
        let holds_molecule = |tile: TileId| holds(tree, tile, Pane::Molecule);
        let widest = (0..widths.len()).max_by(|a, b| widths[*a].total_cmp(&widths[*b]));
        let Some(giver) = wanted.iter().position(|(tile, _)| holds_molecule(*tile)).or(widest) else {
            return;
        };
        let lack = |index: usize| if index == giver { 0.0 } else { (LEAST_WIDTH - widths[index]).max(0.0) };
        let lacking: f32 = (0..widths.len()).map(lack).sum();
        if lacking <= 0.0 {
            return;
        }
        let given = lacking.min((widths[giver] - width / 3.0).max(0.0));
        let made: Vec<(TileId, f32)> = (wanted.iter().enumerate())
            .map(|(index, (tile, _))| {
                let more = if index == giver { -given } else { lack(index) * given / lacking };
                (*tile, (widths[index] + more) / width * total)
            })
            .collect();
        set(tree, &made);
        self.wanted = wanted;
        self.made = made;
    }

    /// Puts the columns back as they were, unless the user has moved them since.
    fn give_back(&mut self, tree: &mut Tree<Pane>) {
        let (wanted, made) = (std::mem::take(&mut self.wanted), std::mem::take(&mut self.made));
        if !made.is_empty() && shares(tree) == made {
            set(tree, &wanted);
        }
    }

    /// The layout to be kept: with the columns as the user has them.
    pub fn to_keep(&self, tree: &Tree<Pane>) -> Tree<Pane> {
        if let Some((users, _)) = &self.set_aside {
            return users.clone();
        }
        let mut kept = tree.clone();
        if !self.made.is_empty() && shares(tree) == self.made {
            set(&mut kept, &self.wanted);
        }
        kept
    }
}

/// Shares of the columns; none where the root does not lie in columns.
fn shares(tree: &Tree<Pane>) -> Vec<(TileId, f32)> {
    let root = tree.root().and_then(|root| tree.tiles.get(root));
    match root {
        Some(Tile::Container(Container::Linear(linear)))
            if linear.dir == egui_tiles::LinearDir::Horizontal =>
        {
            linear.children.iter().map(|child| (*child, linear.shares[*child])).collect()
        }
        _ => Vec::new(),
    }
}

fn set(tree: &mut Tree<Pane>, shares: &[(TileId, f32)]) {
    let Some(root) = tree.root() else { return };
    if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(root) {
        for (tile, share) in shares {
            linear.shares.set_share(*tile, *share);
        }
    }
}

fn holds(tree: &Tree<Pane>, tile: TileId, wanted: Pane) -> bool {
    match tree.tiles.get(tile) {
        Some(Tile::Pane(pane)) => *pane == wanted,
        Some(Tile::Container(container)) => container.children().any(|child| holds(tree, *child, wanted)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::window::layout::default_tree;

    fn widths(tree: &Tree<Pane>, width: f32) -> Vec<f32> {
        let shares = shares(tree);
        let total: f32 = shares.iter().map(|(_, share)| share).sum();
        shares.iter().map(|(_, share)| share / total * width).collect()
    }

    #[test]
    fn columns_keep_a_least_width_and_get_back_theirs() {
        let (mut tree, mut columns) = (default_tree(), Columns::default());
        let before = shares(&tree);
        columns.fit(&mut tree, 1280.0, 700.0);
        assert_eq!(shares(&tree), before);
        columns.fit(&mut tree, 711.0, 700.0);
        let narrow = widths(&tree, 711.0);
        assert!(narrow[0] > 205.0 && narrow[2] > 205.0 && narrow[1] > 230.0, "{narrow:?}");
        assert_eq!(shares(&columns.to_keep(&tree)), before, "what is kept is the user's");
        columns.fit(&mut tree, 1280.0, 700.0);
        assert_eq!(shares(&tree), before);
    }

    #[test]
    fn panes_of_a_low_window_come_behind_one_another_and_the_layout_comes_back() {
        let (mut tree, mut columns) = (default_tree(), Columns::default());
        layout::show(&mut tree, Pane::Contacts);
        columns.fit(&mut tree, 1280.0, 700.0);
        let before = serde_json::to_string(&tree).unwrap();
        let in_front = |tree: &Tree<Pane>| {
            Pane::ALL.iter().copied().filter(|pane| layout::is_in_front(tree, *pane)).collect::<Vec<_>>()
        };
        for (width, height, expected) in [
            (711.0, 350.0, vec![Pane::Molecule, Pane::Simulation, Pane::FreeEnergy]),
            (533.0, 240.0, vec![Pane::Molecule, Pane::Simulation]),
            (711.0, 350.0, vec![Pane::Molecule, Pane::Simulation, Pane::FreeEnergy]),
        ] {
            columns.fit(&mut tree, width, height);
            assert!(layout::is_complete(&tree));
            assert_eq!(in_front(&tree), expected, "{width} × {height}");
        }
        assert_eq!(
            serde_json::to_string(&columns.to_keep(&tree)).unwrap(),
            before,
            "what is kept is the user's"
        );
        layout::show(&mut tree, Pane::Rmsd);
        columns.fit(&mut tree, 1280.0, 700.0);
        assert!(layout::is_in_front(&tree, Pane::Rmsd) && layout::is_in_front(&tree, Pane::Contacts));
        assert_eq!(shares(&tree), shares(&default_tree()));
    }
}
