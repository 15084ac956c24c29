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
