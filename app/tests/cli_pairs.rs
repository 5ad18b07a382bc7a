//! `equijump pairs` as a user runs it: two figures with their numbers.

#![allow(clippy::unwrap_used)]

mod cli_common;

use cli_common::{Workplace, finish, write_conformations};

#[test]
fn pairs_are_drawn_as_maps_and_populations() {
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    let files = ["md0.dcd", "md1.dcd", "md2.dcd"];
    files.iter().enumerate().for_each(|(k, name)| write_conformations(&workplace, name, 11 * k, 120));
    let import = ["import", "--topology", "top.pdb", "--out", "md.store"];
    assert_eq!(finish(workplace.command(&import).args(files)).0, Some(0));

    let pairs = |more: &[&str]| {
        let common = ["pairs", "md.store", "--cluster-lag-ps", "300", "--draws", "2000", "--out"];
        finish(workplace.command(&common).args(more))
    };
    let (code, stdout, stderr) = pairs(&["pairs.svg", "--clusters", "8"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("pairs.svg") && stdout.contains("pairs_clusters.svg"), "{stdout}");
    let text = |name: &str| std::fs::read_to_string(workplace.path(name)).unwrap();
    assert!(text("pairs.svg").contains("Enhanced pairs, 8 clusters"));
    // Of two tables with a line per cluster, both add up to all pairs.
    let shares: Vec<f64> =
        text("pairs_clusters.csv").lines().filter_map(|line| line.split_once(',')?.1.parse().ok()).collect();
    assert_eq!(shares.len(), 16);
    for half in shares.chunks(8) {
        assert!((half.iter().sum::<f64>() - 100.0).abs() < 0.01, "{half:?}");
    }
    assert!(shares[..8].is_sorted_by(|a, b| a >= b), "{shares:?}");

    let (code, _, stderr) = pairs(&["pairs.svg", "--clusters", "8"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--force"), "{stderr}");
    let (code, _, stderr) = pairs(&["other.svg", "--clusters", "5000"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("5000") && stderr.contains("clusters"), "{stderr}");
    let (code, _, stderr) = pairs(&["pairs.pdf"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains(".svg or .png"), "{stderr}");
}
