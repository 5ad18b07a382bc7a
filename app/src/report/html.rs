//! Pieces of HTML. maud escapes what is text by its type.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Provenance;

/// A whole page; nothing in it points outside.
pub(super) fn document(title: &str, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (content) } }
        }
    }
    .into_string()
}

/// Text with what HTML would take for markup made harmless.
pub(super) fn escaped(text: &str) -> String {
    html! { (text) }.into_string()
}

/// Sentences that a reader must not miss, under a heading; nothing without them.
pub(super) fn warnings(heading: &str, sentences: &[String]) -> Markup {
    html! {
        @if !sentences.is_empty() {
            div.warnings role="note" {
                strong { (heading) }
                ul { @for sentence in sentences { li { (sentence) } } }
            }
        }
    }
}

/// The line under the title: what the page is about, when it was made and by which version.
pub(super) fn made_line(about: &str, made: &str, version: &str) -> Markup {
    html! { p.weak { (about) " · made " (made) " UTC by EquiJump " (version) } }
}

/// The command that made a page, and the files of its reference with what is to be said of them.
pub(super) fn command_and_reference(provenance: &Provenance, notices: &[String]) -> Markup {
    html! {
        p { "Command" }
        pre { (provenance.command) }
        details {
            summary { "Reference: " (provenance.reference.len()) " files" }
            pre { @for line in provenance.reference.iter().chain(notices) { (line) "\n" } }
        }
    }
}

/// A table; cells are HTML. The first column is a row header, the others are numbers.
pub(super) fn table(caption: &str, header: &[&str], rows: &[Vec<String>]) -> String {
    html! {
        div.scroll {
            table {
                caption { (PreEscaped(caption)) }
                thead { tr { @for cell in header { th scope="col" { (PreEscaped(cell)) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 { th scope="row" { (PreEscaped(cell)) } }
                                @else { td { (PreEscaped(cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
    .into_string()
}

/// A figure as one image with a name, for readers that do not see it; scaled with the page.
pub(super) fn figure(svg: &str, name: &str) -> Markup {
    captioned_figure(svg, name, "")
}

/// As [`figure`], with a caption above it where that is not empty.
pub(super) fn captioned_figure(svg: &str, name: &str, caption: &str) -> Markup {
    let name = html! { (name.replace('_', " ")) }.into_string();
    let svg = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{name}\" "), 1);
    html! {
        figure {
            @if !caption.is_empty() { figcaption { (caption) } }
            (PreEscaped(svg))
        }
    }
}

/// Sober, readable, for screen and paper, light and dark.
const STYLE: &str = concat!("\n", include_str!("style.css"));
