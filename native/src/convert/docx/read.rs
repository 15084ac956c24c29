//! A DOCX as a delta.
use std::collections::HashMap;

use quick_xml::events::BytesStart;
use serde_json::json;

use super::parts::{
    Mark, Numbering, Package, Step, Style, Styles, attribute, footnotes, is_on, relations,
    title_of, walk,
};
use crate::convert::model::{Align, Format, Kind, List, MAX_INDENT, Script};
use crate::convert::style::{Color, Font, Size, link_of, picture_type};
use crate::convert::write::{LineFormat, Writer};
use crate::convert::{Fail, Imported, Outcome, Picture, bounded, refuse};

#[derive(Default)]
struct Paragraph {
    style: Style,
    number: Option<String>,
    level: Option<u8>,
    heading: Option<u8>,
    align: Align,
    rtl: bool,
    /// In twentieths of a point.
    left: i64,
}

/// A field such as a link: HYPERLINK "…" between "begin" and "separate", its text until "end".
#[derive(Default)]
struct Field {
    code: String,
    shown: bool,
    link: Option<String>,
}

struct Walk<'a> {
    writer: Writer,
    styles: &'a Styles,
    numbering: &'a Numbering,
    targets: &'a HashMap<String, String>,
    paragraph: Paragraph,
    format: Format,
    /// Of the run: is it text written as code, a formula?
    run_style: String,
    link: Option<String>,
    fields: Vec<Field>,
    /// Elements whose contents are left out, one within the other.
    skipped: usize,
    in_run: bool,
    in_run_properties: bool,
    in_text: bool,
    in_instruction: bool,
    tables: usize,
    row: String,
    /// How many columns the cell takes.
    span: usize,
    /// Relations of images, by the order of their numbers in the delta.
    pictures: Vec<String>,
    alt: String,
    notes: Vec<String>,
    title: String,
}

/// What was deleted, and what stands here for readers that know less.
const SKIPPED: [&str; 6] = [
    "del",
    "moveFrom",
    "Fallback",
    "rPrChange",
    "pPrChange",
    "sectPr",
];

impl Walk<'_> {
    fn step(&mut self, step: Step) -> Outcome<()> {
        match step {
            Step::Start(name, _) if SKIPPED.contains(&name) => self.skipped += 1,
            Step::End(name) if SKIPPED.contains(&name) => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Step::Start(name, element) => self.start(name, element)?,
            Step::End(name) => self.end(name)?,
            Step::Text(text) if self.in_instruction => {
                if let Some(field) = self.fields.last_mut()
                    && field.code.len() < 8000
                {
                    field.code.push_str(text);
                }
            }
            Step::Text(text) if self.in_text => self.text(text),
            Step::Text(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, name: &str, element: &BytesStart) -> Outcome<()> {
        let value = || attribute(element, "val").unwrap_or_default();
        match name {
            "p" => {
                match self.tables {
                    // Within a text box of another paragraph.
                    0 if self.writer.in_line => self.end_line()?,
                    // The next one of a cell.
                    1.. if self.writer.in_line => self.writer.text(" ", &Format::default()),
                    _ => {}
                }
                self.paragraph = Paragraph::default();
            }
            "r" => {
                self.in_run = true;
                self.run_style.clear();
                self.format = self.style_format(&self.paragraph.style.clone());
            }
            "rPr" => self.in_run_properties = self.in_run,
            "t" => self.in_text = true,
            "instrText" => self.in_instruction = true,
            "fldChar" => self.field(&attribute(element, "fldCharType").unwrap_or_default()),
            "tab" if self.in_run && !self.in_run_properties => self.text("\t"),
            "noBreakHyphen" => self.text("-"),
            "br" | "cr" if self.in_run => match attribute(element, "type").as_deref() {
                Some("page" | "column") => {}
                _ if self.tables > 0 => self.text(" "),
                _ => self.end_line()?,
            },
            "hyperlink" => {
                let target = attribute(element, "id").and_then(|id| self.targets.get(&id).cloned());
                self.link = target.as_deref().and_then(link_of);
            }
            "docPr" => self.alt = attribute(element, "descr").unwrap_or_default(),
            "blip" => self.image(&attribute(element, "embed").unwrap_or_default()),
            "imagedata" => self.image(&attribute(element, "id").unwrap_or_default()),
            "footnoteReference" => {
                if let Some(id) = attribute(element, "id") {
                    self.notes.push(id);
                    let format = Format {
                        script: Script::Super,
                        ..Format::default()
                    };
                    let number = self.notes.len();
                    self.writer.text(&format!("[{number}]"), &format);
                }
            }
            "tbl" => {
                if self.writer.in_line && self.tables == 0 {
                    self.end_line()?;
                }
                self.tables += 1;
            }
            "tr" if self.tables == 1 => self.row = self.writer.row(),
            "tc" if self.tables == 1 => self.span = 1,
            "gridSpan" if self.tables == 1 => self.span = value().parse().unwrap_or(1).clamp(1, 50),
            _ if self.in_run_properties => self.run_property(name, element),
            _ => self.paragraph_property(name, element),
        }
        Ok(())
    }

    fn paragraph_property(&mut self, name: &str, element: &BytesStart) {
        let value = || attribute(element, "val").unwrap_or_default();
        match name {
            "pStyle" => self.paragraph.style = self.styles.of(&value()),
            "numId" => self.paragraph.number = Some(value()),
            "ilvl" => self.paragraph.level = value().parse().ok(),
            "outlineLvl" => {
                let level = value().parse::<u8>().ok().filter(|it| *it < 9);
                self.paragraph.heading = level.map(|it| (it + 1).min(6));
            }
            "bidi" => self.paragraph.rtl = is_on(element),
            "ind" => {
                let left = attribute(element, "left").or_else(|| attribute(element, "start"));
                self.paragraph.left = left.and_then(|it| it.parse().ok()).unwrap_or(0);
            }
            "jc" => {
                self.paragraph.align = match value().as_str() {
                    "center" => Align::Center,
                    "right" | "end" => Align::Right,
                    "left" | "start" if self.paragraph.rtl => Align::Right,
                    "both" | "distribute" => Align::Justify,
                    _ => Align::Start,
                }
            }
            _ => {}
        }
    }

    fn style_format(&self, style: &Style) -> Format {
        // What makes a heading bold is not said of its text.
        let plain = style.heading.is_some() || self.paragraph.heading.is_some();
        Format {
            bold: !plain && style.bold == Some(true),
            italic: !plain && style.italic == Some(true),
            underline: style.underline == Some(true),
            strike: style.strike == Some(true),
            ..Format::default()
        }
    }

    fn run_property(&mut self, name: &str, element: &BytesStart) {
        let value = || attribute(element, "val").unwrap_or_default();
        let format = &mut self.format;
        match name {
            "rStyle" => {
                let style = self.styles.of(&value());
                self.run_style = style.name.clone();
                format.code |= is_code(&style.name);
                if !["hyperlink", "mention", "formula"].contains(&style.name.as_str()) {
                    format.bold = style.bold.unwrap_or(format.bold);
                    format.italic = style.italic.unwrap_or(format.italic);
                    format.underline = style.underline.unwrap_or(format.underline);
                    format.strike = style.strike.unwrap_or(format.strike);
                }
            }
            "b" => format.bold = is_on(element),
            "i" => format.italic = is_on(element),
            "u" => format.underline = is_on(element),
            "strike" | "dstrike" => format.strike = is_on(element),
            "color" => {
                format.color = Color::from_digits(&value()).filter(|it| *it != Color(0, 0, 0))
            }
            "shd" => {
                let fill = attribute(element, "fill").unwrap_or_default();
                format.background =
                    Color::from_digits(&fill).filter(|it| *it != Color(255, 255, 255));
            }
            "highlight" => format.background = Color::parse(&value()),
            "sz" => {
                let points = value().parse::<f32>().ok().map(|it| it / 2.0);
                // About the size of ordinary text, or of what a heading is anyway.
                let usual = points.is_none_or(|it| (10.0..=12.0).contains(&it));
                format.size = match usual || self.paragraph.style.heading.is_some() {
                    true => None,
                    false => points.map(|it| Size::Points(it.clamp(6.0, 96.0))),
                };
            }
            "rFonts" => {
                let font = attribute(element, "ascii").as_deref().and_then(Font::parse);
                format.font = font
                    .filter(|it| it.is_mono() || it.is_serif())
                    .map(|it| Font(if it.is_mono() { "monospace" } else { "serif" }.to_string()));
            }
            "vertAlign" => {
                format.script = match value().as_str() {
                    "subscript" => Script::Sub,
                    "superscript" => Script::Super,
                    _ => Script::None,
                }
            }
            // Not shown.
            "vanish" | "webHidden" if is_on(element) => self.run_style = "hidden".to_string(),
            _ => {}
        }
    }

    fn field(&mut self, kind: &str) {
        match kind {
            "begin" if self.fields.len() < 20 => self.fields.push(Field::default()),
            "separate" => {
                if let Some(field) = self.fields.last_mut() {
                    field.shown = true;
                    let mut parts = field.code.trim().splitn(2, ' ');
                    if parts.next() == Some("HYPERLINK") {
                        let target = parts.next().unwrap_or("").trim().split('"').nth(1);
                        field.link = target.and_then(link_of);
                    }
                }
            }
            "end" => {
                self.fields.pop();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if !self.in_run || self.run_style == "hidden" || self.fields.iter().any(|it| !it.shown) {
            return;
        }
        if self.run_style == "formula" {
            self.writer
                .embed("formula", json!(text), &[], &Format::default());
            return;
        }
        let mut format = match is_code(&self.paragraph.style.name) {
            true => Format::default(),
            false => self.format.clone(),
        };
        let field = self.fields.iter().rev().find_map(|it| it.link.clone());
        format.link = self.link.clone().or(field);
        if format.code {
            (format.font, format.background) = (None, None);
        }
        if format.link.is_some() {
            (format.underline, format.color) = (false, None);
        }
        self.writer.text(text, &format);
    }

    fn image(&mut self, relation: &str) {
        if !self.targets.contains_key(relation) {
            return;
        }
        let number = match self.pictures.iter().position(|it| it == relation) {
            Some(known) => known,
            None => {
                self.pictures.push(relation.to_string());
                self.pictures.len() - 1
            }
        };
        let alt = std::mem::take(&mut self.alt);
        let more = [("alt", alt.chars().take(1000).collect())];
        self.writer.embed(
            "image",
            json!(format!("image:{number}")),
            &more,
            &Format::default(),
        );
    }

    fn line_format(&self) -> LineFormat {
        let paragraph = &self.paragraph;
        let style = &paragraph.style;
        let number = paragraph.number.as_ref().or(style.number.as_ref());
        let level = paragraph.level.or(style.level).unwrap_or(0).min(MAX_INDENT);
        let mark = number.map_or(Mark::None, |it| self.numbering.mark(it, level));
        let item = match mark {
            Mark::Number => Some(List::Ordered),
            Mark::Bullet => Some(List::Bullet),
            Mark::Checked => Some(List::Checked),
            Mark::Unchecked => Some(List::Unchecked),
            Mark::None => None,
        };
        let mut line = LineFormat {
            align: paragraph.align,
            rtl: paragraph.rtl,
            ..LineFormat::default()
        };
        if let Some(heading) = paragraph.heading.or(style.heading) {
            line.kind = Kind::Heading(heading);
        } else if let Some(item) = item {
            line.kind = Kind::Item(item);
            line.indent = level;
        } else if is_code(&style.name) {
            line.kind = Kind::Code(String::new());
        } else if style.name.contains("quote") || style.name.contains("block text") {
            line.kind = Kind::Quote;
        } else {
            line.indent = (paragraph.left / 720).clamp(0, MAX_INDENT as i64) as u8;
        }
        line
    }

    fn end_line(&mut self) -> Outcome<()> {
        let line = self.line_format();
        self.writer.line(&line)
    }

    fn end(&mut self, name: &str) -> Outcome<()> {
        match name {
            "p" if self.tables > 0 => {}
            "p" => match self.paragraph.style.name.as_str() {
                "after table" if !self.writer.in_line => {}
                // A title at the start is that of the document.
                "title" if self.title.is_empty() => match self.writer.take_first_line() {
                    Some(title) => self.title = title,
                    None => self.end_line()?,
                },
                "divider" if !self.writer.in_line => self.writer.block("divider", json!(true))?,
                _ => self.end_line()?,
            },
            "r" => self.in_run = false,
            "rPr" => self.in_run_properties = false,
            "t" => self.in_text = false,
            "instrText" => self.in_instruction = false,
            "hyperlink" => self.link = None,
            "tc" if self.tables == 1 => {
                let cell = LineFormat {
                    align: self.paragraph.align,
                    ..LineFormat::of(Kind::Cell(self.row.clone()))
                };
                for _ in 0..self.span {
                    self.writer.line(&cell)?;
                }
            }
            "tbl" => self.tables = self.tables.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }
}

fn is_code(style: &str) -> bool {
    let known = [
        "code",
        "code text",
        "html preformatted",
        "html code",
        "preformatted text",
        "source code",
    ];
    known.contains(&style) || style.starts_with("source code") || style == "verbatim char"
}

pub fn from_docx(bytes: &[u8]) -> Outcome<Imported> {
    bounded(bytes.len())?;
    let mut package = Package::open(bytes)?;
    let Some(document) = package.part("word/document.xml")? else {
        return refuse(
            "this is no DOCX: it has no word/document.xml (a .doc has to be saved as .docx first)",
        );
    };
    let targets = relations(&mut package, "word/_rels/document.xml.rels")?;
    let styles = Styles::read(&mut package)?;
    let numbering = Numbering::read(&mut package)?;
    let mut walked = Walk {
        writer: Writer::default(),
        styles: &styles,
        numbering: &numbering,
        targets: &targets,
        paragraph: Paragraph::default(),
        format: Format::default(),
        run_style: String::new(),
        link: None,
        fields: Vec::new(),
        skipped: 0,
        in_run: false,
        in_run_properties: false,
        in_text: false,
        in_instruction: false,
        tables: 0,
        row: String::new(),
        span: 1,
        pictures: Vec::new(),
        alt: String::new(),
        notes: Vec::new(),
        title: String::new(),
    };
    walk(&document, |step| walked.step(step))?;
    let Walk {
        mut writer,
        pictures,
        notes,
        title: first,
        ..
    } = walked;
    let texts = footnotes(&mut package)?;
    for (index, id) in notes.iter().enumerate() {
        let text = texts.get(id).map(String::as_str).unwrap_or("");
        writer.text(
            &format!("[{}] {}", index + 1, text.trim()),
            &Format::default(),
        );
        writer.line(&LineFormat::default())?;
    }
    for (index, relation) in pictures.iter().enumerate() {
        let name = targets[relation]
            .trim_start_matches("../")
            .trim_start_matches("./");
        let name = match name.strip_prefix('/') {
            Some(name) => name.to_string(),
            None => format!("word/{name}"),
        };
        let bytes = package.part(&name)?.filter(|it| picture_type(it).is_some());
        if bytes.is_none() {
            writer.note("Images that are no PNG, JPEG, GIF or WebP were left out.");
        }
        writer.images.push(Picture {
            url: format!("image:{index}"),
            bytes: bytes.unwrap_or_default(),
        });
    }
    let title = match title_of(&mut package) {
        Ok(title) => title,
        Err(Fail::Panicked(text)) => return Err(Fail::Panicked(text)),
        Err(_) => String::new(),
    };
    // What people see is the title, before what the properties say.
    Ok(writer.finish(if first.is_empty() { title } else { first }))
}
