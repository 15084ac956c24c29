//! Golden pieces of every form, round trips, and what must never come out.
use std::collections::HashMap;
use std::io::{Cursor, Write};

use serde_json::{Value, json};

use super::html::{Look, from_html, to_html};
use super::style::to_data;
use super::{Imported, docx, markdown, model, pdf, text};

mod of_docx;
mod of_html;

fn html_of(ops: &Value) -> String {
    let images = HashMap::new();
    let look = Look {
        classes: false,
        images: &images,
        share: "",
    };
    to_html(&model::read(&ops.to_string()).unwrap(), &look).body
}

fn ops_of(imported: Imported) -> Value {
    serde_json::from_str(&imported.ops).unwrap()
}

fn from(html: &str) -> Value {
    ops_of(from_html(html).unwrap())
}

fn markdown_of(ops: &Value) -> String {
    markdown::to_markdown(&model::read(&ops.to_string()).unwrap(), "")
}

/// A small picture: 2×1 pixels, red and blue.
fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[255, 0, 0, 0, 0, 255]).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Something of everything.
fn sample() -> Value {
    let ops = r##"[
        {"insert": "Quarterly report"}, {"insert": "\n", "attributes": {"header": 1}},
        {"insert": "Plain, "}, {"insert": "bold", "attributes": {"bold": true}}, {"insert": ", "},
        {"insert": "italic", "attributes": {"italic": true}}, {"insert": ", "},
        {"insert": "underlined", "attributes": {"underline": true}}, {"insert": ", "},
        {"insert": "struck", "attributes": {"strike": true}}, {"insert": ", "},
        {"insert": "x", "attributes": {"code": true}}, {"insert": ", H"},
        {"insert": "2", "attributes": {"script": "sub"}}, {"insert": "O, m"},
        {"insert": "2", "attributes": {"script": "super"}}, {"insert": ", "},
        {"insert": "a link", "attributes": {"link": "https://example.com/?a=1&b=2"}}, {"insert": ", "},
        {"insert": "red", "attributes": {"color": "#e60000"}}, {"insert": " on "},
        {"insert": "yellow", "attributes": {"background": "#ffff00"}}, {"insert": ", "},
        {"insert": "big", "attributes": {"size": "18pt"}}, {"insert": ".\n"},
        {"insert": "Ελληνικά, Кириллица, žluťoučký kůň\n"},
        {"insert": "First"}, {"insert": "\n", "attributes": {"list": "ordered"}},
        {"insert": "Inner"}, {"insert": "\n", "attributes": {"list": "bullet", "indent": 1}},
        {"insert": "Second"}, {"insert": "\n", "attributes": {"list": "ordered"}},
        {"insert": "Tasks"}, {"insert": "\n", "attributes": {"header": 2}},
        {"insert": "Done"}, {"insert": "\n", "attributes": {"list": "checked"}},
        {"insert": "Open"}, {"insert": "\n", "attributes": {"list": "unchecked"}},
        {"insert": "Said by somebody"}, {"insert": "\n", "attributes": {"blockquote": true}},
        {"insert": "fn main() {"}, {"insert": "\n", "attributes": {"code-block": "rust"}},
        {"insert": "    1 < 2;"}, {"insert": "\n", "attributes": {"code-block": "rust"}},
        {"insert": "}"}, {"insert": "\n", "attributes": {"code-block": "rust"}},
        {"insert": "Name"}, {"insert": "\n", "attributes": {"table": "r1"}},
        {"insert": "Value"}, {"insert": "\n", "attributes": {"table": "r1"}},
        {"insert": "one"}, {"insert": "\n", "attributes": {"table": "r2"}},
        {"insert": "1 | 2"}, {"insert": "\n", "attributes": {"table": "r2"}},
        {"insert": "Centred"}, {"insert": "\n", "attributes": {"align": "center"}},
        {"insert": {"divider": true}},
        {"insert": {"image": "PNG"}, "attributes": {"alt": "two pixels", "width": "40"}},
        {"insert": "\n"},
        {"insert": {"mention": {"id": "1", "name": "Ada"}}}, {"insert": " wrote "},
        {"insert": {"formula": "e=mc^2"}}, {"insert": "\n"},
        {"insert": {"embed": {"title": "Sales by month", "url": "/query/1"}}},
        {"insert": {"video": "https://example.com/v"}},
        {"insert": "The end.\n"}
    ]"##;
    serde_json::from_str(&ops.replace("PNG", &to_data(&png()).unwrap())).unwrap()
}

#[test]
fn files_are_links_and_lines_that_are_to_go_are_joined() {
    let ops = json!([
        {"insert": {"file": {"url": "/api/v1/documents/d/files/f", "name": "a.csv", "bytes": 7}}},
        {"insert": "\n", "attributes": {"suggest-cut": "s|1|Ann"}}, {"insert": " and more\n"}]);
    assert_eq!(
        markdown::to_markdown(
            &model::read(&ops.to_string()).unwrap(),
            "https://b.example/"
        ),
        "[a.csv](https://b.example/api/v1/documents/d/files/f) and more\n"
    );
}

#[test]
fn suggestions_are_shown_as_accepted() {
    let ops = json!([
        {"insert": "old", "attributes": {"suggest-delete": {"by": "1"}}},
        {"insert": "new", "attributes": {"suggest-insert": {"by": "1"}}}, {"insert": " text\n"}]);
    assert_eq!(html_of(&ops), "<p>new text</p>\n");
}

#[test]
fn a_delta_as_markdown() {
    let markdown = markdown_of(&sample());
    for piece in [
        "# Quarterly report\n",
        "Plain, **bold**, *italic*, <u>underlined</u>, ~~struck~~, `x`, H<sub>2</sub>O",
        "[a link](https://example.com/?a=1&b=2)",
        "1. First\n   - Inner\n2. Second\n",
        "- [x] Done\n- [ ] Open\n",
        "> Said by somebody\n",
        "```rust\nfn main() {\n    1 < 2;\n}\n```\n",
        "| Name | Value |\n| --- | --- |\n| one | 1 \\| 2 |\n",
        "\n---\n",
        "@Ada wrote $e=mc^2$",
        "[Sales by month](/query/1)",
    ] {
        assert!(markdown.contains(piece), "{piece}\nis not in\n{markdown}");
    }
}

#[test]
fn markdown_comes_back() {
    let once = markdown_of(&sample());
    let again = markdown_of(&ops_of(markdown::from_markdown(&once).unwrap()));
    assert_eq!(once, again);
}

#[test]
fn text_that_looks_like_markdown_stays_text() {
    for text in [
        "# no heading",
        "* no item",
        "1. no item",
        "12) x",
        "a * b * c",
        "snake_case_name and _this_",
        "`x`",
        "[x](y)",
        "> x",
        "+ x",
        "- x",
        "=== x",
        "<b>x</b>",
        "&amp; &copy;",
        "![x](y)",
        "~~x~~",
        "a | b",
        "$x$",
        "\\*",
        "-",
        "#",
        "2 < 3 && 4 > 3",
        "https://example.com/a_b_c",
        "---",
        "a\\",
    ] {
        let ops = json!([{ "insert": format!("{text}\n") }]);
        let markdown = markdown_of(&ops);
        assert_eq!(
            ops_of(markdown::from_markdown(&markdown).unwrap()),
            ops,
            "{markdown}"
        );
    }
}

#[test]
fn markdown_as_a_delta() {
    let markdown = "---\ntitle: \"My notes\"\n---\n# A\n\nb **c** ~~d~~ `e` [f](https://g.h)\n\n- [ ] i\n- [x] j\n\n\
                    | k | l |\n|---|---|\n| m | n |\n\nText[^1].\n\n[^1]: The note.\n\n<script>alert(1)</script>\n";
    let imported = markdown::from_markdown(markdown).unwrap();
    assert_eq!(imported.title, "My notes");
    let text = imported.ops.clone();
    for piece in [
        "\"header\":1",
        "\"list\":\"unchecked\"",
        "\"list\":\"checked\"",
        "\"table\":\"row-2\"",
        "The note.",
    ] {
        assert!(text.contains(piece), "{piece}\nis not in\n{text}");
    }
    assert!(!text.contains("alert"), "{text}");
}

#[test]
fn plain_text() {
    let lines = model::read(&sample().to_string()).unwrap();
    let plain = text::to_text(&lines);
    for piece in [
        "1. First\n  • Inner\n2. Second\n",
        "[x] Done\n",
        "Name\tValue\none\t1 | 2\n",
        "@Ada wrote e=mc^2\n",
    ] {
        assert!(plain.contains(piece), "{piece}\nis not in\n{plain}");
    }
    let back = text::from_text("\u{feff}a\r\nb\r\n").unwrap();
    assert_eq!(ops_of(back), json!([{"insert": "a\nb\n"}]));
}

fn docx_of(ops: &Value) -> Vec<u8> {
    let lines = model::read(&ops.to_string()).unwrap();
    docx::to_docx(
        &lines,
        "Title & more",
        "https://bricks.example",
        &HashMap::new(),
    )
    .unwrap()
}

fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn pdf_of(ops: &Value) -> Vec<u8> {
    let lines = model::read(&ops.to_string()).unwrap();
    pdf::to_pdf(&lines, "Title", "https://bricks.example", &HashMap::new()).unwrap()
}

#[test]
fn a_delta_as_pdf() {
    let bytes = pdf_of(&sample());
    assert!(bytes.starts_with(b"%PDF-"));
    assert!(
        bytes.len() < 200_000,
        "fonts are embedded in part: {}",
        bytes.len()
    );
    for ops in [
        json!([]),
        json!([{"insert": "\n"}]),
        json!([{"insert": "x".repeat(20_000)}]),
        json!([{"insert": "漢字かな 한국어 עברית العربية 😀 e\u{301}\u{302}\n"}]),
        json!([{"insert": "a\n", "attributes": {"table": "r"}}]),
        json!([{"insert": "word ".repeat(9_000)}, {"insert": "\n", "attributes": {"table": "r"}}]),
        json!([{"insert": "a"}, {"insert": "\n".repeat(3000), "attributes": {"table": "r"}}]),
        json!([{"insert": "a", "attributes": {"size": "96pt"}}, {"insert": "\n", "attributes": {"list": "ordered", "indent": 8}}]),
    ] {
        pdf_of(&ops);
    }
}

#[test]
fn a_delta_that_is_none_is_refused() {
    for ops in [
        "",
        "{}",
        "[{\"delete\":1}]",
        "[{\"insert\":1}]",
        "[1]",
        "{\"ops\":1}",
        "[{\"insert\":null}]",
    ] {
        assert!(model::read(ops).is_err(), "{ops}");
    }
    assert!(model::read(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

#[test]
fn broken_input_breaks_nothing() {
    let good_docx = docx_of(&sample());
    let good_html = html_of(&sample());
    let good_markdown = markdown_of(&sample());
    let mut random = Random(7);
    for _ in 0..300 {
        let mut bytes = good_docx.clone();
        let mut html = good_html.clone().into_bytes();
        let mut markdown = good_markdown.clone().into_bytes();
        for _ in 0..1 + random.below(20) {
            for text in [&mut bytes, &mut html, &mut markdown] {
                let at = random.below(text.len());
                match random.below(3) {
                    0 => text[at] = random.below(256) as u8,
                    1 => drop(text.drain(at..(at + random.below(40)).min(text.len()))),
                    _ => {
                        let part = text[at..(at + random.below(40)).min(text.len())].to_vec();
                        text.splice(at..at, part);
                    }
                }
            }
        }
        let _ = docx::from_docx(&bytes);
        for text in [html, markdown] {
            let text = String::from_utf8_lossy(&text).into_owned();
            for imported in [
                from_html(&text).unwrap(),
                markdown::from_markdown(&text).unwrap(),
            ] {
                let lines = model::read(&imported.ops).unwrap();
                markdown::to_markdown(&lines, "");
                text::to_text(&lines);
                html_of(&serde_json::from_str(&imported.ops).unwrap());
            }
        }
    }
    // Parts of a DOCX, broken within the archive.
    let document = {
        let mut archive = zip::ZipArchive::new(Cursor::new(&good_docx)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut archive.by_name("word/document.xml").unwrap(),
            &mut text,
        )
        .unwrap();
        text
    };
    for _ in 0..300 {
        let mut text = document.clone().into_bytes();
        for _ in 0..1 + random.below(6) {
            let at = random.below(text.len());
            let part = text[random.below(text.len())..]
                .iter()
                .take(random.below(60))
                .copied()
                .collect::<Vec<_>>();
            text.splice(at..(at + random.below(30)).min(text.len()), part);
        }
        if let Ok(imported) = docx::from_docx(&zip_of(&[("word/document.xml", &text)])) {
            let lines = model::read(&imported.ops).unwrap();
            docx::to_docx(&lines, "x", "", &HashMap::new()).unwrap();
        }
    }
}

/// Writes the sample in every form into the folder OPENBRICKS_SAMPLES, to be looked at.
#[test]
fn samples() {
    let Some(folder) = std::env::var_os("OPENBRICKS_SAMPLES").map(std::path::PathBuf::from) else {
        return;
    };
    let mut ops = sample();
    if let Some(file) = std::env::var_os("OPENBRICKS_DELTA") {
        ops = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    std::fs::write(folder.join("sample.html"), html_of(&ops)).unwrap();
    std::fs::write(folder.join("sample.md"), markdown_of(&ops)).unwrap();
    std::fs::write(folder.join("sample.docx"), docx_of(&ops)).unwrap();
    std::fs::write(folder.join("sample.pdf"), pdf_of(&ops)).unwrap();
}
