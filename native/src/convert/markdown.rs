//! Markdown (CommonMark with GitHub's tables, task lists and strikethrough). Reading goes through HTML, so that
//! what is in it is as harmless as pasted HTML.
use std::fmt::Write;

use pulldown_cmark::{Event, MetadataBlockKind, Options, Parser, Tag, TagEnd, html as cmark_html};

use super::blocks::{Block, Numbers, group, is_empty};
use super::html::from_html;
use super::model::{Format, Kind, Line, List, Piece, Script, Span};
use super::{Imported, Outcome, bounded};

pub fn from_markdown(text: &str) -> Outcome<Imported> {
    bounded(text.len())?;
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut title = String::new();
    let mut in_metadata = false;
    let events = Parser::new_ext(text.trim_start_matches('\u{feff}'), options).filter(|event| {
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) => in_metadata = true,
            Event::End(TagEnd::MetadataBlock(_)) => in_metadata = false,
            Event::Text(text) if in_metadata => {
                let found = text.lines().find_map(|line| line.strip_prefix("title:"));
                title = found
                    .unwrap_or("")
                    .trim()
                    .trim_matches(['"', '\''])
                    .to_string();
            }
            _ => {}
        }
        true
    });
    let mut html = String::with_capacity(text.len() * 3 / 2);
    cmark_html::push_html(&mut html, events);
    let mut imported = from_html(&html)?;
    imported.title = title.chars().take(200).collect();
    Ok(imported)
}

fn escape(text: &str, starts_line: bool, in_table: bool) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut before = if starts_line { None } else { Some('x') };
    let chars: Vec<char> = text.chars().collect();
    for (index, it) in chars.iter().enumerate() {
        let next = chars.get(index + 1);
        let word = |it: Option<&char>| it.is_some_and(|it| it.is_alphanumeric());
        let special = match it {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '$' => true,
            // Within a word it means nothing.
            '_' => !(word(before.as_ref()) && word(next)),
            '&' => next.is_some_and(|it| it.is_alphabetic() || *it == '#'),
            '!' => next == Some(&'['),
            '|' => in_table,
            '#' | '>' | '+' | '-' | '=' => {
                starts_line && text[..].trim_start().starts_with(*it) && before.is_none()
            }
            '.' | ')' => {
                let line_so_far =
                    starts_line && chars[..index].iter().all(|it| it.is_ascii_digit());
                line_so_far && index > 0
            }
            _ => false,
        };
        if special {
            safe.push('\\');
        }
        safe.push(*it);
        if !it.is_whitespace() || before.is_some() {
            before = Some(*it);
        }
    }
    safe
}

fn code(text: &str, in_table: bool) -> String {
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let text = if in_table {
        text.replace('|', "\\|")
    } else {
        text.to_string()
    };
    let padded = text.starts_with('`') || text.ends_with('`') || text.starts_with(' ');
    let space = if padded { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn address(url: &str) -> String {
    if url.contains([' ', '(', ')', '<', '>']) {
        return format!(
            "<{}>",
            url.replace(' ', "%20")
                .replace('<', "%3C")
                .replace('>', "%3E")
        );
    }
    url.replace('|', "%7C")
}

#[derive(Clone, PartialEq)]
enum Mark {
    Link(String),
    Bold,
    Italic,
    Strike,
    Underline,
    Script(Script),
}

impl Mark {
    fn start(&self) -> &'static str {
        match self {
            Self::Link(_) => "[",
            Self::Bold => "**",
            Self::Italic => "*",
            Self::Strike => "~~",
            Self::Underline => "<u>",
            Self::Script(Script::Sub) => "<sub>",
            Self::Script(_) => "<sup>",
        }
    }

    fn end(&self) -> String {
        match self {
            Self::Link(url) => format!("]({})", address(url)),
            Self::Underline => "</u>".to_string(),
            Self::Script(Script::Sub) => "</sub>".to_string(),
            Self::Script(_) => "</sup>".to_string(),
            other => other.start().to_string(),
        }
    }
}

fn marks_of(format: &Format, bold: bool) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Some(link) = &format.link {
        marks.push(Mark::Link(link.clone()));
    }
    let flags = [
        (format.underline, Mark::Underline),
        (format.bold && bold, Mark::Bold),
        (format.strike, Mark::Strike),
        (format.italic, Mark::Italic),
        (format.script != Script::None, Mark::Script(format.script)),
    ];
    marks.extend(flags.into_iter().filter(|it| it.0).map(|it| it.1));
    marks
}

/// `bold`: whether bold text is marked (in a table's head it is bold anyway).
fn inline(spans: &[Span], in_table: bool, bold: bool) -> String {
    let mut out = String::new();
    let mut open: Vec<Mark> = Vec::new();
    for span in spans {
        let wanted = marks_of(&span.format, bold);
        let (before, text, after) = match &span.piece {
            // Spaces stand outside of the marks, else these would be none.
            Piece::Text(text) if !wanted.is_empty() => {
                let inner = text.trim();
                let start = text.len() - text.trim_start().len();
                let end = text.trim_end().len().max(start);
                if inner.is_empty() {
                    close(&mut open, 0, &mut out);
                    out.push_str(text);
                    continue;
                }
                (&text[..start], inner, &text[end..])
            }
            Piece::Text(text) => ("", text.as_str(), ""),
            _ => ("", "", ""),
        };
        if let [Mark::Link(url)] = &wanted[..]
            && url == text
            && url.starts_with("http")
            && !url.contains(['<', '>', '|', ' '])
        {
            close(&mut open, 0, &mut out);
            let _ = write!(out, "{before}<{url}>{after}");
            continue;
        }
        let kept = open
            .iter()
            .zip(&wanted)
            .take_while(|(one, other)| one == other)
            .count();
        close(&mut open, kept, &mut out);
        out.push_str(before);
        for mark in &wanted[open.len()..] {
            out.push_str(mark.start());
            open.push(mark.clone());
        }
        match &span.piece {
            Piece::Text(_) if span.format.code => out.push_str(&code(text, in_table)),
            Piece::Text(_) => {
                let start = out.is_empty();
                out.push_str(&escape(text, start, in_table));
            }
            Piece::Image { url, alt, .. } => {
                let _ = write!(out, "![{}]({})", escape(alt, false, in_table), address(url));
            }
            Piece::Formula(text) => {
                let _ = write!(out, "${}$", formula(text, in_table));
            }
            Piece::Mention(name) => out.push_str(&escape(name, false, in_table)),
        }
        if !after.is_empty() {
            close(&mut open, 0, &mut out);
            out.push_str(after);
        }
    }
    close(&mut open, 0, &mut out);
    out
}

/// A formula of one line that no reader takes for HTML or for its end.
fn formula(text: &str, in_table: bool) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    let mut escaped = false;
    let mut characters = text.chars().peekable();
    while let Some(it) = characters.next() {
        if !escaped && (it == '$' || it == '|' && in_table) {
            out.push('\\');
        }
        escaped = it == '\\' && !escaped;
        if escaped && characters.peek().is_none() {
            break;
        }
        out.push(it);
        let tag = |next: &char| next.is_ascii_alphabetic() || "/!?".contains(*next);
        if it == '<' && characters.peek().is_some_and(tag) {
            out.push(' ');
        }
    }
    out
}

fn close(open: &mut Vec<Mark>, length: usize, out: &mut String) {
    while open.len() > length {
        if let Some(mark) = open.pop() {
            out.push_str(&mark.end());
        }
    }
}

fn list(lines: &[Line], out: &mut String) {
    let mut numbers = Numbers::default();
    // Where the text of an item with this indent starts.
    let mut columns: Vec<usize> = Vec::new();
    for line in lines {
        let Kind::Item(list) = line.kind else {
            continue;
        };
        // Without items between, an item is no deeper than one below the last.
        let depth = (line.indent as usize).min(columns.len());
        let number = numbers.next(line.indent, list == List::Ordered);
        let mark = match list {
            List::Ordered => format!("{number}. "),
            List::Bullet => "- ".to_string(),
            List::Checked => "- [x] ".to_string(),
            List::Unchecked => "- [ ] ".to_string(),
        };
        let start = if depth == 0 { 0 } else { columns[depth - 1] };
        columns.truncate(depth);
        columns.push(start + if list == List::Ordered { mark.len() } else { 2 });
        let _ = writeln!(
            out,
            "{}{mark}{}",
            " ".repeat(start),
            inline(&line.spans, false, true)
        );
    }
    out.push('\n');
}

fn table(rows: &[&[Line]], out: &mut String) {
    let columns = rows.iter().map(|it| it.len()).max().unwrap_or(0);
    for (index, row) in rows.iter().enumerate() {
        for column in 0..columns {
            let cell = row.get(column).map(|it| inline(&it.spans, true, index > 0));
            let _ = write!(out, "| {} ", cell.unwrap_or_default().trim());
        }
        out.push_str("|\n");
        if index == 0 {
            out.push_str(&"| --- ".repeat(columns));
            out.push_str("|\n");
        }
    }
    out.push('\n');
}

fn line(line: &Line, out: &mut String) {
    match &line.kind {
        Kind::Heading(level) => {
            let _ = write!(
                out,
                "{} {}\n\n",
                "#".repeat(*level as usize),
                inline(&line.spans, false, true)
            );
        }
        Kind::Divider => out.push_str("---\n\n"),
        Kind::Video(url) => {
            let _ = write!(out, "<{url}>\n\n");
        }
        Kind::Embed(title, link) => {
            let title = escape(title, true, false);
            let _ = match link {
                Some(link) => write!(out, "[{title}]({})\n\n", address(link)),
                None => write!(out, "{title}\n\n"),
            };
        }
        _ if is_empty(line) => {}
        _ => {
            let text = inline(&line.spans, false, true);
            let _ = write!(out, "{}\n\n", text.trim());
        }
    }
}

/// With whole addresses, for what is on this server.
fn rooted(lines: &[Line], base: &str) -> Vec<Line> {
    let base = base.trim_end_matches('/');
    let whole = |url: &mut String| {
        if !base.is_empty() && url.starts_with('/') && !url.starts_with("//") {
            url.insert_str(0, base);
        }
    };
    let mut lines = lines.to_vec();
    for line in &mut lines {
        if let Kind::Embed(_, Some(url)) | Kind::Video(url) = &mut line.kind {
            whole(url);
        }
        for span in &mut line.spans {
            if let Piece::Image { url, .. } = &mut span.piece {
                whole(url);
            }
            if let Some(url) = &mut span.format.link {
                whole(url);
            }
        }
    }
    lines
}

pub fn to_markdown(lines: &[Line], base: &str) -> String {
    let lines = &rooted(lines, base);
    let mut out = String::new();
    for block in group(lines) {
        match block {
            Block::Line(it) => line(it, &mut out),
            Block::List(lines) => list(lines, &mut out),
            Block::Table(rows) => table(&rows, &mut out),
            Block::Quote(lines) => {
                for (index, line) in lines.iter().enumerate() {
                    if index > 0 {
                        out.push_str(">\n");
                    }
                    let _ = writeln!(out, "> {}", inline(&line.spans, false, true));
                }
                out.push('\n');
            }
            Block::Code(language, lines) => {
                let text = lines.iter().map(|it| it.text() + "\n").collect::<String>();
                let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
                let fence = "`".repeat(3.max(longest + 1));
                let _ = write!(out, "{fence}{language}\n{text}{fence}\n\n");
            }
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
