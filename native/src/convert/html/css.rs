//! The few declarations of a style attribute that a delta can hold.
use crate::convert::model::{Align, Format, Script};
use crate::convert::style::{Color, Font, Size};

/// Puts the declarations of `style` into `format`.
pub fn apply(style: &str, format: &mut Format) {
    for (name, value) in declarations(style) {
        let lower = value.to_ascii_lowercase();
        match name.as_str() {
            "font-weight" => {
                let heavy = lower.parse::<u32>().map(|it| it >= 600);
                format.bold = heavy.unwrap_or(lower.starts_with("bold"));
            }
            "font-style" => format.italic = lower == "italic" || lower == "oblique",
            "text-decoration" | "text-decoration-line" => {
                format.underline |= lower.contains("underline");
                format.strike |= lower.contains("line-through");
                if lower == "none" {
                    (format.underline, format.strike) = (false, false);
                }
            }
            "vertical-align" => match lower.as_str() {
                "sub" => format.script = Script::Sub,
                "super" => format.script = Script::Super,
                _ => {}
            },
            "color" => format.color = text_color(value),
            "background-color" | "background" => format.background = back_color(value),
            "font-family" => {
                format.font = Font::parse(value).filter(|it| it.is_mono() || it.is_serif())
            }
            "font-size" => format.size = Size::parse(value).filter(|it| !is_usual(*it)),
            _ => {}
        }
    }
}

/// Of text; black is what text is anyway, also on a dark page.
pub fn text_color(value: &str) -> Option<Color> {
    Color::parse(value).filter(|it| *it != Color(0, 0, 0))
}

pub fn back_color(value: &str) -> Option<Color> {
    Color::parse(value).filter(|it| *it != Color(255, 255, 255))
}

fn is_usual(size: Size) -> bool {
    matches!(size, Size::Points(points) if (10.5..=12.0).contains(&points))
}

pub fn align(style: &str) -> Option<Align> {
    let (_, value) = declarations(style).find(|(name, _)| name == "text-align")?;
    align_of(value)
}

pub fn align_of(value: &str) -> Option<Align> {
    match value.to_ascii_lowercase().as_str() {
        "center" => Some(Align::Center),
        "right" => Some(Align::Right),
        "justify" => Some(Align::Justify),
        _ => None,
    }
}

pub fn is_rtl(style: &str) -> bool {
    declarations(style)
        .any(|(name, value)| name == "direction" && value.eq_ignore_ascii_case("rtl"))
}

/// How far a paragraph is moved in, in steps of 3 em.
pub fn indent(style: &str) -> u8 {
    let value = declarations(style)
        .find(|(name, _)| name == "margin-left")
        .map(|it| it.1);
    let ems = value
        .and_then(|it| it.strip_suffix("em"))
        .and_then(|it| it.parse::<f32>().ok());
    ems.map_or(0, |it| (it / 3.0).clamp(0.0, 8.0) as u8)
}

fn declarations(style: &str) -> impl Iterator<Item = (String, &str)> {
    style.split(';').take(100).filter_map(|it| {
        let (name, value) = it.split_once(':')?;
        let value = value.trim().trim_end_matches("!important").trim();
        Some((name.trim().to_ascii_lowercase(), value))
    })
}

/// The declarations that `apply` and the others here understand, without anything else.
pub fn clean(style: &str) -> String {
    const KNOWN: [&str; 13] = [
        "background",
        "background-color",
        "color",
        "direction",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "margin-left",
        "text-align",
        "text-decoration",
        "text-decoration-line",
        "vertical-align",
    ];
    let mut clean = String::new();
    for (name, value) in declarations(style) {
        let plain = value.len() <= 100
            && value
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || " #%.,()'\"-".contains(it))
            && !value.to_ascii_lowercase().contains("url");
        if plain && KNOWN.contains(&name.as_str()) {
            clean.push_str(&format!("{name}:{};", value.replace('"', "'")));
        }
    }
    clean
}
