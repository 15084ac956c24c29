//! Text in what lines are made of: words and pictures. `rows.rs` breaks it into lines.
use std::rc::Rc;

use super::absolute;
use super::bidi::{self, TextLevel};
use super::fonts::{BOLD, FACE_MONO, FACE_SANS, FACE_SERIF, Fonts, ITALIC, Run};
use super::pictures::Pictures;
use crate::convert::model::{Format, Line, Piece, Script, Span};
use crate::convert::style::Color;

pub const BLACK: Color = Color(0x1a, 0x1a, 0x1a);
const LINK: Color = Color(0x11, 0x55, 0xcc);
const CODE: Color = Color(0xf0, 0xf1, 0xf3);
pub const ASCENT: f32 = 0.95;
pub const DESCENT: f32 = 0.25;
const MAX_WORD: usize = 120;

/// What text is like where nothing else is said.
#[derive(Clone, Copy)]
pub struct Base {
    pub size: f32,
    pub color: Color,
    pub bold: bool,
    pub mono: bool,
}

pub struct TextStyle {
    pub face: usize,
    pub size: f32,
    pub color: Color,
    pub background: Option<Color>,
    pub underline: bool,
    pub strike: bool,
    /// Up from the base line.
    pub shift: f32,
    pub link: Option<String>,
}

pub enum Shape {
    /// As it is read.
    Word(Vec<Run>),
    Image(usize),
}

/// What a line is not broken within.
pub struct Atom {
    pub shape: Shape,
    pub style: Rc<TextStyle>,
    pub width: f32,
    pub ascent: f32,
    pub descent: f32,
    /// Room before it, unless a line starts with it.
    pub space: f32,
    /// Stays with the one before.
    pub glued: bool,
    /// Odd: from right to left; also that of the room before it.
    pub level: TextLevel,
    pub space_level: TextLevel,
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
