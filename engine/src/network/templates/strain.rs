//! Bonds, 1–3 distances and what is near along the chain: what strain is measured against.

use super::sites::{CA_SITE, SITES, ca_site};
use crate::structure::bonds::{C_N_CD_PROLINE_DEGREES, O_C_N_DEGREES, bonded_parameters};
use crate::structure::tensor_cloud::slot_of_offset;
use crate::structure::{Element, ResidueType, Topology};

/// Residues with Cα farther apart cannot touch.
pub(in crate::network) const CONTACT_CA_ANGSTROM: f32 = 14.0;

/// Pairs of atoms of one protein with their reference distance.
#[derive(Clone, Debug, PartialEq)]
pub struct StrainTemplate {
    /// `(site, site, Å)`; a site is `residue · 14 + slot`, Cα as slot 13.
    pub(crate) bonds: Vec<(u32, u32, f32)>,
    pub(crate) angles: Vec<(u32, u32, f32)>,
    /// Used sites per residue with 0, 1, 2 for carbon, polar, sulfur.
    pub(crate) sites: Vec<Vec<(u32, u8)>>,
    /// Per site the later sites fewer than four bonds away.
    pub(crate) close: Vec<Vec<u32>>,
    /// Sites of the center and three substituents of the branch of ILE, LEU, THR, VAL.
    pub(crate) branches: Vec<Option<[u32; 4]>>,
}

impl StrainTemplate {
    /// Pairs of bonded atoms and of atoms bonded to a common one, as sites.
    pub fn rigid_pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.bonds.iter().chain(&self.angles).map(|&(a, b, _)| (a as usize, b as usize))
    }

    /// The pairs of `topology`.
    pub fn new(topology: &Topology) -> Self {
        let site = |atom: usize| -> u32 {
            let residue = topology.atoms()[atom].residue;
            let offset = atom - topology.atom_range(residue).start;
            (residue * SITES + if offset == 1 { CA_SITE } else { slot_of_offset(offset) }) as u32
        };
        let mut t = Self {
            bonds: Vec::new(),
            angles: Vec::new(),
            sites: Vec::new(),
            close: vec![Vec::new(); topology.residue_count() * SITES],
            branches: Vec::new(),
        };
        for (index, residue) in topology.residues().iter().enumerate() {
            let geometry = bonded_parameters(residue.kind);
            let find = |name: &str| topology.find_atom(index, name);
            let length = |a: &str, b: &str| {
                geometry.bonds.iter().find(|(x, y, _)| (*x, *y) == (a, b) || (*x, *y) == (b, a)).map(|b| b.2)
            };
            for &(a, b, distance) in &geometry.bonds {
                if let (Some(a), Some(b)) = (find(a), find(b)) {
                    t.bonds.push((site(a), site(b), distance as f32));
                }
            }
            for &(a, b, c, degrees) in &geometry.angles {
                if let (Some(i), Some(j), Some(ab), Some(bc)) = (find(a), find(c), length(a, b), length(b, c))
                {
                    t.angles.push((site(i), site(j), third_side(ab, bc, degrees)));
                }
            }
            if index > 0 {
                let before = bonded_parameters(topology.residues()[index - 1].kind);
                let previous = |name: &str| topology.find_atom(index - 1, name).map(site);
                let own = |name: &str| find(name).map(site);
                let bond = geometry.c_n_angstrom;
                let side = |a: &str, b: &str| length(a, b).unwrap_or(1.46);
                if let (Some(ca0), Some(c0), Some(o0), Some(n), Some(ca)) =
                    (previous("CA"), previous("C"), previous("O"), own("N"), own("CA"))
                {
                    t.bonds.push((c0, n, bond as f32));
                    t.angles.push((ca0, n, third_side(1.525, bond, before.ca_c_n_degrees)));
                    t.angles.push((o0, n, third_side(1.231, bond, O_C_N_DEGREES)));
                    t.angles.push((c0, ca, third_side(bond, side("N", "CA"), geometry.c_n_ca_degrees)));
                    if residue.kind == ResidueType::Pro
                        && let Some(cd) = own("CD")
                    {
                        t.angles.push((c0, cd, third_side(bond, side("N", "CD"), C_N_CD_PROLINE_DEGREES)));
                    }
                }
            }
            let class = |element: Element| match element {
                Element::Carbon => 0,
                Element::Nitrogen | Element::Oxygen => 1,
                Element::Sulfur => 2,
            };
            t.sites.push(
                topology.atom_range(index).map(|a| (site(a), class(topology.atoms()[a].element))).collect(),
            );
            let branch = match residue.kind {
                ResidueType::Ile | ResidueType::Val => Some(["CB", "CA", "CG1", "CG2"]),
                ResidueType::Thr => Some(["CB", "CA", "OG1", "CG2"]),
                ResidueType::Leu => Some(["CG", "CB", "CD1", "CD2"]),
                _ => None,
            };
            t.branches.push(branch.and_then(|names| {
                let mut sites = [0; 4];
                for (out, name) in sites.iter_mut().zip(names) {
                    *out = site(find(name)?);
                }
                Some(sites)
            }));
        }
        t.fill_close(topology, &site);
        t
    }

    /// Calls `f(a, b, contact distance in Å)` for all pairs of sites four or more bonds apart whose residues
    /// have their Cα within `ca_angstrom`; `atoms` are positions by site.
    pub(in crate::network) fn for_neighbors(
        &self,
        atoms: &[[f32; 3]],
        ca_angstrom: f32,
        f: &mut impl FnMut(u32, u32, f32),
    ) {
        let n = self.sites.len();
        for i in 0..n {
            for j in i..n {
                if squared(atoms[ca_site(i)], atoms[ca_site(j)]) > ca_angstrom * ca_angstrom {
                    continue;
                }
                for &(a, class_a) in &self.sites[i] {
                    let close = &self.close[a as usize];
                    for &(b, class_b) in &self.sites[j] {
                        if b > a && (j > i + 1 || close.binary_search(&b).is_err()) {
                            f(a, b, contact_angstrom(class_a, class_b));
                        }
                    }
                }
            }
        }
    }

    /// Pairs of atoms four or more bonds apart that touch or nearly do: less than `margin_angstrom` beyond
    /// their contact distance. `atoms` are positions by site.
    pub fn touching_pairs(&self, atoms: &[[f32; 3]], margin_angstrom: f32, out: &mut Vec<(usize, usize)>) {
        out.clear();
        self.for_neighbors(atoms, CONTACT_CA_ANGSTROM, &mut |a, b, contact| {
            let limit = contact + margin_angstrom;
            if squared(atoms[a as usize], atoms[b as usize]) < limit * limit {
                out.push((a as usize, b as usize));
            }
        });
    }

    fn fill_close(&mut self, topology: &Topology, site: &dyn Fn(usize) -> u32) {
        let mut bonded: Vec<Vec<usize>> = vec![Vec::new(); topology.atom_count()];
        for &[a, b] in topology.bonds() {
            bonded[a].push(b);
            bonded[b].push(a);
        }
        for start in 0..topology.atom_count() {
            let mut reached = vec![start];
            let mut shell = vec![start];
            for _ in 0..3 {
                let next: Vec<usize> = shell.iter().flat_map(|&a| bonded[a].iter().copied()).collect();
                shell = next.into_iter().filter(|a| !reached.contains(a)).collect();
                shell.sort_unstable();
                shell.dedup();
                reached.extend(&shell);
            }
            let own = site(start);
            let mut close: Vec<u32> = reached.into_iter().map(site).filter(|&s| s > own).collect();
            close.sort_unstable();
            self.close[own as usize] = close;
        }
    }
}

/// Distance of the ends of two bonds at an angle.
fn third_side(a: f64, b: f64, degrees: f64) -> f32 {
    (a * a + b * b - 2.0 * a * b * degrees.to_radians().cos()).sqrt() as f32
}

/// Distance below which two atoms overlap; generous, so that hydrogen bonds and tight contacts do not.
fn contact_angstrom(a: u8, b: u8) -> f32 {
    match (a.min(b), a.max(b)) {
        (0, 0) => 3.3,
        (0, 1) => 3.0,
        (1, 1) => 2.6,
        (0, 2) => 3.4,
        _ => 3.1,
    }
}

/// Square of the distance of two points.
pub(in crate::network) fn squared(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum()
}
