//! Plain text, and documents of it.
use super::blocks::{Numbers, numeral};
use super::model::{Kind, Line, List, Piece};
use super::write::{LineFormat, Writer};
use super::{Imported, Outcome, bounded};

fn inline(line: &Line) -> String {
    let mut text = String::new();
    for span in &line.spans {
        match &span.piece {
            Piece::Text(it) | Piece::Formula(it) | Piece::Mention(it) => text.push_str(it),
            Piece::Image { alt, .. } if !alt.is_empty() => text.push_str(&format!("[{alt}]")),
            Piece::Image { .. } => {}
        }
    }
    text
}

pub fn to_text(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut numbers = Numbers::default();
    let mut row: Option<&str> = None;
    for line in lines {
        if !matches!(line.kind, Kind::Item(_)) {
            numbers = Numbers::default();
        }
        let before = row.take();
        let content = inline(line);
        match &line.kind {
            Kind::Cell(name) => {
                if before == Some(name.as_str()) {
                    text.pop();
                    text.push('\t');
                }
                row = Some(name);
                text.push_str(&content);
            }
            Kind::Item(list) => {
                let number = numbers.next(line.indent, *list == List::Ordered);
                let mark = match list {
                    List::Ordered => format!("{}.", numeral(number, line.indent)),
                    List::Bullet => "•".to_string(),
                    List::Checked => "[x]".to_string(),
                    List::Unchecked => "[ ]".to_string(),
                };
                let indent = "  ".repeat(line.indent as usize);
                text.push_str(&format!("{indent}{mark} {content}"));
            }
            Kind::Divider => text.push_str("----------"),
            Kind::Video(url) => text.push_str(url),
            Kind::Embed(title, link) => {
                text.push_str(title);
                if let Some(link) = link {
                    text.push_str(&format!(" ({link})"));
                }
            }
            _ => text.push_str(&content),
        }
        text.push('\n');
    }
    text
}

pub fn from_text(text: &str) -> Outcome<Imported> {
    bounded(text.len())?;
    let mut writer = Writer::default();
    let text = text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let plain = Default::default();
    for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
        writer.text(line, &plain);
        writer.line(&LineFormat::default())?;
    }
    Ok(writer.finish(String::new()))
}
