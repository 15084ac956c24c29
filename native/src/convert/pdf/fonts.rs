//! Glyphs of text. A character that a face lacks is taken from another one, at last it is a box.
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use harfrust::{ShaperData, UnicodeBuffer};
use krilla::text::Font;
use skrifa::{FontRef, MetadataProvider};

pub const FACE_SANS: usize = 0;
pub const FACE_MONO: usize = 4;
pub const FACE_SERIF: usize = 8;
pub const BOLD: usize = 1;
pub const ITALIC: usize = 2;
const FACES: usize = 12;
const MAX_KNOWN: usize = 50_000;

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
    pub glyphs: Arc<[Glyph]>,
    pub width: f32,
}

struct Face {
    font: FontRef<'static>,
    shaper: ShaperData,
    krilla: Font,
    units: f32,
}

#[derive(Default)]
pub struct Fonts {
    faces: [Option<Box<Face>>; FACES],
    known: HashMap<(usize, String), Vec<Run>>,
    /// Characters that no face has.
    pub missing: usize,
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
    fn open(face: usize) -> Self {
        let bytes = bytes_of(face);
        let font = FontRef::new(bytes).expect("a font that is built in");
        let krilla = Font::new(bytes.to_vec().into(), 0).expect("a font that is built in");
        Self {
            shaper: ShaperData::new(&font),
            units: krilla.units_per_em(),
            font,
            krilla,
        }
    }

    fn has(&self, it: char) -> bool {
        self.font.charmap().map(it).is_some()
    }
}

impl Fonts {
    fn face(&mut self, face: usize) -> &Face {
        self.faces[face].get_or_insert_with(|| Box::new(Face::open(face)))
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
        let invisible = matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
        let style = wanted % 4;
        for face in [wanted, FACE_SANS + style, FACE_SANS, FACE_MONO] {
            if invisible || self.face(face).has(it) {
                return (face, true);
            }
        }
        (FACE_SANS, false)
    }

    /// Text without spaces, in the order in which it is drawn.
    pub fn shape(&mut self, face: usize, text: &str) -> Vec<Run> {
        let key = (face, text.to_string());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let mut parts: Vec<(usize, usize)> = Vec::new(); // A face, and where its text starts.
        for (at, it) in text.char_indices() {
            let joins = matches!(it, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
            let (found, has) = match parts.last() {
                Some((last, _)) if joins => (*last, true),
                _ => self.face_for(face, it),
            };
            self.missing += !has as usize;
            if parts.last().is_none_or(|last| last.0 != found) {
                parts.push((found, at));
            }
        }
        let mut runs = Vec::new();
        for (index, (face, start)) in parts.iter().enumerate() {
            let end = parts.get(index + 1).map_or(text.len(), |it| it.1);
            runs.push(self.run(*face, &text[*start..end]));
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(key, runs.clone());
        runs
    }

    fn run(&mut self, index: usize, text: &str) -> Run {
        let face = self.face(index);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
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
        }
    }
}

impl Run {
    /// The part before the first glyph that would be beyond `width` (at least one), and the rest.
    pub fn split(&self, width: f32) -> (Run, Option<Run>) {
        let mut used = 0.0;
        let mut end = 0;
        for (index, glyph) in self.glyphs.iter().enumerate() {
            // A cluster stays whole.
            let starts = index == 0 || self.glyphs[index - 1].range != glyph.range;
            if starts && index > 0 {
                if used + glyph.advance > width {
                    break;
                }
                end = index;
            }
            used += glyph.advance;
            if index + 1 == self.glyphs.len() && used <= width {
                end = index + 1;
            }
        }
        if end == 0 {
            let first = self.glyphs.first().map(|it| it.range.clone());
            end = self
                .glyphs
                .iter()
                .take_while(|it| Some(&it.range) == first.as_ref())
                .count();
        }
        if end >= self.glyphs.len() {
            return (self.clone(), None);
        }
        let part = |glyphs: &[Glyph]| Run {
            face: self.face,
            text: self.text.clone(),
            glyphs: glyphs.into(),
            width: glyphs.iter().map(|it| it.advance).sum(),
        };
        (part(&self.glyphs[..end]), Some(part(&self.glyphs[end..])))
    }
}
