//! The perceptually even, color-blind-safe map of the heat maps.

/// Viridis (matplotlib, CC0) at steps of 0.1, interpolated between them.
const VIRIDIS: [[u8; 3]; 11] = [
    [68, 1, 84],
    [72, 36, 117],
    [65, 68, 135],
    [53, 95, 141],
    [42, 120, 142],
    [33, 145, 140],
    [34, 168, 132],
    [68, 191, 112],
    [122, 209, 81],
    [189, 223, 38],
    [253, 231, 37],
];

/// Color of `fraction` in 0 to 1 (clamped), sRGB.
pub fn viridis(fraction: f64) -> [u8; 3] {
    let position = fraction.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let low = (position as usize).min(VIRIDIS.len() - 2);
    let mix = position - low as f64;
    std::array::from_fn(|channel| {
        let (a, b) = (f64::from(VIRIDIS[low][channel]), f64::from(VIRIDIS[low + 1][channel]));
        (a + (b - a) * mix).round() as u8
    })
}

/// Blue over white to red, for differences: 0.5 is none. Blue and red are those of `RdBu` (ColorBrewer 2).
pub fn diverging(fraction: f64) -> [u8; 3] {
    const ENDS: [[f64; 3]; 2] = [[33.0, 102.0, 172.0], [178.0, 24.0, 43.0]];
    let side = 2.0 * fraction.clamp(0.0, 1.0) - 1.0;
    let end = ENDS[usize::from(side > 0.0)];
    std::array::from_fn(|channel| (247.0 + (end[channel] - 247.0) * side.abs()).round() as u8)
}
