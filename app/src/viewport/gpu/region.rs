//! Where in the image the molecule can be.

use three_d::ScissorBox;

use super::super::scene::Scene;
use super::view::View;

/// How far anything that is drawn reaches from the nearest atom, Å: ribbons bulge between Cα atoms. Near the
/// eye perspective makes spheres look larger than their radius.
const LARGEST_REACH_ANGSTROM: f32 = 3.0;

/// The part of the image that the molecule can cover, pixels: the rest need not be touched, which is most
/// of the work of a software renderer.
pub(super) fn covered_region(scene: &Scene, view: &View) -> ScissorBox {
    let [width, height] = view.size.map(|side| side as f32);
    let aspect = width / height;
    let whole = ScissorBox { x: 0, y: 0, width: view.size[0], height: view.size[1] };
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for position in scene.all_positions_angstrom() {
        if position.iter().any(|x| !x.is_finite()) {
            continue;
        }
        // An atom behind the eye may still reach into view.
        let Some(([x, y], half_height)) = view.camera.project(position, aspect) else { return whole };
        let center = [0.5 * (x + 1.0) * width, 0.5 * (y + 1.0) * height];
        let reach = 0.5 * height * LARGEST_REACH_ANGSTROM / half_height + 2.0;
        for axis in 0..2 {
            low[axis] = low[axis].min(center[axis] - reach);
            high[axis] = high[axis].max(center[axis] + reach);
        }
    }
    let clamp = |value: f32, side: f32| value.clamp(0.0, side) as i32;
    let (x, y) = (clamp(low[0].floor(), width), clamp(low[1].floor(), height));
    let (right, top) = (clamp(high[0].ceil(), width), clamp(high[1].ceil(), height));
    // Never empty: three-d takes an empty box for no box.
    ScissorBox { x, y, width: (right - x).max(1) as u32, height: (top - y).max(1) as u32 }
}
