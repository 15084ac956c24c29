//! Text broken into lines.
use std::rc::Rc;

use super::bidi::{self, TextLevel};
use super::fonts::{BOLD, FACE_MONO, FACE_SANS, FACE_SERIF, Fonts, ITALIC, Run};
use super::pictures::Pictures;
use super::{Draw, absolute};
use crate::convert::model::{Align, Format, Line, Piece, Script, Span};
use crate::convert::style::Color;

pub const BLACK: Color = Color(0x1a, 0x1a, 0x1a);
const LINK: Color = Color(0x11, 0x55, 0xcc);
const CODE: Color = Color(0xf0, 0xf1, 0xf3);
const ASCENT: f32 = 0.95;
const DESCENT: f32 = 0.25;
const LEADING: f32 = 0.2;
const MAX_WORD: usize = 120;

/// What text is like where nothing else is said.
#[derive(Clone, Copy)]
pub struct Base {
    pub size: f32,
    pub color: Color,
    pub bold: bool,
    pub mono: bool,
}

struct TextStyle {
    face: usize,
    size: f32,
    color: Color,
    background: Option<Color>,
    underline: bool,
    strike: bool,
    /// Up from the base line.
    shift: f32,
    link: Option<String>,
}

enum Shape {
    /// As it is read.
    Word(Vec<Run>),
    Image(usize),
}

/// What a line is not broken within.
pub struct Atom {
    shape: Shape,
    style: Rc<TextStyle>,
    pub width: f32,
    ascent: f32,
    descent: f32,
    /// Room before it, unless a line starts with it.
    pub space: f32,
    /// Stays with the one before.
    glued: bool,
    /// Odd: from right to left; also that of the room before it.
    level: TextLevel,
    space_level: TextLevel,
}

/// A line as it is drawn, from its left upper corner.
pub struct Row {
    pub height: f32,
    pub draws: Vec<Draw>,
    /// Where text stands.
    pub base: f32,
}

pub struct Maker<'a, 'b> {
    pub fonts: &'a mut Fonts,
    pub pictures: &'a mut Pictures<'b>,
    pub base_url: &'a str,
    pub max_width: f32,
    pub max_height: f32,
}

fn style_of(format: &Format, base: &Base, base_url: &str) -> TextStyle {
    let font = format.font.as_ref();
    let family = if format.code || base.mono || font.is_some_and(|it| it.is_mono()) {
        FACE_MONO
    } else if font.is_some_and(|it| it.is_serif()) {
        FACE_SERIF
    } else {
        FACE_SANS
    };
    let bold = if format.bold || base.bold { BOLD } else { 0 };
    let italic = if format.italic { ITALIC } else { 0 };
    let link = format.link.as_deref().and_then(|it| absolute(base_url, it));
    let mut size = format
        .size
        .map_or(base.size, |it| it.points(base.size))
        .min(96.0);
    if family == FACE_MONO && !base.mono {
        size *= 0.93;
    }
    let shift = match format.script {
        Script::None => 0.0,
        Script::Sub => -0.18 * size,
        Script::Super => 0.36 * size,
    };
    if format.script != Script::None {
        size *= 0.68;
    }
    TextStyle {
        face: family + bold + italic,
        size,
        color: format
            .color
            .unwrap_or(if link.is_some() { LINK } else { base.color }),
        background: format
            .background
            .or((format.code && !base.mono).then_some(CODE)),
        underline: format.underline || link.is_some(),
        strike: format.strike,
        shift,
        link,
    }
}

fn is_wide(it: char) -> bool {
    matches!(it as u32, 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x20000..=0x3ffff)
}

/// Words and the breaks that are allowed within them: after a hyphen or a slash, around wide characters.
fn parts(word: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let (mut start, mut glued, mut count) = (0, false, 0);
    let mut chars = word.char_indices().peekable();
    while let Some((at, it)) = chars.next() {
        count += 1;
        let end = at + it.len_utf8();
        let Some((_, next)) = chars.peek() else {
            break;
        };
        let breaks = is_wide(it)
            || is_wide(*next)
            || (matches!(it, '-' | '/' | '?' | '&' | '_') && next.is_alphanumeric() && count > 2);
        if breaks || count >= MAX_WORD {
            parts.push((&word[start..end], glued));
            (start, glued, count) = (end, !breaks, 0);
        }
    }
    parts.push((&word[start..], glued));
    parts
}

impl Maker<'_, '_> {
    pub fn atoms(&mut self, line: &Line, base: &Base) -> Vec<Atom> {
        let pieces: Vec<Shown> = line.spans.iter().map(|it| self.shown(it)).collect();
        let text: String = pieces.iter().map(|it| it.text.as_str()).collect();
        let levels = bidi::levels(&text, bidi::is_rtl(line));
        let (mut atoms, mut space, mut at) = (Vec::new(), Space::default(), 0);
        for it in &pieces {
            let levels = &levels[at..at + it.text.len()];
            at += it.text.len();
            match it.image {
                Some((index, width)) => {
                    let level = levels[0];
                    self.image(
                        (index, width, level),
                        &it.format,
                        base,
                        &mut space,
                        &mut atoms,
                    );
                }
                None => self.text((&it.text, levels), &it.format, base, &mut space, &mut atoms),
            }
        }
        atoms
    }

    fn shown(&mut self, span: &Span) -> Shown {
        let mut format = span.format.clone();
        let mut image = None;
        let text = match &span.piece {
            Piece::Text(text) => text.clone(),
            Piece::Mention(name) => {
                format.color = format.color.or(Some(LINK));
                name.clone()
            }
            Piece::Formula(text) => {
                format.code = true;
                text.clone()
            }
            Piece::Image { url, alt, width } => match self.pictures.find(url) {
                Some(index) => {
                    image = Some((index, *width));
                    "\u{fffc}".to_string()
                }
                None => {
                    format.color = Some(super::GREY);
                    format.italic = true;
                    format!("[{}]", if alt.is_empty() { "image" } else { alt })
                }
            },
        };
        Shown {
            text,
            format,
            image,
        }
    }

    fn text(
        &mut self,
        (text, levels): (&str, &[TextLevel]),
        format: &Format,
        base: &Base,
        space: &mut Space,
        atoms: &mut Vec<Atom>,
    ) {
        let style = Rc::new(style_of(format, base, self.base_url));
        let runs = self.fonts.shape(style.face, " ", false);
        let blank = runs.iter().map(|it| it.width).sum::<f32>() * style.size;
        let mut rest = text;
        while let Some(it) = rest.chars().next() {
            let at = text.len() - rest.len();
            if it == ' ' || it == '\t' {
                space.width += if it == '\t' { blank * 4.0 } else { blank };
                space.level = levels[at];
                rest = &rest[1..];
                continue;
            }
            let end = rest.find([' ', '\t']).unwrap_or(rest.len());
            let mut from = at;
            for (part, glued) in parts(&rest[..end]) {
                let levels = &levels[from..from + part.len()];
                for (index, (piece, level)) in bidi::parts(part, levels).into_iter().enumerate() {
                    let runs = self.fonts.shape(style.face, piece, level.is_rtl());
                    atoms.push(Atom {
                        width: runs.iter().map(|it| it.width).sum::<f32>() * style.size,
                        ascent: ASCENT * style.size + style.shift.max(0.0),
                        descent: DESCENT * style.size - style.shift.min(0.0),
                        shape: Shape::Word(runs),
                        style: style.clone(),
                        glued: match (index, from == at) {
                            // The last span's word goes on.
                            (0, true) => space.width == 0.0 && !atoms.is_empty(),
                            (0, false) => glued,
                            _ => true,
                        },
                        space: std::mem::take(&mut space.width),
                        space_level: space.level,
                        level,
                    });
                }
                from += part.len();
            }
            rest = &rest[end..];
        }
    }

    fn image(
        &mut self,
        (index, width, level): (usize, Option<u32>, TextLevel),
        format: &Format,
        base: &Base,
        space: &mut Space,
        atoms: &mut Vec<Atom>,
    ) {
        let (own_width, own_height) = self.pictures.size(index);
        let wanted = width.map_or(own_width, |it| it as f32) * 0.75;
        let mut wide = wanted.min(self.max_width).max(4.0);
        let mut high = wide * own_height / own_width;
        if high > self.max_height {
            (wide, high) = (wide * self.max_height / high, self.max_height);
        }
        atoms.push(Atom {
            shape: Shape::Image(index),
            style: Rc::new(style_of(format, base, self.base_url)),
            width: wide,
            ascent: high,
            descent: 0.0,
            space: std::mem::take(&mut space.width),
            space_level: space.level,
            glued: false,
            level,
        });
    }
}

/// A span as it is set.
struct Shown {
    text: String,
    format: Format,
    image: Option<(usize, Option<u32>)>,
}

/// Room before the next word.
struct Space {
    width: f32,
    level: TextLevel,
}

impl Default for Space {
    fn default() -> Self {
        let level = TextLevel::ltr();
        Self { width: 0.0, level }
    }
}

/// Words that are wider than a line as several.
fn fit(atoms: Vec<Atom>, width: f32) -> Vec<Atom> {
    let mut fitting = Vec::with_capacity(atoms.len());
    for mut atom in atoms {
        if atom.width <= width {
            fitting.push(atom);
            continue;
        }
        let Shape::Word(runs) = &mut atom.shape else {
            let scale = width / atom.width;
            (atom.width, atom.ascent) = (width, atom.ascent * scale);
            fitting.push(atom);
            continue;
        };
        let mut first = true;
        for run in std::mem::take(runs) {
            let mut rest = Some(run);
            while let Some(run) = rest {
                let (part, more) = run.split(width / atom.style.size);
                fitting.push(Atom {
                    width: part.width * atom.style.size,
                    shape: Shape::Word(vec![part]),
                    style: atom.style.clone(),
                    space: if first { atom.space } else { 0.0 },
                    glued: first && atom.glued,
                    ..atom
                });
                (first, rest) = (false, more);
            }
        }
    }
    fitting
}

pub fn rows(atoms: Vec<Atom>, width: f32, align: Align, rtl: bool, base: &Base) -> Vec<Row> {
    let width = width.max(8.0);
    let atoms = fit(atoms, width);
    if atoms.is_empty() {
        let height = base.size * (ASCENT + DESCENT + LEADING);
        return vec![Row {
            height,
            draws: Vec::new(),
            base: base.size * ASCENT,
        }];
    }
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0.0f32);
    let mut at = 0;
    while at < atoms.len() {
        // What stays together.
        let mut end = at + 1;
        while end < atoms.len() && atoms[end].glued {
            end += 1;
        }
        let mut group: f32 = atoms[at..end].iter().map(|it| it.width).sum();
        if group > width {
            (end, group) = (at + 1, atoms[at].width);
        }
        let space = atoms[at].space;
        if at > start && used + space + group > width + 0.01 {
            let first = start == 0;
            rows.push(row(&atoms[start..at], width, align, rtl, (first, false)));
            (start, used) = (at, group);
        } else {
            used += group + space;
        }
        at = end;
    }
    let first = start == 0;
    rows.push(row(&atoms[start..], width, align, rtl, (first, true)));
    rows
}

/// Words from left to right, each with the room after it.
fn visual(atoms: &[Atom], stretch: f32) -> Vec<(usize, f32)> {
    let mut things: Vec<Option<usize>> = Vec::new(); // None: room
    let mut levels = Vec::new();
    let mut room = Vec::new();
    for (index, atom) in atoms.iter().enumerate() {
        if index > 0 && atom.space > 0.0 {
            things.push(None);
            levels.push(atom.space_level);
            room.push(atom.space + stretch);
        }
        things.push(Some(index));
        levels.push(atom.level);
        room.push(0.0);
    }
    let mut shown: Vec<(usize, f32)> = Vec::new();
    let mut before = 0.0;
    for at in bidi::order(&levels) {
        match (things[at], shown.last_mut()) {
            (Some(index), _) => shown.push((index, 0.0)),
            (None, Some(last)) => last.1 += room[at],
            (None, None) => before += room[at],
        }
    }
    if let Some(last) = shown.last_mut() {
        last.1 += before;
    }
    shown
}

/// `place`: whether it is the first and the last of its paragraph.
fn row(atoms: &[Atom], width: f32, align: Align, rtl: bool, place: (bool, bool)) -> Row {
    let (first, last) = place;
    let ascent = atoms.iter().map(|it| it.ascent).fold(0.0, f32::max);
    let descent = atoms.iter().map(|it| it.descent).fold(0.0, f32::max);
    let size = atoms.iter().map(|it| it.style.size).fold(0.0, f32::max);
    let spaces: f32 = atoms.iter().skip(1).map(|it| it.space).sum();
    let own: f32 = atoms.iter().map(|it| it.width).sum();
    // Spaces at the start of a paragraph stay, as code needs them.
    let lead = match first {
        true => atoms[0].space.min(width - own - spaces).max(0.0),
        false => 0.0,
    };
    let room = (width - own - spaces - lead).max(0.0);
    let gaps = atoms.iter().skip(1).filter(|it| it.space > 0.0).count();
    let stretch = match align {
        Align::Justify if !last && gaps > 0 => room / gaps as f32,
        _ => 0.0,
    };
    let start = if rtl { 0.0 } else { lead };
    let mut x = start
        + match align {
            Align::Center => room / 2.0,
            Align::Right => room,
            _ if rtl && stretch == 0.0 => room,
            _ => 0.0,
        };
    let mut draws = Vec::new();
    let order = visual(atoms, stretch);
    for (place, (index, gap)) in order.iter().enumerate() {
        let atom = &atoms[*index];
        let next = order.get(place + 1);
        let joined = next.is_some_and(|(next, _)| Rc::ptr_eq(&atoms[*next].style, &atom.style));
        draw(atom, x, ascent, if joined { *gap } else { 0.0 }, &mut draws);
        x += atom.width + gap;
    }
    Row {
        height: ascent + descent + LEADING * size,
        draws,
        base: ascent,
    }
}

fn draw(atom: &Atom, x: f32, base: f32, gap: f32, draws: &mut Vec<Draw>) {
    let style = &atom.style;
    let (size, width) = (style.size, atom.width + gap);
    let y = base - style.shift;
    let thin = (size * 0.06).max(0.4);
    match &atom.shape {
        Shape::Image(index) => {
            let (width, height) = (atom.width, atom.ascent);
            draws.push(Draw::Image {
                x,
                y: base - height,
                width,
                height,
                index: *index,
            });
        }
        Shape::Word(runs) => {
            if let Some(color) = style.background {
                let (y, height) = (y - size * 0.86, size * 1.12);
                draws.push(Draw::Rect {
                    x,
                    y,
                    width,
                    height,
                    color,
                });
            }
            let mut x = x;
            let mut runs: Vec<&Run> = runs.iter().collect();
            if atom.level.is_rtl() {
                runs.reverse();
            }
            for run in runs {
                draws.push(Draw::Text {
                    x,
                    y,
                    size,
                    color: style.color,
                    run: run.clone(),
                });
                x += run.width * size;
            }
        }
    }
    if style.underline && matches!(atom.shape, Shape::Word(_)) {
        draws.push(Draw::Rect {
            x,
            y: y + size * 0.1,
            width,
            height: thin,
            color: style.color,
        });
    }
    if style.strike {
        draws.push(Draw::Rect {
            x,
            y: y - size * 0.28,
            width,
            height: thin,
            color: style.color,
        });
    }
    if let Some(url) = &style.link {
        let (y, height) = (base - atom.ascent, atom.ascent + atom.descent);
        draws.push(Draw::Link {
            x,
            y,
            width,
            height,
            url: url.clone(),
        });
    }
}
