//! Lines that belong together: code, quotes, lists and tables.
use super::model::{Kind, Line, Piece};

pub enum Block<'a> {
    /// A paragraph, a heading, a divider, a video or live results.
    Line(&'a Line),
    Quote(&'a [Line]),
    Code(&'a str, &'a [Line]),
    List(&'a [Line]),
    /// Rows of cells.
    Table(Vec<&'a [Line]>),
}

fn same(first: &Kind, next: &Kind) -> bool {
    match (first, next) {
        (Kind::Quote, Kind::Quote) | (Kind::Item(_), Kind::Item(_)) => true,
        (Kind::Code(one), Kind::Code(other)) => one == other,
        (Kind::Cell(_), Kind::Cell(_)) => true,
        _ => false,
    }
}

pub fn group(lines: &[Line]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let first = &lines[start].kind;
        let mut end = start + 1;
        while end < lines.len() && same(first, &lines[end].kind) {
            end += 1;
        }
        let part = &lines[start..end];
        blocks.push(match first {
            Kind::Quote => Block::Quote(part),
            Kind::Item(_) => Block::List(part),
            Kind::Code(language) => Block::Code(language, part),
            Kind::Cell(_) => {
                Block::Table(part.chunk_by(|one, other| one.kind == other.kind).collect())
            }
            _ => Block::Line(&lines[start]),
        });
        start = end;
    }
    blocks
}

/// Numbers of the ordered items of one list, by their indent.
#[derive(Default)]
pub struct Numbers {
    counts: Vec<u32>,
}

impl Numbers {
    /// The number of the next ordered item with this indent; others end the deeper ones.
    pub fn next(&mut self, indent: u8, ordered: bool) -> u32 {
        let depth = indent as usize;
        self.counts.truncate(depth + 1);
        self.counts.resize(depth + 1, 0);
        if !ordered {
            self.counts[depth] = 0;
            return 0;
        }
        self.counts[depth] += 1;
        self.counts[depth]
    }
}

/// 1, a, i, 1, … by depth, as Quill shows them.
pub fn numeral(number: u32, indent: u8) -> String {
    match indent % 3 {
        0 => number.to_string(),
        1 => letters(number),
        _ => roman(number),
    }
}

fn letters(mut number: u32) -> String {
    let mut text = Vec::new();
    while number > 0 {
        number -= 1;
        text.insert(0, b'a' + (number % 26) as u8);
        number /= 26;
    }
    text.into_iter().map(char::from).collect()
}

fn roman(mut number: u32) -> String {
    if number > 3999 {
        return number.to_string();
    }
    const PARTS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut text = String::new();
    for (value, digits) in PARTS {
        while number >= value {
            text.push_str(digits);
            number -= value;
        }
    }
    text
}

pub struct Heading {
    pub level: u8,
    pub text: String,
    /// Unlike any other of the document.
    pub anchor: String,
}

/// The headings, in order.
pub fn outline(lines: &[Line]) -> Vec<Heading> {
    let mut used = std::collections::HashMap::<String, usize>::new();
    let mut found = Vec::new();
    for line in lines {
        let Kind::Heading(level) = line.kind else {
            continue;
        };
        let text = line.text().trim().to_string();
        let mut slug = String::new();
        for it in text.chars().flat_map(char::to_lowercase).take(60) {
            if it.is_alphanumeric() {
                slug.push(it);
            } else if !slug.ends_with('-') && !slug.is_empty() {
                slug.push('-');
            }
        }
        let slug = format!("h-{}", slug.trim_end_matches('-'));
        let count = used.entry(slug.clone()).or_default();
        *count += 1;
        let anchor = if *count == 1 {
            slug
        } else {
            format!("{slug}--{count}")
        };
        found.push(Heading {
            level,
            text,
            anchor,
        });
    }
    found
}

pub fn is_empty(line: &Line) -> bool {
    line.spans
        .iter()
        .all(|span| matches!(&span.piece, Piece::Text(text) if text.trim().is_empty()))
}
