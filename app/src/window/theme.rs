//! Fonts, colors and spacing of the window, in light and dark.

use std::sync::Arc;

use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, TextStyle, Theme,
};

/// Inter, the weight of headings.
static INTER_SEMIBOLD: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");

/// Name of the family for headings and emphasized numbers.
const SEMIBOLD: &str = "semibold";

/// The emphasized weight at `size` points.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// Colors that egui's visuals have no slot for.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Interactive emphasis: the primary button, the frame cursor, the present point in plots.
    pub accent: Color32,
    /// Ground of the primary button.
    pub accent_fill: Color32,
    /// Text on `accent_fill`.
    pub on_accent: Color32,
    /// Secondary text.
    pub weak: Color32,
    /// Success.
    pub good: Color32,
    /// Needs attention.
    pub warn: Color32,
    /// Failed.
    pub bad: Color32,
    /// Lines of data series.
    pub series: Color32,
    /// Marker of the present frame over a color map: readable on every color of the map.
    pub cursor: Color32,
    /// Background of plots.
    pub plot_background: Color32,
    /// Hairlines between regions.
    pub hairline: Color32,
}

/// The palette for a theme.
pub fn palette(dark_mode: bool) -> Palette {
    if dark_mode {
        Palette {
            accent: Color32::from_rgb(0x4c, 0x8d, 0xff),
            accent_fill: Color32::from_rgb(0x2b, 0x6b, 0xe0),
            on_accent: Color32::WHITE,
            weak: Color32::from_rgb(0x9a, 0xa4, 0xb2),
            good: Color32::from_rgb(0x4a, 0xc2, 0x8a),
            warn: Color32::from_rgb(0xe8, 0xb3, 0x4b),
            bad: Color32::from_rgb(0xf2, 0x6d, 0x6d),
            series: Color32::from_rgb(0x7a, 0xb0, 0xff),
            cursor: Color32::from_rgb(0xff, 0x8a, 0x3d),
            plot_background: Color32::from_rgb(0x14, 0x17, 0x1c),
            hairline: Color32::from_rgb(0x2c, 0x32, 0x3b),
        }
    } else {
        Palette {
            accent: Color32::from_rgb(0x1f, 0x66, 0xe0),
            accent_fill: Color32::from_rgb(0x1f, 0x66, 0xe0),
            on_accent: Color32::WHITE,
            weak: Color32::from_rgb(0x5b, 0x66, 0x75),
            good: Color32::from_rgb(0x15, 0x77, 0x4b),
            warn: Color32::from_rgb(0x8c, 0x5d, 0x00),
            bad: Color32::from_rgb(0xc4, 0x2b, 0x2b),
            series: Color32::from_rgb(0x2a, 0x66, 0xc8),
            cursor: Color32::from_rgb(0xd9, 0x52, 0x0c),
            plot_background: Color32::from_rgb(0xff, 0xff, 0xff),
            hairline: Color32::from_rgb(0xd9, 0xde, 0xe6),
        }
    }
}

/// The color of a run of the session in lists and plots: told apart by color-blind readers (after Okabe and Ito).
pub fn run_color(number: u32, dark_mode: bool) -> Color32 {
    const LIGHT: [[u8; 3]; 7] = [
        [0x2a, 0x66, 0xc8],
        [0xb8, 0x5c, 0x00],
        [0x0b, 0x7a, 0x5a],
        [0x9a, 0x4a, 0x8c],
        [0x7a, 0x6a, 0x00],
        [0x1f, 0x7f, 0xa8],
        [0xb8, 0x34, 0x34],
    ];
    const DARK: [[u8; 3]; 7] = [
        [0x7a, 0xb0, 0xff],
        [0xf2, 0x9a, 0x4a],
        [0x4a, 0xc9, 0xa0],
        [0xd9, 0x94, 0xcc],
        [0xd8, 0xc2, 0x4a],
        [0x6a, 0xc8, 0xf0],
        [0xf2, 0x84, 0x84],
    ];
    let index = number.saturating_sub(1) as usize % LIGHT.len();
    let [r, g, b] = if dark_mode { DARK[index] } else { LIGHT[index] };
    Color32::from_rgb(r, g, b)
}

/// Installs fonts and both themes. Called once.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    fonts
        .font_data
        .insert("inter".into(), Arc::new(FontData::from_static(crate::shared::font::INTER_REGULAR)));
    fonts.font_data.insert("inter-semibold".into(), Arc::new(FontData::from_static(INTER_SEMIBOLD)));
    // The defaults stay behind Inter: they hold the symbols that Inter lacks.
    let fallbacks = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with_first = |first: &str| {
        let mut names = vec![first.to_owned()];
        names.extend(fallbacks.iter().cloned());
        names
    };
    fonts.families.insert(FontFamily::Proportional, with_first("inter"));
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), with_first("inter-semibold"));
    ctx.set_fonts(fonts);
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, |style| apply(style, theme == Theme::Dark));
    }
}

fn apply(style: &mut egui::Style, dark_mode: bool) {
    let colors = palette(dark_mode);
    style.text_styles = [
        (TextStyle::Heading, semibold(15.0)),
        (TextStyle::Body, FontId::proportional(13.0)),
        (TextStyle::Button, FontId::proportional(13.0)),
        (TextStyle::Small, FontId::proportional(11.5)),
        (TextStyle::Monospace, FontId::monospace(12.0)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(8.0, 6.0);
    spacing.button_padding = egui::vec2(9.0, 4.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(14);
    spacing.interact_size = egui::vec2(32.0, 24.0);
    spacing.slider_width = 120.0;
    spacing.combo_width = 120.0;
    spacing.indent = 14.0;
    spacing.tooltip_width = 360.0;
    spacing.scroll = egui::style::ScrollStyle::solid();
    spacing.scroll.bar_width = 8.0;
    style.interaction.tooltip_delay = 0.35;
    style.interaction.selectable_labels = false;

    let visuals = &mut style.visuals;
    *visuals = if dark_mode { egui::Visuals::dark() } else { egui::Visuals::light() };
    let (panel, window, extreme, faint, text, control, control_hover, control_active) = if dark_mode {
        (
            Color32::from_rgb(0x1b, 0x1f, 0x26),
            Color32::from_rgb(0x22, 0x27, 0x2f),
            Color32::from_rgb(0x12, 0x15, 0x1a),
            Color32::from_rgb(0x20, 0x25, 0x2c),
            Color32::from_rgb(0xe2, 0xe6, 0xec),
            Color32::from_rgb(0x2e, 0x35, 0x3f),
            Color32::from_rgb(0x3a, 0x43, 0x50),
            Color32::from_rgb(0x46, 0x51, 0x61),
        )
    } else {
        (
            Color32::from_rgb(0xfa, 0xfb, 0xfc),
            Color32::from_rgb(0xff, 0xff, 0xff),
            Color32::from_rgb(0xff, 0xff, 0xff),
            Color32::from_rgb(0xf1, 0xf4, 0xf8),
            Color32::from_rgb(0x1c, 0x23, 0x2d),
            Color32::from_rgb(0xe8, 0xec, 0xf2),
            Color32::from_rgb(0xdc, 0xe3, 0xec),
            Color32::from_rgb(0xcc, 0xd6, 0xe3),
        )
    };
    visuals.panel_fill = panel;
    visuals.window_fill = window;
    visuals.extreme_bg_color = extreme;
    visuals.faint_bg_color = faint;
    visuals.weak_text_color = Some(colors.weak);
    visuals.warn_fg_color = colors.warn;
    visuals.error_fg_color = colors.bad;
    visuals.hyperlink_color = colors.accent;
    visuals.selection.bg_fill = colors.accent.gamma_multiply(if dark_mode { 0.45 } else { 0.25 });
    visuals.selection.stroke = Stroke::new(1.0, if dark_mode { Color32::WHITE } else { text });
    visuals.window_stroke = Stroke::new(1.0, colors.hairline);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    visuals.indent_has_left_vline = false;
    visuals.interact_cursor = None;

    let widgets = &mut visuals.widgets;
    let radius = CornerRadius::same(6);
    for (state, fill) in [
        (&mut widgets.noninteractive, panel),
        (&mut widgets.inactive, control),
        (&mut widgets.hovered, control_hover),
        (&mut widgets.active, control_active),
        (&mut widgets.open, control_hover),
    ] {
        state.corner_radius = radius;
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.fg_stroke = Stroke::new(1.2, text);
        state.bg_stroke = Stroke::NONE;
        state.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, colors.hairline);
    widgets.inactive.bg_stroke = Stroke::new(1.0, colors.hairline);
    widgets.hovered.bg_stroke = Stroke::new(1.0, colors.accent.gamma_multiply(0.6));
    widgets.active.bg_stroke = Stroke::new(1.0, colors.accent);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    /// WCAG 2 contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_has_a_contrast_of_four_and_a_half_on_what_it_stands_on() {
        let ctx = egui::Context::default();
        install(&ctx);
        for dark_mode in [false, true] {
            let colors = palette(dark_mode);
            let style = ctx.style_of(if dark_mode { Theme::Dark } else { Theme::Light });
            let visuals = &style.visuals;
            let grounds = [visuals.panel_fill, visuals.window_fill, visuals.faint_bg_color];
            let texts = [colors.weak, colors.good, colors.warn, colors.bad, visuals.text_color()];
            for ground in grounds {
                for text in texts {
                    let ratio = contrast(text, ground);
                    assert!(ratio >= 4.5, "dark {dark_mode}: {text:?} on {ground:?} is {ratio:.2}");
                }
            }
            let button = contrast(colors.on_accent, colors.accent_fill);
            assert!(button >= 4.5, "dark {dark_mode}: the primary button has {button:.2}");
            for number in 1..=7 {
                let line = contrast(run_color(number, dark_mode), colors.plot_background);
                assert!(line >= 3.0, "dark {dark_mode}: run {number} has {line:.2}");
            }
        }
    }
}
