//! Neighbor search on a regular grid.

/// Atoms sorted by the cell of a regular grid that they lie in.
pub(crate) struct Cells {
    edge_angstrom: f64,
    /// Cell and atom, sorted.
    entries: Vec<([i32; 3], usize)>,
}

impl Cells {
    /// Cells of the given edge: no less than the distance that will be searched.
    pub(crate) fn new(positions: &[[f32; 3]], edge_angstrom: f64) -> Self {
        let mut entries: Vec<_> =
            positions.iter().enumerate().map(|(atom, &p)| (cell(p, edge_angstrom), atom)).collect();
        entries.sort_unstable();
        Self { edge_angstrom, entries }
    }

    /// Calls `visit` for every atom of the 27 cells about `position`.
    pub(crate) fn for_near(&self, position: [f32; 3], mut visit: impl FnMut(usize)) {
        let [x, y, z] = cell(position, self.edge_angstrom);
        for dx in -1..=1i32 {
            for dy in -1..=1i32 {
                // The three cells along z are neighbors in the sorted list.
                let (x, y) = (x.saturating_add(dx), y.saturating_add(dy));
                let first = [x, y, z.saturating_sub(1)];
                let last = [x, y, z.saturating_add(1)];
                let start = self.entries.partition_point(|(c, _)| *c < first);
                for &(c, atom) in &self.entries[start..] {
                    if c > last {
                        break;
                    }
                    visit(atom);
                }
            }
        }
    }
}

fn cell(position: [f32; 3], edge_angstrom: f64) -> [i32; 3] {
    // A cast saturates, and sends NaN to 0: a broken frame is slow to search, not a crash.
    position.map(|x| (f64::from(x) / edge_angstrom).floor() as i32)
}
