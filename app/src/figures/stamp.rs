//! A line of text on a picture.

use plotters::prelude::*;

use super::{FONT, register_font};

/// Height of the letters as a part of the picture's smaller side.
const LETTERS: f64 = 1.0 / 26.0;

/// Writes `text` into the lower left corner, dark on light ground and light on dark. Pictures too small for it stay as
/// they are.
pub fn stamp(picture: &mut image::RgbaImage, text: &str) {
    let (width, height) = picture.dimensions();
    let size = f64::from(width.min(height)) * LETTERS;
    let strip = (size * 1.8).ceil() as u32;
    if size < 5.0 || strip >= height || text.is_empty() {
        return;
    }
    register_font();
    let mut ink = vec![0u8; width as usize * strip as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut ink, (width, strip)).into_drawing_area();
        let style = (FONT, size).into_font().color(&WHITE);
        let at = ((size * 0.7) as i32, (size * 0.3) as i32);
        // Into memory: nothing can fail but the font, and then there is no text.
        if area.draw(&Text::new(text.to_owned(), at, style)).is_err() || area.present().is_err() {
            return;
        }
    }
    let top = height - strip;
    // A ground that shows through counts as light, as paper is.
    let light = |pixel: &image::Rgba<u8>| {
        let [r, g, b, a] = pixel.0.map(f64::from);
        let own = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        own * a / 255.0 + 255.0 - a
    };
    let corner = (top..height).flat_map(|y| (0..width / 3).map(move |x| (x, y)));
    let (sum, count) =
        corner.fold((0.0, 0.0), |(sum, count), (x, y)| (sum + light(picture.get_pixel(x, y)), count + 1.0));
    let letters: f64 = if sum / f64::max(count, 1.0) > 128.0 { 20.0 } else { 240.0 };
    for (index, cover) in ink.iter().step_by(3).enumerate().filter(|(_, cover)| **cover > 0) {
        let (x, y) = (index as u32 % width, top + index as u32 / width);
        let cover = f64::from(*cover) / 255.0;
        let pixel = picture.get_pixel_mut(x, y);
        let under = f64::from(pixel.0[3]) / 255.0;
        let alpha = cover + under * (1.0 - cover);
        for channel in &mut pixel.0[..3] {
            let mixed = (letters * cover + f64::from(*channel) * under * (1.0 - cover)) / alpha.max(1e-9);
            *channel = mixed.round() as u8;
        }
        pixel.0[3] = (255.0 * alpha).round() as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_dark_on_light_and_light_on_dark_and_only_below() {
        for (ground, dark_letters) in [([255u8, 255, 255, 255], true), ([10, 10, 20, 255], false)] {
            let mut picture = image::RgbaImage::from_pixel(400, 300, image::Rgba(ground));
            stamp(&mut picture, "1.5 ns   RMSD 2.31 Å");
            let changed: Vec<_> = picture.enumerate_pixels().filter(|(_, _, p)| p.0 != ground).collect();
            assert!(changed.len() > 100, "{} pixels", changed.len());
            assert!(changed.iter().all(|(_, y, _)| *y > 250));
            let strongest = changed.iter().map(|(_, _, p)| p.0[0].abs_diff(ground[0])).max();
            assert!(strongest > Some(150));
            let darker = changed.iter().all(|(_, _, p)| p.0[0] < ground[0]);
            assert_eq!(darker, dark_letters);
        }
        let mut clear = image::RgbaImage::from_pixel(400, 300, image::Rgba([0, 0, 0, 0]));
        stamp(&mut clear, "Frame 3");
        assert!(clear.pixels().any(|p| p.0[3] > 200) && clear.get_pixel(0, 0).0[3] == 0);
        let mut tiny = image::RgbaImage::from_pixel(20, 20, image::Rgba([9, 9, 9, 255]));
        stamp(&mut tiny, "Frame 3");
        assert!(tiny.pixels().all(|p| p.0 == [9, 9, 9, 255]));
    }
}
