//! Blocks on pages.
use super::bidi;
use super::fonts::Fonts;
use super::lines::{Atom, BLACK, Base, Maker};
use super::pictures::Pictures;
use super::rows::{Row, rows};
use super::{Draw, HEIGHT, MARGIN, MAX_PAGES, WIDTH};
use crate::convert::blocks::{Block, Numbers, group, numeral};
use crate::convert::model::{Align, Format, Kind, Line, List, Piece, Span};
use crate::convert::style::Color;
use crate::convert::{Outcome, refuse};

const SIZE: f32 = 10.5;
pub const BOTTOM: f32 = HEIGHT - MARGIN;
pub const INNER: f32 = WIDTH - 2.0 * MARGIN;
const INDENT: f32 = 20.0;
pub const LINE: Color = Color(0xb8, 0xbc, 0xc4);
const CODE: Color = Color(0xf5, 0xf6, 0xf8);
const QUOTE: Color = Color(0x50, 0x55, 0x5e);
const HEADINGS: [f32; 6] = [21.0, 17.0, 14.0, 12.0, 11.0, 10.5];
pub const PLAIN: Base = Base {
    size: SIZE,
    color: BLACK,
    bold: false,
    mono: false,
};

pub struct Mark {
    pub level: u8,
    pub text: String,
    pub page: usize,
    pub y: f32,
}

pub struct Flow<'a, 'b> {
    pub pages: Vec<Vec<Draw>>,
    pub marks: Vec<Mark>,
    fonts: &'a mut Fonts,
    pictures: &'a mut Pictures<'b>,
    base_url: &'a str,
    pub y: f32,
}

/// What is drawn behind each row of a block.
#[derive(Clone, Copy)]
enum Behind {
    Nothing,
    Fill(f32, f32),
    Bar(f32),
}

impl<'a, 'b> Flow<'a, 'b> {
    pub fn new(fonts: &'a mut Fonts, pictures: &'a mut Pictures<'b>, base_url: &'a str) -> Self {
        Self {
            pages: vec![Vec::new()],
            marks: Vec::new(),
            fonts,
            pictures,
            base_url,
            y: MARGIN,
        }
    }

    pub fn page(&mut self) -> Outcome<()> {
        if self.pages.len() >= MAX_PAGES {
            return refuse("it has too many pages for a PDF; export it as DOCX");
        }
        self.pages.push(Vec::new());
        self.y = MARGIN;
        Ok(())
    }

    pub fn put(&mut self, draw: Draw) {
        if let Some(page) = self.pages.last_mut() {
            page.push(draw);
        }
    }

    pub fn is_at_top(&self) -> bool {
        self.y <= MARGIN + 0.5
    }

    pub fn space(&mut self, height: f32) {
        if !self.is_at_top() {
            self.y += height;
        }
    }

    /// Goes to the next page unless so much fits on this one.
    pub fn need(&mut self, height: f32) -> Outcome<()> {
        if self.y + height > BOTTOM && !self.is_at_top() {
            self.page()?;
        }
        Ok(())
    }

    fn row(&mut self, row: Row, x: f32, behind: Behind) -> Outcome<()> {
        self.need(row.height)?;
        let (y, height) = (self.y, row.height);
        match behind {
            Behind::Nothing => {}
            Behind::Fill(x, width) => self.put(Draw::Rect {
                x,
                y,
                width,
                height,
                color: CODE,
            }),
            Behind::Bar(x) => self.put(Draw::Rect {
                x,
                y,
                width: 2.5,
                height,
                color: LINE,
            }),
        }
        for it in row.draws {
            self.put(it.moved(x, y));
        }
        self.y += height;
        Ok(())
    }

    pub fn atoms(&mut self, line: &Line, base: &Base, width: f32) -> Vec<Atom> {
        let mut maker = Maker {
            fonts: self.fonts,
            pictures: self.pictures,
            base_url: self.base_url,
            max_width: width,
            max_height: BOTTOM - MARGIN - 40.0,
        };
        maker.atoms(line, base)
    }

    fn rows(&mut self, line: &Line, base: &Base, width: f32) -> Vec<Row> {
        let atoms = self.atoms(line, base, width);
        rows(atoms, width, line.align, bidi::is_rtl(line), base)
    }

    pub fn document(&mut self, lines: &[Line], title: &str) -> Outcome<()> {
        self.warn(lines, title)?;
        let first = lines.first();
        let titled =
            first.is_some_and(|it| it.kind == Kind::Heading(1) && it.text().trim() == title.trim());
        if !titled && !title.trim().is_empty() {
            let base = Base {
                size: 25.0,
                bold: true,
                ..PLAIN
            };
            for row in self.rows(&plain(title, None), &base, INNER) {
                self.row(row, MARGIN, Behind::Nothing)?;
            }
            self.y += 10.0;
        }
        for block in group(lines) {
            self.block(&block)?;
        }
        Ok(())
    }

    /// Says at once what cannot be read.
    fn warn(&mut self, lines: &[Line], title: &str) -> Outcome<()> {
        let all: Vec<String> = lines.iter().map(Line::text).collect();
        let all = all.iter().flat_map(|it| it.chars()).chain(title.chars());
        let missing: Vec<&str> = self.fonts.missing_in(all).into_iter().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let note = format!(
            "Characters that this server has no font for are shown as boxes in this PDF ({}). Install a font that \
             has them on the server, Noto for example, start it again, and export once more; or export as Word.",
            missing.join(", ")
        );
        let base = Base {
            size: 9.0,
            color: QUOTE,
            ..PLAIN
        };
        for row in self.rows(&plain(&note, None), &base, INNER - 24.0) {
            self.row(row, MARGIN + 12.0, Behind::Fill(MARGIN, INNER))?;
        }
        self.y += 12.0;
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Outcome<()> {
        match block {
            Block::Line(line) => self.line(line),
            Block::List(lines) => self.list(lines),
            Block::Table(rows) => self.table(rows),
            Block::Quote(lines) => {
                self.space(3.0);
                for line in *lines {
                    let indent = line.indent as f32 * INDENT;
                    let base = Base {
                        color: QUOTE,
                        ..PLAIN
                    };
                    let (bar, x) = match bidi::is_rtl(line) {
                        true => (WIDTH - MARGIN - indent - 2.5, MARGIN),
                        false => (MARGIN + indent, MARGIN + indent + 14.0),
                    };
                    for row in self.rows(line, &base, INNER - indent - 14.0) {
                        self.row(row, x, Behind::Bar(bar))?;
                    }
                }
                self.space(7.0);
                Ok(())
            }
            Block::Code(_, lines) => self.code(lines),
        }
    }

    fn code(&mut self, lines: &[Line]) -> Outcome<()> {
        let behind = Behind::Fill(MARGIN, INNER);
        let base = Base {
            size: 8.8,
            mono: true,
            ..PLAIN
        };
        let pad = || Row {
            height: 5.0,
            draws: Vec::new(),
            base: 0.0,
        };
        self.space(3.0);
        self.row(pad(), MARGIN, behind)?;
        for line in lines {
            let line = Line {
                align: Align::Start,
                ..plain(&line.text(), None)
            };
            for row in self.rows(&line, &base, INNER - 16.0) {
                self.row(row, MARGIN + 8.0, behind)?;
            }
        }
        self.row(pad(), MARGIN, behind)?;
        self.space(7.0);
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Outcome<()> {
        match &line.kind {
            Kind::Heading(level) => self.heading(line, *level),
            Kind::Divider => {
                self.space(7.0);
                self.need(2.0)?;
                let (x, y) = (MARGIN, self.y);
                self.put(Draw::Rect {
                    x,
                    y,
                    width: INNER,
                    height: 0.8,
                    color: LINE,
                });
                self.y += 9.0;
                Ok(())
            }
            Kind::Video(url) => self.boxed(&plain(url, Some(url))),
            Kind::Embed(title, link) => self.boxed(&plain(title, link.as_deref())),
            _ => {
                let indent = line.indent as f32 * INDENT;
                let x = if bidi::is_rtl(line) {
                    MARGIN
                } else {
                    MARGIN + indent
                };
                for row in self.rows(line, &PLAIN, INNER - indent) {
                    self.row(row, x, Behind::Nothing)?;
                }
                self.space(5.0);
                Ok(())
            }
        }
    }

    fn heading(&mut self, line: &Line, level: u8) -> Outcome<()> {
        let size = HEADINGS[(level as usize).clamp(1, 6) - 1];
        let base = Base {
            size,
            bold: true,
            ..PLAIN
        };
        let rows = self.rows(line, &base, INNER);
        let height: f32 = rows.iter().map(|it| it.height).sum();
        self.space(size * 0.75);
        // Not alone at a page's end.
        self.need(height + 3.0 * SIZE)?;
        let text: String = line.text().trim().chars().take(200).collect();
        if !text.is_empty() {
            self.marks.push(Mark {
                level,
                text,
                page: self.pages.len() - 1,
                y: self.y,
            });
        }
        for row in rows {
            self.row(row, MARGIN, Behind::Nothing)?;
        }
        self.space(size * 0.25);
        Ok(())
    }

    fn boxed(&mut self, line: &Line) -> Outcome<()> {
        self.space(4.0);
        for mut row in self.rows(line, &PLAIN, INNER - 24.0) {
            row.height += 10.0;
            row.draws = row.draws.into_iter().map(|it| it.moved(0.0, 6.0)).collect();
            self.need(row.height)?;
            let bar = self.y;
            let height = row.height;
            self.row(row, MARGIN + 12.0, Behind::Fill(MARGIN, INNER))?;
            self.put(Draw::Rect {
                x: MARGIN,
                y: bar.min(self.y - height),
                width: 2.5,
                height,
                color: LINE,
            });
        }
        self.space(8.0);
        Ok(())
    }

    fn list(&mut self, lines: &[Line]) -> Outcome<()> {
        let mut numbers = Numbers::default();
        for line in lines {
            let Kind::Item(list) = line.kind else {
                continue;
            };
            let number = numbers.next(line.indent, list == List::Ordered);
            let rtl = bidi::is_rtl(line);
            let mark = match list {
                List::Ordered if rtl => format!(".{}", numeral(number, line.indent)),
                List::Ordered => format!("{}.", numeral(number, line.indent)),
                List::Bullet => ["•", "◦", "▪"][line.indent as usize % 3].to_string(),
                List::Checked => "☑".to_string(),
                List::Unchecked => "☐".to_string(),
            };
            let indent = (line.indent as f32 + 1.0) * INDENT;
            let x = if rtl { MARGIN } else { MARGIN + indent };
            let shown = self.rows(line, &PLAIN, INNER - indent);
            let mark = self
                .rows(&plain(&mark, None), &PLAIN, 60.0)
                .into_iter()
                .next();
            let mut mark = mark.map(|it| (it.base, it.draws));
            for row in shown {
                self.need(row.height)?;
                let (y, base) = (self.y, row.base);
                self.row(row, x, Behind::Nothing)?;
                let Some((own, draws)) = mark.take() else {
                    continue;
                };
                let width = draws.iter().map(|it| match it {
                    Draw::Text { x, size, run, .. } => x + run.width * size,
                    _ => 0.0,
                });
                let width = width.fold(0.0, f32::max);
                let x = match rtl {
                    true => WIDTH - MARGIN - indent + 5.5,
                    false => (x - width - 5.5).max(2.0),
                };
                for it in draws {
                    self.put(it.moved(x, y + base - own));
                }
            }
            self.space(2.0);
        }
        self.space(5.0);
        Ok(())
    }
}

fn plain(text: &str, link: Option<&str>) -> Line {
    let format = Format {
        link: link.map(str::to_string),
        ..Format::default()
    };
    Line {
        spans: vec![Span {
            piece: Piece::Text(text.to_string()),
            format,
        }],
        kind: Kind::Paragraph,
        indent: 0,
        align: Align::Start,
        rtl: false,
    }
}
