//! Pieces of HTML. maud escapes what is text by its type.

use maud::{DOCTYPE, Markup, PreEscaped, html};

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
const STYLE: &str = r#"
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c232d; --weak: #5b6675; --line: #d9dee5; --soft: #f4f6f9; --warn: #fff6e0; --warn-line: #e2b44a; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181e; --ink: #e4e8ee; --weak: #9aa4b2; --line: #2f3742; --soft: #1b2129; --warn: #2b2515; --warn-line: #a8842f; } }
@media print { :root { --paper: #ffffff; --ink: #000000; --weak: #444444; --line: #bbbbbb; --soft: #ffffff; --warn: #ffffff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; font-weight: 650; }
h2 { font-size: 20px; margin: 44px 0 8px; font-weight: 650; }
p { margin: 8px 0; max-width: 76ch; }
.weak, caption, figcaption { color: var(--weak); }
.warnings { background: var(--warn); border-left: 4px solid var(--warn-line); padding: 8px 16px; margin: 20px 0; }
.warnings ul { margin: 4px 0; padding-left: 20px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 12px 0; font-variant-numeric: tabular-nums; }
caption { caption-side: top; text-align: left; padding-bottom: 6px; max-width: 90ch; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: baseline; white-space: nowrap; }
th:first-child { text-align: left; font-weight: 500; }
thead th { font-weight: 600; border-bottom: 2px solid var(--line); }
td small { color: var(--weak); margin-left: 4px; }
.group { display: flex; flex-wrap: wrap; gap: 12px 16px; }
figure { margin: 8px 0; }
figcaption { font-size: 15px; font-weight: 600; }
svg { max-width: 100%; height: auto; display: block; }
svg rect { shape-rendering: crispEdges; }
pre { background: var(--soft); border: 1px solid var(--line); padding: 12px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
details summary { cursor: pointer; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 12px 0; }
dt { color: var(--weak); }
dd { margin: 0; }
"#;
