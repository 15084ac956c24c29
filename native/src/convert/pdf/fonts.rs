//! Glyphs of text. A character that a face lacks is taken from another one, then from a font that is installed on
//! this machine; at last it is a box.
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use harfrust::{Direction, ShaperData, UnicodeBuffer};
use krilla::text::Font;
use skrifa::{FontRef, MetadataProvider};

use super::installed::{Installed, Source};

pub const FACE_SANS: usize = 0;
pub const FACE_MONO: usize = 4;
pub const FACE_SERIF: usize = 8;
pub const BOLD: usize = 1;
pub const ITALIC: usize = 2;
const FACES: usize = 12; // built in; more are installed ones
const MAX_KNOWN: usize = 50_000;
const MAX_MISSES: u8 = 4; // in each block of 256 characters, then none of it is looked for any more
const MAX_SEARCHES: usize = 400; // for a document

/// In parts of the font's size.
#[derive(Clone, Debug)]
pub struct Glyph {
    pub id: u32,
    pub advance: f32,
    pub x: f32,
    pub y: f32,
    /// The text that it stands for.
    pub range: Range<usize>,
}

/// Text in one face, as it is drawn.
#[derive(Clone, Debug)]
pub struct Run {
    pub face: usize,
    pub text: Arc<str>,
    /// From left to right.
    pub glyphs: Arc<[Glyph]>,
    pub width: f32,
    pub rtl: bool,
}

struct Face {
    font: FontRef<'static>,
    shaper: ShaperData,
    krilla: Font,
    units: f32,
}

pub struct Fonts {
    installed: &'static Installed,
    faces: Vec<Option<Box<Face>>>,
    known: HashMap<(usize, bool, String), Vec<Run>>,
    /// Characters that no font has, by their blocks.
    misses: HashMap<u32, u8>,
    searches: usize,
}

fn bytes_of(face: usize) -> &'static [u8] {
    use dejavu::{sans_condensed as sans, sans_mono as mono, serif_condensed as serif};
    match face {
        0 => sans::regular(),
        1 => sans::bold(),
        2 => sans::oblique(),
        3 => sans::bold_oblique(),
        4 => mono::regular(),
        5 => mono::bold(),
        6 => mono::oblique(),
        7 => mono::bold_oblique(),
        8 => serif::regular(),
        9 => serif::bold(),
        10 => serif::italic(),
        _ => serif::bold_italic(),
    }
}

impl Face {
    fn open((bytes, index): Source) -> Option<Self> {
        let font = FontRef::from_index(bytes, index).ok()?;
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        let krilla = Font::new(data.into(), index)?;
        Some(Self {
            shaper: ShaperData::new(&font),
            units: krilla.units_per_em(),
            font,
            krilla,
        })
    }

    fn has(&self, it: char) -> bool {
        self.font.charmap().map(it).is_some()
    }
}

/// Characters that nothing is drawn for.
fn is_invisible(it: char) -> bool {
    matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Characters that belong to the one before: accents, points, joiners, tones of skin.
fn joins(it: char) -> bool {
    matches!(it as u32, 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5c7 | 0x610..=0x61a | 0x64b..=0x65f | 0x670
        | 0x6d6..=0x6ed | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x200c | 0x200d | 0x20d0..=0x20ff | 0x3099..=0x309a
        | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f | 0x1f3fb..=0x1f3ff)
}

/// What people call the script of a character that DejaVu lacks.
fn script_of(it: char) -> &'static str {
    match it as u32 {
        0x900..=0xdff => "Indic",
        0xe00..=0xeff => "Thai or Lao",
        0x1100..=0x11ff | 0x3130..=0x318f | 0xac00..=0xd7af => "Korean",
        0x3040..=0x30ff | 0x31f0..=0x31ff => "Japanese",
        0x2e80..=0x9fff | 0xf900..=0xfaff | 0xff00..=0xffef | 0x20000..=0x3ffff => "Chinese",
        0x1f000..=0x1faff | 0x2600..=0x27bf => "emoji",
        _ => "other",
    }
}

impl Fonts {
    pub fn new(installed: &'static Installed) -> Self {
        Self {
            installed,
            faces: (0..FACES).map(|_| None).collect(),
            known: HashMap::new(),
            misses: HashMap::new(),
            searches: 0,
        }
    }

    fn face(&mut self, face: usize) -> &Face {
        self.faces[face].get_or_insert_with(|| {
            Box::new(Face::open((bytes_of(face), 0)).expect("a font that is built in"))
        })
    }

    /// An installed font for a character that the built-in ones lack.
    fn search(&mut self, it: char) -> Option<usize> {
        let has = |face: &Option<Box<Face>>| face.as_ref().is_some_and(|face| face.has(it));
        if let Some(known) = self.faces[FACES..].iter().position(has) {
            return Some(FACES + known);
        }
        let block = it as u32 >> 8;
        if self.misses.get(&block).is_some_and(|it| *it >= MAX_MISSES)
            || self.searches >= MAX_SEARCHES
        {
            return None;
        }
        self.searches += 1;
        let Some(face) = self.installed.with(it).and_then(Face::open) else {
            *self.misses.entry(block).or_default() += 1;
            return None;
        };
        self.faces.push(Some(Box::new(face)));
        Some(self.faces.len() - 1)
    }

    /// The scripts of a text that are shown as boxes.
    pub fn missing_in(&mut self, text: impl Iterator<Item = char>) -> BTreeSet<&'static str> {
        let all: BTreeSet<char> = text
            .filter(|it| !it.is_ascii() && !it.is_whitespace())
            .collect();
        let lacks = |it: &char| !self.face_for(FACE_SANS, *it).1;
        all.into_iter().filter(lacks).map(script_of).collect()
    }

    pub fn krilla(&self, face: usize) -> Font {
        self.faces[face]
            .as_ref()
            .expect("a face that text was shaped with")
            .krilla
            .clone()
    }

    /// The face for a character; also whether it has it.
    fn face_for(&mut self, wanted: usize, it: char) -> (usize, bool) {
        let style = wanted % 4;
        for face in [wanted, FACE_SANS + style, FACE_SANS, FACE_MONO] {
            if is_invisible(it) || self.face(face).has(it) {
                return (face, true);
            }
        }
        if let Some(face) = self.search(it) {
            return (face, true);
        }
        (FACE_SANS, false)
    }

    /// Text of one direction, in the order in which it is read.
    pub fn shape(&mut self, face: usize, text: &str, rtl: bool) -> Vec<Run> {
        let key = (face, rtl, text.to_string());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let mut parts: Vec<(usize, usize)> = Vec::new(); // A face, and where its text starts.
        for (at, it) in text.char_indices() {
            let found = match parts.last() {
                Some((last, _)) if joins(it) && (is_invisible(it) || self.face(*last).has(it)) => {
                    *last
                }
                _ => self.face_for(face, it).0,
            };
            if parts.last().is_none_or(|last| last.0 != found) {
                parts.push((found, at));
            }
        }
        let mut runs = Vec::new();
        for (index, (face, start)) in parts.iter().enumerate() {
            let end = parts.get(index + 1).map_or(text.len(), |it| it.1);
            runs.push(self.run(*face, &text[*start..end], rtl));
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(key, runs.clone());
        runs
    }

    fn run(&mut self, index: usize, text: &str, rtl: bool) -> Run {
        let face = self.face(index);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        });
        buffer.guess_segment_properties();
        let shaped = face.shaper.shaper(&face.font).build().shape(buffer, &[]);
        let infos = shaped.glyph_infos();
        let mut starts: Vec<usize> = infos.iter().map(|it| it.cluster as usize).collect();
        starts.sort_unstable();
        let end_of = |start: usize| {
            let next = starts.partition_point(|it| *it <= start);
            starts.get(next).copied().unwrap_or(text.len())
        };
        let glyphs: Vec<Glyph> = infos
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, place)| Glyph {
                id: info.glyph_id,
                advance: place.x_advance as f32 / face.units,
                x: place.x_offset as f32 / face.units,
                y: place.y_offset as f32 / face.units,
                range: info.cluster as usize..end_of(info.cluster as usize),
            })
            .collect();
        let width = glyphs.iter().map(|it| it.advance).sum();
        Run {
            face: index,
            text: text.into(),
            glyphs: glyphs.into(),
            width,
            rtl,
        }
    }
}

impl Run {
    /// The part that is read before the first glyph that would be beyond `width` (at least one), and the rest.
    pub fn split(&self, width: f32) -> (Run, Option<Run>) {
        let count = self.glyphs.len();
        // The glyphs as they are read.
        let glyph = |index: usize| &self.glyphs[if self.rtl { count - 1 - index } else { index }];
        let (mut used, mut end) = (0.0, 0);
        while end < count {
            // A cluster stays whole.
            let same = (end..count).take_while(|it| glyph(*it).range == glyph(end).range);
            let next = end + same.count();
            let more: f32 = (end..next).map(|it| glyph(it).advance).sum();
            if end > 0 && used + more > width {
                break;
            }
            (used, end) = (used + more, next);
        }
        if end >= count {
            return (self.clone(), None);
        }
        let part = |glyphs: &[Glyph]| Run {
            face: self.face,
            text: self.text.clone(),
            glyphs: glyphs.into(),
            width: glyphs.iter().map(|it| it.advance).sum(),
            rtl: self.rtl,
        };
        match self.rtl {
            true => {
                let (rest, first) = self.glyphs.split_at(count - end);
                (part(first), Some(part(rest)))
            }
            false => {
                let (first, rest) = self.glyphs.split_at(end);
                (part(first), Some(part(rest)))
            }
        }
    }
}
