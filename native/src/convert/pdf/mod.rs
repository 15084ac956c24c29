//! PDF: `fonts.rs` makes glyphs of text, `lines.rs` and `rows.rs` break them into lines, `flow.rs` and `table.rs` put
//! blocks onto pages, and here these are written down. `bidi.rs` orders text of both directions. The fonts are DejaVu's;
//! what they lack, such as Chinese, is taken from a font of this machine (`installed.rs`), else shown as boxes, with a
//! note at the start. Only what is used of a font is embedded.
mod bidi;
mod flow;
mod fonts;
mod installed;
mod lines;
mod pictures;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use krilla::action::{Action, LinkAction};
use krilla::annotation::{LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use super::model::Line;
use super::style::Color;
use super::{Outcome, refuse};
use flow::{Flow, Mark};
use fonts::{Fonts, Run};
use installed::Installed;
use pictures::Pictures;
pub use pictures::as_png;

/// A4, in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 62.0;
const MAX_PAGES: usize = 3000;
const MAX_TEXT: usize = 8 << 20;
const GREY: Color = Color(0x77, 0x77, 0x77);

/// Something on a page; its place is that of its left upper corner, of text that of its base line's start.
#[derive(Clone)]
enum Draw {
    Text {
        x: f32,
        y: f32,
        size: f32,
        color: Color,
        run: Run,
    },
    Rect {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        color: Color,
    },
    Image {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        index: usize,
    },
    Link {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        url: String,
    },
}

impl Draw {
    fn moved(mut self, by_x: f32, by_y: f32) -> Self {
        let (Self::Text { x, y, .. }
        | Self::Rect { x, y, .. }
        | Self::Image { x, y, .. }
        | Self::Link { x, y, .. }) = &mut self;
        *x += by_x;
        *y += by_y;
        self
    }
}

fn paint(surface: &mut Surface, color: Color) {
    let color = rgb::Color::new(color.0, color.1, color.2);
    surface.set_fill(Some(Fill {
        paint: color.into(),
        ..Fill::default()
    }));
}

fn draw(surface: &mut Surface, it: &Draw, fonts: &Fonts, pictures: &Pictures) {
    match it {
        Draw::Text {
            x,
            y,
            size,
            color,
            run,
        } => {
            paint(surface, *color);
            let glyphs: Vec<_> = run
                .glyphs
                .iter()
                .map(|it| {
                    let id = GlyphId::new(it.id);
                    KrillaGlyph::new(id, it.advance, it.x, it.y, 0.0, it.range.clone(), None)
                })
                .collect();
            let font = fonts.krilla(run.face);
            surface.draw_glyphs(
                Point::from_xy(*x, *y),
                &glyphs,
                font,
                &run.text,
                *size,
                false,
            );
        }
        Draw::Rect {
            x,
            y,
            width,
            height,
            color,
        } => {
            paint(surface, *color);
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Draw::Image {
            x,
            y,
            width,
            height,
            index,
        } => {
            if let Some(size) = Size::from_wh(*width, *height) {
                surface.push_transform(&Transform::from_translate(*x, *y));
                surface.draw_image(pictures.image(*index), size);
                surface.pop();
            }
        }
        Draw::Link { .. } => {}
    }
}

/// Headings as the bookmarks that readers show beside the pages.
fn outline(marks: &[Mark]) -> Outline {
    fn insert(nodes: Vec<(u8, OutlineNode)>, mut into: impl FnMut(OutlineNode)) {
        nodes.into_iter().for_each(|it| into(it.1));
    }
    // Open nodes by level; a node is handed to the one above when the next of its level or above comes.
    let mut open: Vec<(u8, OutlineNode)> = Vec::new();
    let mut top: Vec<(u8, OutlineNode)> = Vec::new();
    let close = |open: &mut Vec<(u8, OutlineNode)>, top: &mut Vec<(u8, OutlineNode)>, level: u8| {
        while open.last().is_some_and(|it| it.0 >= level) {
            if let Some(done) = open.pop() {
                match open.last_mut() {
                    Some(above) => above.1.push_child(done.1),
                    None => top.push(done),
                }
            }
        }
    };
    for mark in marks {
        close(&mut open, &mut top, mark.level);
        let place = XyzDestination::new(mark.page, Point::from_xy(MARGIN, mark.y));
        open.push((mark.level, OutlineNode::new(mark.text.clone(), place)));
    }
    close(&mut open, &mut top, 0);
    let mut outline = Outline::new();
    insert(top, |it| outline.push_child(it));
    outline
}

/// An address that means something outside of this server.
fn absolute(base: &str, url: &str) -> Option<String> {
    let url = match url.starts_with('/') && !url.starts_with("//") {
        true if base.is_empty() => return None,
        true => format!("{}{url}", base.trim_end_matches('/')),
        false => url.to_string(),
    };
    let known = ["http://", "https://", "mailto:", "tel:"];
    // A PDF's addresses are ASCII.
    let safe = || {
        url.chars()
            .map(|it| match it.is_ascii_graphic() {
                true => it.to_string(),
                false => it
                    .to_string()
                    .bytes()
                    .map(|byte| format!("%{byte:02X}"))
                    .collect(),
            })
            .collect()
    };
    known.iter().any(|it| url.starts_with(it)).then(safe)
}

pub fn to_pdf(
    lines: &[Line],
    title: &str,
    base: &str,
    images: &HashMap<String, Vec<u8>>,
) -> Outcome<Vec<u8>> {
    write(lines, title, base, images, Installed::of_machine())
}

fn write(
    lines: &[Line],
    title: &str,
    base: &str,
    images: &HashMap<String, Vec<u8>>,
    installed: &'static Installed,
) -> Outcome<Vec<u8>> {
    if lines.iter().map(|it| it.text().len()).sum::<usize>() > MAX_TEXT {
        return refuse("it is too long for a PDF; export it as DOCX");
    }
    let mut fonts = Fonts::new(installed);
    let mut pictures = Pictures::new(images);
    let mut flow = Flow::new(&mut fonts, &mut pictures, base);
    flow.document(lines, title)?;
    let Flow { pages, marks, .. } = flow;
    let count = pages.len();
    let mut document = Document::new_with(SerializeSettings::default());
    for (index, page) in pages.into_iter().enumerate() {
        let Some(settings) = PageSettings::from_wh(WIDTH, HEIGHT) else {
            return refuse("the size of a page is no size");
        };
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for it in &page {
            draw(&mut surface, it, &fonts, &pictures);
        }
        for it in footer(&mut fonts, title, index + 1, count) {
            draw(&mut surface, &it, &fonts, &pictures);
        }
        surface.finish();
        for it in page {
            if let Draw::Link {
                x,
                y,
                width,
                height,
                url,
            } = it
                && let Some(rect) = Rect::from_xywh(x, y, width, height)
            {
                let action = Action::Link(LinkAction::new(url));
                sheet.add_annotation(LinkAnnotation::new(rect, Target::Action(action)).into());
            }
        }
        sheet.finish();
    }
    document.set_outline(outline(&marks));
    document.set_metadata(
        Metadata::new()
            .title(title.to_string())
            .creator("OpenBricks".to_string()),
    );
    match document.finish() {
        Ok(bytes) => Ok(bytes),
        Err(error) => refuse(format!("the PDF cannot be made: {error:?}")),
    }
}

fn footer(fonts: &mut Fonts, title: &str, page: usize, pages: usize) -> Vec<Draw> {
    let size = 8.0;
    let y = HEIGHT - 34.0;
    let mut draws = Vec::new();
    let title: String = title.chars().take(70).collect();
    for (text, right) in [(title, false), (format!("{page} / {pages}"), true)] {
        let runs = bidi::shape(fonts, fonts::FACE_SANS, &text);
        let width: f32 = runs.iter().map(|it| it.width * size).sum();
        let mut x = if right {
            WIDTH - MARGIN - width
        } else {
            MARGIN
        };
        for run in runs {
            let advance = run.width * size;
            draws.push(Draw::Text {
                x,
                y,
                size,
                color: GREY,
                run,
            });
            x += advance;
        }
    }
    draws
}
