//! Selections against those of MDAnalysis, which made `fixtures/selection/expected.json`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use equijump_engine::analysis::Selection;
use equijump_tests::proteins::bundled;

#[test]
fn selections_are_those_of_mdanalysis() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("fixtures/selection/expected.json")).unwrap();
    let expected: BTreeMap<String, BTreeMap<String, Vec<String>>> = serde_json::from_str(&text).unwrap();
    assert_eq!(expected.len(), 2);
    for (protein, queries) in expected {
        let structure = bundled(&protein);
        let topology = &structure.topology;
        assert!(queries.len() > 30);
        for (query, expected) in queries {
            let selection: Selection = query.parse().unwrap();
            let mut atoms: Vec<String> =
                (selection.atoms(topology, &structure.positions_angstrom).into_iter())
                    .map(|atom| &topology.atoms()[atom])
                    .map(|atom| format!("{}:{}", topology.residues()[atom.residue].number, atom.name))
                    .collect();
            atoms.sort();
            assert_eq!(atoms, expected, "{protein}: {query}");
        }
    }
}
