//! Figures as pixels for the screen: on the paper of the window's theme, twice as fine as shown and averaged,
//! so that thin lines and small text are smooth.

use std::convert::Infallible;

use plotters::prelude::*;
use plotters_backend::{BackendColor, BackendCoord, DrawingErrorKind};

use super::{Figure, FigureError, register_font, style};

/// How much finer than the screen figures are drawn.
const FINER: u32 = 2;

/// Colors of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Ground.
    pub ground: [u8; 3],
    /// Text and axes.
    pub ink: [u8; 3],
}

/// Pixels that plotters draws on.
struct Canvas<'a> {
    pixels: &'a mut [[u8; 3]],
    size: (u32, u32),
    ink: [u8; 3],
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        (x, y): BackendCoord,
        color: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (width, height) = self.size;
        let inside = |value: i32, size: u32| u32::try_from(value).ok().filter(|value| *value < size);
        let (Some(x), Some(y)) = (inside(x, width), inside(y, height)) else { return Ok(()) };
        let Some(pixel) = self.pixels.get_mut(y as usize * width as usize + x as usize) else {
            return Ok(());
        };
        let RGBColor(r, g, b) = style::TEXT;
        let (own_r, own_g, own_b) = color.rgb;
        let drawn = if color.rgb == (r, g, b) { self.ink } else { [own_r, own_g, own_b] };
        let alpha = color.alpha.clamp(0.0, 1.0);
        for (under, over) in pixel.iter_mut().zip(drawn) {
            *under = (f64::from(*under) + alpha * (f64::from(over) - f64::from(*under))).round() as u8;
        }
        Ok(())
    }
}

impl Figure {
    /// The figure as `width · height` pixels, row by row from the top. `scale` is that of the screen: pixels
    /// for each point of text.
    ///
    /// # Errors
    /// [`FigureError`] when there is no data.
    pub fn to_pixels(
        &self,
        (width, height): (u32, u32),
        scale: f64,
        paper: Paper,
    ) -> Result<Vec<[u8; 3]>, FigureError> {
        register_font();
        let size = (width * FINER, height * FINER);
        let mut pixels = vec![paper.ground; size.0 as usize * size.1 as usize];
        let canvas = Canvas { pixels: &mut pixels, size, ink: paper.ink };
        self.draw_on(&canvas.into_drawing_area(), super::WEB_SCALE * scale * f64::from(FINER))?;
        let (width, fine_width) = (width as usize, size.0 as usize);
        let finer = FINER as usize;
        Ok((0..width * height as usize)
            .map(|index| {
                let (x, y) = (index % width * finer, index / width * finer);
                let mut sum = [0u32; 3];
                for (row, column) in (0..finer).flat_map(|row| (0..finer).map(move |column| (row, column))) {
                    let pixel = pixels[(y + row) * fine_width + x + column];
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(value));
                }
                sum.map(|sum| (sum / (FINER * FINER)) as u8)
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::figures::{Curve, CurveFigure, CurveRole};

    #[test]
    fn figures_take_the_colors_of_the_theme() {
        let curve = Curve {
            label: "Samples".into(),
            role: CurveRole::Samples,
            x: vec![0.0, 1.0, 2.0],
            y: vec![1.0, 3.0, 2.0],
            band: Vec::new(),
        };
        let figure = Figure::Curves(CurveFigure {
            stem: "test".into(),
            x_label: "x".into(),
            y_label: "y".into(),
            logarithmic: false,
            curves: vec![curve],
            points: false,
            bars: false,
        });
        let paper = Paper { ground: [20, 23, 28], ink: [226, 230, 236] };
        let pixels = figure.to_pixels((300, 200), 1.0, paper).unwrap();
        assert_eq!(pixels.len(), 60_000);
        let count = |wanted: [u8; 3]| {
            let near = |a: u8, b: u8| a.abs_diff(b) < 40;
            pixels.iter().filter(|pixel| pixel.iter().zip(wanted).all(|(a, b)| near(*a, b))).count()
        };
        assert!(count(paper.ground) > 50_000, "most of it is ground");
        assert!(count(paper.ink) > 100, "axes and text are in the ink of the theme");
        assert!(count([0x2f, 0x7a, 0xe0]) > 100, "the curve keeps its color");
        // The ink of figures on paper is nowhere.
        assert!(!pixels.contains(&[0x1c, 0x23, 0x2d]));
    }
}
