//! Words and pictures as lines, and what is drawn of them.
use std::rc::Rc;

use super::fonts::Run;
use super::lines::{ASCENT, Atom, Base, DESCENT, Shape};
use super::{Draw, bidi};
use crate::convert::model::Align;

const LEADING: f32 = 0.2;

/// A line as it is drawn, from its left upper corner.
pub struct Row {
    pub height: f32,
    pub draws: Vec<Draw>,
    /// Where text stands.
    pub base: f32,
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
        // What stays together, looked at no further than it may go on.
        let (mut end, mut group) = (at + 1, atoms[at].width);
        while end < atoms.len() && atoms[end].glued && group <= width {
            group += atoms[end].width;
            end += 1;
        }
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
