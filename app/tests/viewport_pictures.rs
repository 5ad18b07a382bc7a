//! Pictures to look at, written to the folder in `EQUIJUMP_PICTURES`; run with `-- --ignored`.
#![allow(clippy::unwrap_used, missing_docs)]

mod gl_harness;

use equijump_app::viewport::{Background, Coloring, ImageRequest, Representation, RibbonAtoms, Style};
use gl_harness::{GlHarness, protein, viewport_of};

#[test]
#[ignore = "pictures to look at, not a check"]
fn pictures() {
    let Ok(folder) = std::env::var("EQUIJUMP_PICTURES") else { return };
    let Some(mut harness) = GlHarness::new(640, 480) else { return };
    for name in ["chignolin", "villin", "lambda", "proteing"] {
        let opened = protein(name);
        for (theme, background) in [("light", Background::Light), ("dark", Background::Dark)] {
            for representation in Representation::ALL {
                let mut viewport = viewport_of(&opened);
                viewport.set_style(Style {
                    representation,
                    background,
                    coloring: if representation == Representation::Ribbon {
                        Coloring::SecondaryStructure
                    } else {
                        Coloring::Element
                    },
                    ribbon_atoms: if name == "chignolin" {
                        RibbonAtoms::SideChains
                    } else {
                        RibbonAtoms::None
                    },
                    ..Style::default()
                });
                harness.show(&mut viewport, Vec::new());
                let started = std::time::Instant::now();
                let image = viewport
                    .render_to_image(
                        &harness.gl,
                        ImageRequest { width: 640, height: 480, transparent: false },
                    )
                    .unwrap();
                let image_name = format!("{folder}/{name}-{theme}-{representation:?}.png");
                image.save(image_name).unwrap();
                println!("{name} {representation:?}: {:?}", started.elapsed());
                viewport.release_graphics();
            }
        }
    }
}

/// Every bundled protein as a ribbon, in every coloring.
#[test]
#[ignore = "pictures to look at, not a check"]
fn ribbons() {
    let Ok(folder) = std::env::var("EQUIJUMP_PICTURES") else { return };
    let Some(harness) = GlHarness::new(64, 64) else { return };
    for name in [
        "chignolin",
        "trpcage",
        "bba",
        "villin",
        "wwdomain",
        "ntl9",
        "bbl",
        "proteinb",
        "homeodomain",
        "proteing",
        "a3d",
        "lambda",
    ] {
        for coloring in Coloring::ALL {
            let mut viewport = viewport_of(&protein(name));
            let style = Style { representation: Representation::Ribbon, coloring, ..Style::default() };
            viewport.set_style(Style { background: Background::Light, ..style });
            let request = ImageRequest { width: 480, height: 360, transparent: false };
            let image = viewport.render_to_image(&harness.gl, request).unwrap();
            image.save(format!("{folder}/ribbon-{name}-{coloring:?}.png")).unwrap();
            viewport.release_graphics();
        }
    }
}
