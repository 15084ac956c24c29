//! Lines as HTML.
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use crate::convert::blocks::{Block, group, is_empty, outline};
use crate::convert::model::{Align, Format, Kind, Line, List, Piece, Script, Span};
use crate::convert::style::to_data;

/// What HTML is made for.
pub struct Look<'a> {
    /// A page whose policy forbids style attributes: classes, and the rules that belong to them.
    pub classes: bool,
    /// Addresses of images that stand in the HTML themselves.
    pub images: &'a HashMap<String, Vec<u8>>,
    /// Added to addresses of this server's files, so that readers with a link may see them; empty: nothing.
    pub share: &'a str,
}

pub struct Html {
    pub body: String,
    /// Rules for the classes of `body`.
    pub style: String,
}

pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(it),
        }
    }
    safe
}

struct Printer<'a> {
    look: &'a Look<'a>,
    out: String,
    rules: BTreeSet<String>,
    anchors: std::vec::IntoIter<String>,
}

/// Declarations, each with the name that its class has.
type Styles = Vec<(String, String)>;

fn styles_of(format: &Format) -> Styles {
    let mut styles = Styles::new();
    let mut add = |class: String, rule: String| styles.push((class, rule));
    if let Some(color) = format.color {
        add(
            format!("c-{}", color.digits()),
            format!("color:{}", color.css()),
        );
    }
    if let Some(color) = format.background {
        add(
            format!("b-{}", color.digits()),
            format!("background-color:{}", color.css()),
        );
    }
    if let Some(size) = format.size {
        let name = size.attribute().replace('.', "_");
        add(format!("s-{name}"), format!("font-size:{}", size.css()));
    }
    if let Some(font) = &format.font {
        let name = font.0.to_ascii_lowercase().replace(' ', "_");
        add(format!("f-{name}"), format!("font-family:{}", font.css()));
    }
    styles
}

fn line_styles(line: &Line) -> Styles {
    let mut styles = Styles::new();
    let align = match line.align {
        Align::Start => "",
        Align::Center => "center",
        Align::Right => "right",
        Align::Justify => "justify",
    };
    if !align.is_empty() {
        styles.push((format!("a-{align}"), format!("text-align:{align}")));
    }
    if line.indent > 0 && !matches!(line.kind, Kind::Item(_) | Kind::Cell(_)) {
        let name = format!("i-{}", line.indent);
        styles.push((name, format!("margin-left:{}em", line.indent as u32 * 3)));
    }
    styles
}

impl Printer<'_> {
    fn styled(&mut self, styles: Styles) -> String {
        if styles.is_empty() {
            return String::new();
        }
        if !self.look.classes {
            let rules: Vec<_> = styles.into_iter().map(|it| it.1).collect();
            return format!(" style=\"{}\"", rules.join("; "));
        }
        let names: Vec<_> = styles.iter().map(|it| it.0.clone()).collect();
        for (name, rule) in styles {
            self.rules.insert(format!(".{name}{{{rule}}}"));
        }
        format!(" class=\"{}\"", names.join(" "))
    }

    fn open(&mut self, tag: &str, line: &Line) {
        let style = self.styled(line_styles(line));
        let dir = if line.rtl { " dir=\"rtl\"" } else { "" };
        let _ = write!(self.out, "<{tag}{style}{dir}>");
    }

    fn span(&mut self, span: &Span) {
        let format = &span.format;
        let mut ends: Vec<&str> = Vec::new();
        if let Some(link) = &format.link {
            let _ = write!(
                self.out,
                "<a href=\"{}\" rel=\"noopener noreferrer nofollow\">",
                escape(link)
            );
            ends.push("</a>");
        }
        let style = self.styled(styles_of(format));
        if !style.is_empty() {
            let _ = write!(self.out, "<span{style}>");
            ends.push("</span>");
        }
        let tags = [
            (format.bold, "<strong>", "</strong>"),
            (format.italic, "<em>", "</em>"),
            (format.underline, "<u>", "</u>"),
            (format.strike, "<s>", "</s>"),
            (format.script == Script::Sub, "<sub>", "</sub>"),
            (format.script == Script::Super, "<sup>", "</sup>"),
            (format.code, "<code>", "</code>"),
        ];
        for (on, start, end) in tags {
            if on {
                self.out.push_str(start);
                ends.push(end);
            }
        }
        match &span.piece {
            Piece::Text(text) => self.text(text),
            Piece::Image { url, alt, width } => self.image(url, alt, *width),
            Piece::Formula(text) => {
                let text = escape(text);
                let _ = write!(self.out, "<span class=\"formula\">{text}</span>");
            }
            Piece::Mention(name) => {
                let name = escape(name);
                let _ = write!(self.out, "<span class=\"mention\">{name}</span>");
            }
        }
        for end in ends.iter().rev() {
            self.out.push_str(end);
        }
    }

    /// Spaces that HTML would drop stay.
    fn text(&mut self, text: &str) {
        let safe = escape(text).replace("  ", " \u{a0}");
        self.out.push_str(&safe);
    }

    fn image(&mut self, url: &str, alt: &str, width: Option<u32>) {
        let inside = self.look.images.get(url).and_then(|bytes| to_data(bytes));
        let mut url = inside.unwrap_or_else(|| url.to_string());
        if !self.look.share.is_empty() && url.starts_with("/api/") {
            url.push(if url.contains('?') { '&' } else { '?' });
            let _ = write!(url, "share={}", self.look.share);
        }
        let _ = write!(
            self.out,
            "<img src=\"{}\" alt=\"{}\"",
            escape(&url),
            escape(alt)
        );
        if let Some(width) = width {
            let _ = write!(self.out, " width=\"{width}\"");
        }
        self.out.push_str(if self.look.classes {
            " loading=\"lazy\">"
        } else {
            ">"
        });
    }

    fn spans(&mut self, line: &Line) {
        if line.spans.is_empty() {
            self.out.push_str("<br>");
        }
        for span in &line.spans {
            self.span(span);
        }
    }

    fn line(&mut self, line: &Line) {
        match &line.kind {
            Kind::Heading(level) => {
                let tag = format!("h{level}");
                if self.look.classes {
                    let anchor = escape(&self.anchors.next().unwrap_or_default());
                    self.open(&format!("{tag} id=\"{anchor}\""), line);
                } else {
                    self.open(&tag, line);
                }
                self.spans(line);
                let _ = writeln!(self.out, "</{tag}>");
            }
            Kind::Divider => self.out.push_str("<hr>\n"),
            Kind::Video(url) => {
                let url = escape(url);
                let rel = "rel=\"noopener noreferrer nofollow\"";
                let _ = writeln!(
                    self.out,
                    "<p class=\"video\"><a href=\"{url}\" {rel}>{url}</a></p>"
                );
            }
            Kind::Embed(title, link) => {
                self.out.push_str("<p class=\"result\">");
                match link {
                    Some(link) => {
                        let link = escape(link);
                        let _ = write!(self.out, "<a href=\"{link}\">{}</a>", escape(title));
                    }
                    None => self.out.push_str(&escape(title)),
                }
                self.out.push_str("</p>\n");
            }
            _ => {
                self.open("p", line);
                self.spans(line);
                self.out.push_str("</p>\n");
            }
        }
    }

    /// Items may be nested by more than one level at once; levels between have no item of their own.
    fn list(&mut self, lines: &[Line]) {
        let mut open: Vec<(bool, bool)> = Vec::new(); // Whether ordered; whether an item is open.
        for line in lines {
            let Kind::Item(list) = line.kind else {
                continue;
            };
            let ordered = list == List::Ordered;
            let depth = line.indent as usize + 1;
            while open.len() > depth || (open.len() == depth && open[depth - 1].0 != ordered) {
                self.end_list(&mut open);
            }
            while open.len() < depth {
                let tag = if ordered { "<ol>" } else { "<ul>" };
                self.out.push_str(tag);
                open.push((ordered, open.len() + 1 < depth));
                if open.len() < depth {
                    self.out.push_str("<li class=\"level\">");
                }
            }
            if open[depth - 1].1 {
                self.out.push_str("</li>\n");
            }
            open[depth - 1].1 = true;
            match list {
                List::Checked | List::Unchecked => {
                    self.open("li", line);
                    let checked = if list == List::Checked {
                        " checked"
                    } else {
                        ""
                    };
                    let _ = write!(self.out, "<input type=\"checkbox\" disabled{checked}> ");
                }
                _ => self.open("li", line),
            }
            self.spans(line);
        }
        while !open.is_empty() {
            self.end_list(&mut open);
        }
        self.out.push('\n');
    }

    fn end_list(&mut self, open: &mut Vec<(bool, bool)>) {
        if let Some((ordered, item)) = open.pop() {
            if item {
                self.out.push_str("</li>");
            }
            self.out.push_str(if ordered { "</ol>" } else { "</ul>" });
        }
    }

    fn table(&mut self, rows: &[&[Line]]) {
        self.out.push_str("<table><tbody>\n");
        for row in rows {
            self.out.push_str("<tr>");
            for cell in *row {
                self.open("td", cell);
                self.spans(cell);
                self.out.push_str("</td>");
            }
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</tbody></table>\n");
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Line(line) => self.line(line),
            Block::List(lines) => self.list(lines),
            Block::Table(rows) => self.table(rows),
            Block::Quote(lines) => {
                self.out.push_str("<blockquote>\n");
                for line in *lines {
                    self.line(line);
                }
                self.out.push_str("</blockquote>\n");
            }
            Block::Code(language, lines) => {
                match language.is_empty() {
                    true => self.out.push_str("<pre><code>"),
                    false => {
                        let name = escape(language);
                        let _ = write!(self.out, "<pre><code class=\"language-{name}\">");
                    }
                }
                for line in *lines {
                    self.out.push_str(&escape(&line.text()));
                    self.out.push('\n');
                }
                self.out.push_str("</code></pre>\n");
            }
        }
    }
}

pub fn to_html(lines: &[Line], look: &Look) -> Html {
    let anchors: Vec<_> = outline(lines).into_iter().map(|it| it.anchor).collect();
    let mut printer = Printer {
        look,
        out: String::new(),
        rules: BTreeSet::new(),
        anchors: anchors.into_iter(),
    };
    // Lines at the end with nothing in them are how editors end a document.
    let used = lines
        .iter()
        .rposition(|it| it.kind != Kind::Paragraph || !is_empty(it));
    for block in group(&lines[..used.map_or(0, |it| it + 1)]) {
        printer.block(&block);
    }
    let style = printer.rules.into_iter().collect::<Vec<_>>().join("\n");
    Html {
        body: printer.out,
        style,
    }
}
