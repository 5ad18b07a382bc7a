//! Distances, angles and dihedrals that the user has chosen by clicking atoms.

use equijump_engine::analysis::Measurement;
use equijump_engine::structure::Topology;

use super::command::UiCommand;
use crate::viewport::MeasurementLabel;

/// Measurements at once; more could not be told apart on the molecule.
pub const MOST_MEASUREMENTS: usize = 24;

/// What clicks on atoms are for while measuring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasurementTool {
    /// Two atoms.
    Distance,
    /// Three atoms.
    Angle,
    /// Four atoms.
    Dihedral,
}

impl MeasurementTool {
    /// The tool that a command takes up.
    pub fn of_command(command: UiCommand) -> Option<Self> {
        match command {
            UiCommand::MeasureDistance => Some(Self::Distance),
            UiCommand::MeasureAngle => Some(Self::Angle),
            UiCommand::MeasureDihedral => Some(Self::Dihedral),
            _ => None,
        }
    }

    /// Atoms that it takes.
    pub fn atom_count(self) -> usize {
        match self {
            Self::Distance => 2,
            Self::Angle => 3,
            Self::Dihedral => 4,
        }
    }

    /// What the next click does.
    pub fn hint(self, picked: usize) -> String {
        const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];
        let name = match self {
            Self::Distance => "Distance",
            Self::Angle => "Angle",
            Self::Dihedral => "Dihedral",
        };
        let ordinal = ORDINALS[picked.min(3)];
        format!("{name}: click the {ordinal} of {} atoms, Esc to end", self.atom_count())
    }
}

/// The measurements of the structure that is open.
#[derive(Clone, Debug, Default)]
pub struct Measurements {
    tool: Option<MeasurementTool>,
    picked: Vec<usize>,
    list: Vec<Measurement>,
    /// Which of the list the plot shows.
    plotted: usize,
}

impl Measurements {
    /// What clicks are for; `None` when they mark atoms.
    pub fn tool(&self) -> Option<MeasurementTool> {
        self.tool
    }

    /// Takes up a tool; the same one again puts it away.
    pub fn toggle_tool(&mut self, tool: MeasurementTool) {
        self.picked.clear();
        self.tool = if self.tool == Some(tool) { None } else { Some(tool) };
    }

    /// Puts the tool away.
    pub fn end(&mut self) {
        self.tool = None;
        self.picked.clear();
    }

    /// Atoms chosen for the measurement that is not complete.
    pub fn picked(&self) -> &[usize] {
        &self.picked
    }

    /// Chooses one more atom; one that is chosen already is given back. Returns whether a measurement is
    /// complete with it. One that exists already is plotted and not listed twice.
    pub fn pick(&mut self, atom: usize) -> bool {
        let Some(tool) = self.tool else { return false };
        if let Some(index) = self.picked.iter().position(|picked| *picked == atom) {
            self.picked.remove(index);
            return false;
        }
        self.picked.push(atom);
        if self.picked.len() < tool.atom_count() {
            return false;
        }
        let atoms = std::mem::take(&mut self.picked);
        let Some(measurement) = Measurement::of_atoms(&atoms) else { return false };
        match self.list.iter().position(|known| *known == measurement) {
            Some(index) => self.plotted = index,
            None => {
                if self.list.len() == MOST_MEASUREMENTS {
                    self.list.remove(0);
                }
                self.list.push(measurement);
                self.plotted = self.list.len() - 1;
            }
        }
        true
    }

    /// All of them, oldest first.
    pub fn list(&self) -> &[Measurement] {
        &self.list
    }

    /// The one that is plotted, with its place in the list.
    pub fn plotted(&self) -> Option<(usize, Measurement)> {
        self.list.get(self.plotted).map(|measurement| (self.plotted, *measurement))
    }

    /// Plots another one.
    pub fn plot(&mut self, index: usize) {
        self.plotted = index.min(self.list.len().saturating_sub(1));
    }

    /// Removes one.
    pub fn remove(&mut self, index: usize) {
        if index < self.list.len() {
            self.list.remove(index);
            if self.plotted > index || self.plotted == self.list.len() {
                self.plotted = self.plotted.saturating_sub(1);
            }
        }
    }

    /// Takes over the measurements of an earlier session, as lists of atoms.
    pub fn restore<'a>(&mut self, lists: impl Iterator<Item = &'a Vec<usize>>) {
        self.clear();
        self.list = lists.filter_map(|atoms| Measurement::of_atoms(atoms)).take(MOST_MEASUREMENTS).collect();
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.list.clear();
        self.picked.clear();
        self.plotted = 0;
    }

    /// What is written over the molecule at these positions.
    pub fn marks(&self, positions_angstrom: &[[f32; 3]]) -> Vec<MeasurementLabel> {
        let mark = |(index, measurement): (usize, &Measurement)| MeasurementLabel {
            atoms: measurement.atoms().to_vec(),
            text: measurement.value_text(measurement.value(positions_angstrom)),
            highlighted: index == self.plotted,
        };
        self.list.iter().enumerate().map(mark).collect()
    }
}

/// A name for files: `distance-tyr2-oh-asp3-od1`.
pub fn file_stem(measurement: &Measurement, topology: &Topology) -> String {
    let mut stem = measurement.name().to_lowercase();
    for &atom in measurement.atoms() {
        let Some(known) = topology.atoms().get(atom) else { continue };
        let residue = topology.residues()[known.residue].label().replace(' ', "");
        let name: String = format!("-{residue}-{}", known.name).to_lowercase();
        stem.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }));
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_distances(count: usize) -> Measurements {
        let mut measurements = Measurements::default();
        measurements.toggle_tool(MeasurementTool::Distance);
        for k in 0..count {
            assert!(!measurements.pick(2 * k));
            assert!(measurements.pick(2 * k + 1));
        }
        measurements
    }

    #[test]
    fn an_atom_chosen_twice_is_given_back() {
        let mut measurements = Measurements::default();
        assert!(!measurements.pick(1), "without a tool nothing is measured");
        measurements.toggle_tool(MeasurementTool::Angle);
        for atom in [7, 8, 8, 9] {
            assert!(!measurements.pick(atom));
        }
        assert_eq!(measurements.picked(), [7, 9]);
        assert!(measurements.pick(3));
        assert_eq!(measurements.list(), [Measurement::Angle([7, 9, 3])]);
        assert!(measurements.picked().is_empty() && measurements.tool().is_some(), "ready for the next");
    }

    #[test]
    fn the_list_is_bounded_and_without_repetition() {
        let mut measurements = with_distances(3);
        measurements.pick(0);
        assert!(measurements.pick(1));
        assert_eq!(measurements.list().len(), 3);
        assert_eq!(measurements.plotted().map(|(index, _)| index), Some(0));
        let measurements = with_distances(MOST_MEASUREMENTS + 2);
        assert_eq!(measurements.list().len(), MOST_MEASUREMENTS);
        assert_eq!(measurements.list()[0], Measurement::Distance([4, 5]), "the oldest goes");
    }

    #[test]
    fn removing_keeps_the_plotted_one() {
        let mut measurements = with_distances(3);
        measurements.plot(1);
        measurements.remove(0);
        assert_eq!(measurements.plotted(), Some((0, Measurement::Distance([2, 3]))));
        measurements.plot(1);
        measurements.remove(1);
        assert_eq!(measurements.plotted(), Some((0, Measurement::Distance([2, 3]))));
        measurements.remove(0);
        assert_eq!(measurements.plotted(), None);
        measurements.remove(0);
    }

    #[test]
    fn marks_tell_the_value_of_the_frame() {
        let measurements = with_distances(1);
        let marks = measurements.marks(&[[0.0; 3], [3.0, 4.0, 0.0]]);
        assert_eq!((marks[0].text.as_str(), marks[0].highlighted), ("5.00 Å", true));
        assert_eq!(measurements.marks(&[])[0].text, "undefined");
    }
}
