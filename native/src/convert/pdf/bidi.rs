//! Text of both directions, by Unicode's algorithm.
use unicode_bidi::{BidiInfo, Direction, Level, ParagraphBidiInfo, get_base_direction};

use super::fonts::{Fonts, Run};
use crate::convert::model::Line;

pub use unicode_bidi::Level as TextLevel;

/// Whether a paragraph goes from right to left: it is marked so, or its first letter does.
pub fn is_rtl(line: &Line) -> bool {
    line.rtl || get_base_direction(line.text().as_str()) == Direction::Rtl
}

/// The level of each byte of a paragraph: odd ones are written from right to left.
pub fn levels(text: &str, rtl: bool) -> Vec<Level> {
    let base = if rtl { Level::rtl() } else { Level::ltr() };
    // Only tests see more than one paragraph here, as lines are split before.
    let mut levels = ParagraphBidiInfo::new(text, Some(base)).levels;
    levels.resize(text.len(), base);
    levels
}

/// A text in parts of one level each, in the order in which they are read.
pub fn parts<'a>(text: &'a str, levels: &[Level]) -> Vec<(&'a str, Level)> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.char_indices().skip(1) {
        if levels[at] != levels[start] {
            parts.push((&text[start..at], levels[start]));
            start = at;
        }
    }
    if start < text.len() {
        parts.push((&text[start..], levels[start]));
    }
    parts
}

/// The order of things of these levels from left to right.
pub fn order(levels: &[Level]) -> Vec<usize> {
    BidiInfo::reorder_visual(levels)
}

/// One line of text, from left to right.
pub fn shape(fonts: &mut Fonts, face: usize, text: &str) -> Vec<Run> {
    let rtl = get_base_direction(text) == Direction::Rtl;
    let levels = levels(text, rtl);
    let parts = parts(text, &levels);
    let order = order(&parts.iter().map(|it| it.1).collect::<Vec<_>>());
    let mut runs = Vec::new();
    for index in order {
        let (part, level) = parts[index];
        let mut shaped = fonts.shape(face, part, level.is_rtl());
        if level.is_rtl() {
            shaped.reverse();
        }
        runs.append(&mut shaped);
    }
    runs
}
