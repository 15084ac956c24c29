//! Lines as a DOCX.
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::styles;
use crate::convert::blocks::{Block, group};
use crate::convert::model::{Align, Format, Kind, Line, List, Piece, Script, Span};
use crate::convert::pdf::as_png;
use crate::convert::style::{data_of, picture_type};
use crate::convert::{Fail, Outcome, refuse};

/// English metric units: of a CSS pixel, and of the text's width.
const EMU: u64 = 9525;
const MAX_WIDTH: u64 = 602;
const MAX_HEIGHT: u64 = 800;

struct Printer<'a> {
    base: &'a str,
    images: &'a HashMap<String, Vec<u8>>,
    out: String,
    /// Addresses of links; the n-th is the relation "link<n>".
    links: Vec<String>,
    link_ids: HashMap<String, usize>,
    /// Files in word/media: the n-th is the relation "image<n>".
    media: Vec<(String, Vec<u8>)>,
    media_ids: HashMap<String, Option<usize>>,
    drawings: usize,
    /// Ordered lists so far; each is a numbering of its own.
    ordered: usize,
}

pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(it),
        }
    }
    safe
}

/// Word knows sixteen colours to mark text with; shading takes any.
fn run_properties(format: &Format, character_style: &str) -> String {
    let mut out = String::new();
    if !character_style.is_empty() {
        let _ = write!(out, "<w:rStyle w:val=\"{character_style}\"/>");
    }
    if let Some(font) = &format.font {
        let name = match font.0.as_str() {
            "serif" => "Georgia",
            "monospace" => "Consolas",
            "sans-serif" => "Arial",
            name => name,
        };
        let _ = write!(
            out,
            "<w:rFonts w:ascii=\"{name}\" w:hAnsi=\"{name}\" w:cs=\"{name}\"/>"
        );
    }
    if format.bold {
        out.push_str("<w:b/><w:bCs/>");
    }
    if format.italic {
        out.push_str("<w:i/><w:iCs/>");
    }
    if format.strike {
        out.push_str("<w:strike/>");
    }
    if let Some(color) = format.color {
        let _ = write!(out, "<w:color w:val=\"{}\"/>", color.digits());
    }
    if let Some(size) = format.size {
        let half_points = (size.points(styles::TEXT) * 2.0).round() as u32;
        let _ = write!(
            out,
            "<w:sz w:val=\"{half_points}\"/><w:szCs w:val=\"{half_points}\"/>"
        );
    }
    if format.underline {
        out.push_str("<w:u w:val=\"single\"/>");
    }
    if let Some(color) = format.background {
        let _ = write!(
            out,
            "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"{}\"/>",
            color.digits()
        );
    }
    match format.script {
        Script::None => {}
        Script::Sub => out.push_str("<w:vertAlign w:val=\"subscript\"/>"),
        Script::Super => out.push_str("<w:vertAlign w:val=\"superscript\"/>"),
    }
    match out.is_empty() {
        true => out,
        false => format!("<w:rPr>{out}</w:rPr>"),
    }
}

/// An address that means something outside of this server; none: it means nothing.
fn absolute(base: &str, url: &str) -> Option<String> {
    if url.starts_with('/') && !url.starts_with("//") {
        return (!base.is_empty()).then(|| format!("{}{url}", base.trim_end_matches('/')));
    }
    let known = ["http://", "https://", "mailto:", "tel:"];
    known
        .iter()
        .any(|it| url.starts_with(it))
        .then(|| url.to_string())
}

impl Printer<'_> {
    fn link(&mut self, url: &str) -> Option<usize> {
        let url = absolute(self.base, url)?;
        if let Some(id) = self.link_ids.get(&url) {
            return Some(*id);
        }
        self.links.push(url.clone());
        self.link_ids.insert(url, self.links.len());
        Some(self.links.len())
    }

    fn picture(&mut self, url: &str) -> Option<usize> {
        if let Some(known) = self.media_ids.get(url) {
            return *known;
        }
        let bytes = self.images.get(url).cloned().or_else(|| data_of(url));
        let found = bytes.and_then(|bytes| {
            let ending = match picture_type(&bytes)? {
                "image/png" => "png",
                "image/jpeg" => "jpeg",
                "image/gif" => "gif",
                // Word does not show WebP.
                _ => {
                    let png = as_png(&bytes)?;
                    return Some(("png", png));
                }
            };
            Some((ending, bytes))
        });
        let id = found.map(|(ending, bytes)| {
            let number = self.media.len() + 1;
            self.media.push((format!("image{number}.{ending}"), bytes));
            number
        });
        self.media_ids.insert(url.to_string(), id);
        id
    }

    fn image(&mut self, url: &str, alt: &str, width: Option<u32>) {
        let size = self.picture(url).and_then(|id| {
            let size = imagesize::blob_size(&self.media[id - 1].1).ok()?;
            (size.width > 0 && size.height > 0).then_some((
                id,
                size.width as u64,
                size.height as u64,
            ))
        });
        let Some((id, own_width, own_height)) = size else {
            let text = if alt.is_empty() { "image" } else { alt };
            let format = Format {
                italic: true,
                ..Format::default()
            };
            self.run(&format!("[{text}]"), &format, "");
            return;
        };
        let wide = width.map_or(own_width, u64::from).clamp(1, MAX_WIDTH);
        let high = (own_height * wide / own_width).max(1);
        let (wide, high) = match high > MAX_HEIGHT {
            true => ((wide * MAX_HEIGHT / high).max(1), MAX_HEIGHT),
            false => (wide, high),
        };
        self.drawings += 1;
        let (number, cx, cy, alt) = (self.drawings, wide * EMU, high * EMU, escape(alt));
        let _ = write!(
            self.out,
            "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">\
             <wp:extent cx=\"{cx}\" cy=\"{cy}\"/><wp:docPr id=\"{number}\" name=\"Picture {number}\" descr=\"{alt}\"/>\
             <a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic>\
             <pic:nvPicPr><pic:cNvPr id=\"{number}\" name=\"Picture {number}\"/><pic:cNvPicPr/></pic:nvPicPr>\
             <pic:blipFill><a:blip r:embed=\"image{id}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
             <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{cx}\" cy=\"{cy}\"/></a:xfrm>\
             <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>\
             </wp:inline></w:drawing></w:r>"
        );
    }

    fn run(&mut self, text: &str, format: &Format, style: &str) {
        let properties = run_properties(format, style);
        let _ = write!(self.out, "<w:r>{properties}");
        for (index, part) in text.split('\t').enumerate() {
            if index > 0 {
                self.out.push_str("<w:tab/>");
            }
            if !part.is_empty() {
                let _ = write!(
                    self.out,
                    "<w:t xml:space=\"preserve\">{}</w:t>",
                    escape(part)
                );
            }
        }
        self.out.push_str("</w:r>");
    }

    fn span(&mut self, span: &Span) {
        let link = span.format.link.as_deref().and_then(|it| self.link(it));
        if let Some(id) = link {
            let _ = write!(self.out, "<w:hyperlink r:id=\"link{id}\">");
        }
        let style = match (span.format.code, link) {
            (true, _) => "CodeText",
            (_, Some(_)) => "Hyperlink",
            _ => "",
        };
        match &span.piece {
            Piece::Text(text) => self.run(text, &span.format, style),
            Piece::Formula(text) => self.run(text, &span.format, "Formula"),
            Piece::Mention(name) => self.run(name, &span.format, "Mention"),
            Piece::Image { url, alt, width } => self.image(url, alt, *width),
        }
        if link.is_some() {
            self.out.push_str("</w:hyperlink>");
        }
    }

    fn paragraph(&mut self, line: &Line, style: &str, more: &str) {
        let mut properties = String::new();
        if !style.is_empty() {
            let _ = write!(properties, "<w:pStyle w:val=\"{style}\"/>");
        }
        properties.push_str(more);
        if line.rtl {
            properties.push_str("<w:bidi/>");
        }
        if line.indent > 0 && !matches!(line.kind, Kind::Item(_) | Kind::Cell(_)) {
            let _ = write!(
                properties,
                "<w:ind w:left=\"{}\"/>",
                line.indent as u32 * 720
            );
        }
        let align = match line.align {
            Align::Start => "",
            Align::Center => "center",
            // Word's "left" is where a line starts, also from right to left.
            Align::Right if line.rtl => "left",
            Align::Right => "right",
            Align::Justify => "both",
        };
        if !align.is_empty() {
            let _ = write!(properties, "<w:jc w:val=\"{align}\"/>");
        }
        self.out.push_str("<w:p>");
        if !properties.is_empty() {
            let _ = write!(self.out, "<w:pPr>{properties}</w:pPr>");
        }
        for span in &line.spans {
            self.span(span);
        }
        self.out.push_str("</w:p>");
    }

    fn list(&mut self, lines: &[Line]) {
        let ordered = lines.iter().any(|it| it.kind == Kind::Item(List::Ordered));
        self.ordered += ordered as usize;
        for line in lines {
            let number = match line.kind {
                Kind::Item(List::Bullet) => styles::BULLETS,
                Kind::Item(List::Checked) => styles::CHECKED,
                Kind::Item(List::Unchecked) => styles::UNCHECKED,
                _ => styles::FIRST_ORDERED + self.ordered - 1,
            };
            let level = line.indent;
            let more = format!(
                "<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{number}\"/></w:numPr>"
            );
            self.paragraph(line, "ListParagraph", &more);
        }
    }

    fn table(&mut self, rows: &[&[Line]]) {
        let columns = rows.iter().map(|it| it.len()).max().unwrap_or(1).max(1);
        let width = 9026 / columns;
        self.out.push_str("<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/></w:tblPr><w:tblGrid>");
        for _ in 0..columns {
            let _ = write!(self.out, "<w:gridCol w:w=\"{width}\"/>");
        }
        self.out.push_str("</w:tblGrid>");
        for row in rows {
            self.out.push_str("<w:tr>");
            for column in 0..columns {
                let _ = write!(
                    self.out,
                    "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>"
                );
                match row.get(column) {
                    Some(cell) => self.paragraph(cell, "", ""),
                    None => self.out.push_str("<w:p/>"),
                }
                self.out.push_str("</w:tc>");
            }
            self.out.push_str("</w:tr>");
        }
        // Else Word joins a table with the next.
        self.out
            .push_str("</w:tbl><w:p><w:pPr><w:pStyle w:val=\"AfterTable\"/></w:pPr></w:p>");
    }

    fn title(&mut self, title: &str) {
        let title: String = title
            .chars()
            .filter(|it| crate::convert::model::shown(*it))
            .collect();
        self.out
            .push_str("<w:p><w:pPr><w:pStyle w:val=\"Title\"/></w:pPr>");
        self.run(&title, &Format::default(), "");
        self.out.push_str("</w:p>");
    }

    fn boxed(&mut self, text: &str, link: Option<&str>) {
        let format = Format {
            link: link.map(str::to_string),
            ..Format::default()
        };
        let span = Span {
            piece: Piece::Text(text.to_string()),
            format,
        };
        let line = Line {
            spans: vec![span],
            kind: Kind::Paragraph,
            indent: 0,
            align: Align::Start,
            rtl: false,
        };
        self.paragraph(&line, "Result", "");
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::List(lines) => self.list(lines),
            Block::Table(rows) => self.table(rows),
            Block::Quote(lines) => lines.iter().for_each(|it| self.paragraph(it, "Quote", "")),
            Block::Code(_, lines) => {
                for line in *lines {
                    let span = Span {
                        piece: Piece::Text(line.text()),
                        format: Format::default(),
                    };
                    self.paragraph(
                        &Line {
                            spans: vec![span],
                            ..(*line).clone()
                        },
                        "Code",
                        "",
                    );
                }
            }
            Block::Line(line) => match &line.kind {
                Kind::Heading(level) => self.paragraph(line, &format!("Heading{level}"), ""),
                Kind::Divider => self.paragraph(line, "Divider", ""),
                Kind::Video(url) => self.boxed(url, Some(url)),
                Kind::Embed(title, link) => self.boxed(title, link.as_deref()),
                _ => self.paragraph(line, "", ""),
            },
        }
    }

    fn relations(&self) -> String {
        let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let mut out = format!(
            "{}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"styles\" Type=\"{kind}/styles\" Target=\"styles.xml\"/>\
             <Relationship Id=\"numbering\" Type=\"{kind}/numbering\" Target=\"numbering.xml\"/>",
            styles::XML
        );
        for (index, url) in self.links.iter().enumerate() {
            let (number, url) = (index + 1, escape(url));
            let _ = write!(
                out,
                "<Relationship Id=\"link{number}\" Type=\"{kind}/hyperlink\" Target=\"{url}\" TargetMode=\"External\"/>"
            );
        }
        for (index, (name, _)) in self.media.iter().enumerate() {
            let number = index + 1;
            let _ = write!(
                out,
                "<Relationship Id=\"image{number}\" Type=\"{kind}/image\" Target=\"media/{name}\"/>"
            );
        }
        out + "</Relationships>"
    }

    fn content_types(&self) -> String {
        let endings: BTreeSet<_> = self
            .media
            .iter()
            .filter_map(|it| it.0.rsplit_once('.'))
            .map(|it| it.1)
            .collect();
        let images: String = endings
            .into_iter()
            .map(|it| format!("<Default Extension=\"{it}\" ContentType=\"image/{it}\"/>"))
            .collect();
        styles::content_types(&images)
    }
}

pub fn to_docx(
    lines: &[Line],
    title: &str,
    base: &str,
    images: &HashMap<String, Vec<u8>>,
) -> Outcome<Vec<u8>> {
    let mut printer = Printer {
        base,
        images,
        out: String::new(),
        links: Vec::new(),
        link_ids: HashMap::new(),
        media: Vec::new(),
        media_ids: HashMap::new(),
        drawings: 0,
        ordered: 0,
    };
    let first = lines.first();
    let titled =
        first.is_some_and(|it| it.kind == Kind::Heading(1) && it.text().trim() == title.trim());
    if !titled && !title.trim().is_empty() {
        printer.title(title);
    }
    for block in group(lines) {
        printer.block(&block);
    }
    let document = format!(
        "{}{}{}",
        styles::DOCUMENT_START,
        printer.out,
        styles::DOCUMENT_END
    );
    let title: String = title
        .chars()
        .filter(|it| crate::convert::model::shown(*it))
        .collect();
    let mut parts: Vec<(String, Vec<u8>)> = vec![
        ("[Content_Types].xml".into(), printer.content_types().into()),
        ("_rels/.rels".into(), styles::RELATIONS.into()),
        (
            "docProps/core.xml".into(),
            styles::properties(&escape(&title)).into(),
        ),
        ("word/document.xml".into(), document.into()),
        ("word/styles.xml".into(), styles::styles().into()),
        (
            "word/numbering.xml".into(),
            styles::numbering(printer.ordered).into(),
        ),
        (
            "word/_rels/document.xml.rels".into(),
            printer.relations().into(),
        ),
    ];
    for (name, bytes) in printer.media {
        parts.push((format!("word/media/{name}"), bytes));
    }
    pack(parts).or_else(|error| match error {
        Fail::Refused(text) => refuse(format!("the DOCX cannot be made: {text}")),
        other => Err(other),
    })
}

fn pack(parts: Vec<(String, Vec<u8>)>) -> Outcome<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let method = match name.starts_with("word/media/") {
            true => CompressionMethod::Stored,
            false => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        let done = zip.start_file(name, options).map_err(|it| it.to_string());
        if let Err(error) = done.and_then(|()| zip.write_all(&bytes).map_err(|it| it.to_string())) {
            return refuse(error);
        }
    }
    match zip.finish() {
        Ok(cursor) => Ok(cursor.into_inner()),
        Err(error) => refuse(error.to_string()),
    }
}
