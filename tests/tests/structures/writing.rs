//! Written PDB files, column by column against the files of the PDB.

use equijump_engine::structure::write_pdb;

use super::{atom_lines, columns, read, read_lines};

#[test]
fn columns_are_those_of_the_original() {
    for name in ["chignolin", "villin", "lambda", "ntl9"] {
        let lines = atom_lines(name);
        let opened = read_lines(&lines);
        let mut file = Vec::new();
        write_pdb(&opened.topology, &opened.positions_angstrom, &mut file).unwrap();
        let file = String::from_utf8(file).unwrap();
        let mut written: Vec<&str> =
            file.lines().filter(|l| l.starts_with("ATOM") || l.starts_with("HETATM")).collect();
        // All but the serial number (7–11), and the order within residues; OXT is not kept.
        let mut original: Vec<String> = lines
            .iter()
            .filter(|line| columns(line, 13, 16) != "OXT")
            .map(|line| format!("{:<80}", line))
            .collect();
        let key =
            |line: &str| (columns(line, 23, 26).parse::<i32>().unwrap(), columns(line, 13, 16).to_owned());
        written.sort_by_key(|line| key(line));
        original.sort_by_key(|line| key(line));
        assert_eq!(written.len(), original.len());
        for (written, original) in written.iter().zip(&original) {
            assert_eq!((&written[..6], &written[11..]), (&original[..6], &original[11..]), "{name}");
        }
        assert!(file.ends_with("\nEND\n") && file.contains("\nTER "));

        let again = read(&file).unwrap();
        assert_eq!(again.positions_angstrom, opened.positions_angstrom);
        assert_eq!(again.topology.residues(), opened.topology.residues());
    }
}
