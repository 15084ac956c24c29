//! Values of formats that may go into another document: colours, sizes, fonts and addresses. Anything that is
//! not surely one of them is nothing.
use base64::Engine;
use base64::prelude::{BASE64_STANDARD as STANDARD, BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Color(pub u8, pub u8, pub u8);

const NAMES: [(&str, u32); 24] = [
    ("black", 0x000000),
    ("white", 0xffffff),
    ("red", 0xff0000),
    ("green", 0x008000),
    ("blue", 0x0000ff),
    ("yellow", 0xffff00),
    ("orange", 0xffa500),
    ("purple", 0x800080),
    ("gray", 0x808080),
    ("grey", 0x808080),
    ("silver", 0xc0c0c0),
    ("maroon", 0x800000),
    ("olive", 0x808000),
    ("lime", 0x00ff00),
    ("aqua", 0x00ffff),
    ("cyan", 0x00ffff),
    ("teal", 0x008080),
    ("navy", 0x000080),
    ("fuchsia", 0xff00ff),
    ("magenta", 0xff00ff),
    ("pink", 0xffc0cb),
    ("brown", 0xa52a2a),
    ("gold", 0xffd700),
    ("violet", 0xee82ee),
];

impl Color {
    fn from_number(number: u32) -> Self {
        Self((number >> 16) as u8, (number >> 8) as u8, number as u8)
    }

    /// #rgb, #rrggbb, rgb(…), rgba(…) or a name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 60 {
            return None;
        }
        if let Some(digits) = text.strip_prefix('#') {
            return Self::from_digits(digits);
        }
        let lower = text.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("rgb") {
            let rest = rest.trim_start_matches('a').trim();
            let inner = rest.strip_prefix('(')?.strip_suffix(')')?;
            let parts: Vec<f32> = inner
                .split([',', ' ', '/'])
                .filter(|it| !it.is_empty())
                .map(|it| it.trim_end_matches('%').parse::<f32>().unwrap_or(f32::NAN))
                .collect();
            if parts.len() < 3
                || parts.iter().any(|it| !it.is_finite())
                || parts.get(3) == Some(&0.0)
            {
                return None;
            }
            let part = |index: usize| parts[index].clamp(0.0, 255.0) as u8;
            return Some(Self(part(0), part(1), part(2)));
        }
        let found = NAMES.iter().find(|(name, _)| *name == lower)?;
        Some(Self::from_number(found.1))
    }

    /// Three or six hexadecimal digits.
    pub fn from_digits(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        match digits.len() {
            6 => Some(Self::from_number(number)),
            3 => {
                let part = |shift: u32| ((number >> shift & 15) * 17) as u8;
                Some(Self(part(8), part(4), part(0)))
            }
            _ => None,
        }
    }

    pub fn digits(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    pub fn css(self) -> String {
        format!("#{}", self.digits())
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Size {
    Small,
    Large,
    Huge,
    /// In points.
    Points(f32),
}

impl Size {
    /// small, large, huge, or a number with px, pt or em.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "small" | "x-small" | "smaller" => return Some(Self::Small),
            "large" | "x-large" | "larger" => return Some(Self::Large),
            "huge" | "xx-large" => return Some(Self::Huge),
            _ => {}
        }
        let unit = text.find(|it: char| it.is_ascii_alphabetic() || it == '%')?;
        let number: f32 = text[..unit].trim().parse().ok()?;
        let points = match &text[unit..] {
            "px" => number * 0.75,
            "pt" => number,
            "em" | "rem" => number * 12.0,
            "%" => number * 0.12,
            _ => return None,
        };
        (points.is_finite() && points >= 1.0).then(|| Self::Points(round(points.clamp(6.0, 96.0))))
    }

    /// As a part of the text around it.
    pub fn points(self, around: f32) -> f32 {
        match self {
            Self::Small => around * 0.75,
            Self::Large => around * 1.5,
            Self::Huge => around * 2.5,
            Self::Points(points) => points,
        }
    }

    pub fn attribute(self) -> String {
        match self {
            Self::Small => "small".to_string(),
            Self::Large => "large".to_string(),
            Self::Huge => "huge".to_string(),
            Self::Points(points) => format!("{points}pt"),
        }
    }

    pub fn css(self) -> String {
        match self {
            Self::Small => "0.75em".to_string(),
            Self::Large => "1.5em".to_string(),
            Self::Huge => "2.5em".to_string(),
            Self::Points(points) => format!("{points}pt"),
        }
    }
}

fn round(points: f32) -> f32 {
    (points * 2.0).round() / 2.0
}

/// The name of a typeface.
#[derive(Clone, PartialEq, Debug)]
pub struct Font(pub String);

impl Font {
    pub fn parse(text: &str) -> Option<Self> {
        let first = text
            .split(',')
            .next()?
            .trim()
            .trim_matches(['"', '\''])
            .trim();
        let fine = !first.is_empty()
            && first.len() <= 60
            && first
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == ' ' || it == '-');
        fine.then(|| Self(first.to_string()))
    }

    pub fn is_mono(&self) -> bool {
        let name = self.0.to_ascii_lowercase();
        ["mono", "courier", "consol", "menlo"]
            .iter()
            .any(|it| name.contains(it))
    }

    pub fn is_serif(&self) -> bool {
        let name = self.0.to_ascii_lowercase();
        let known = [
            "times",
            "georgia",
            "garamond",
            "cambria",
            "palatino",
            "book antiqua",
        ];
        (name.contains("serif") && !name.contains("sans"))
            || known.iter().any(|it| name.contains(it))
    }

    pub fn css(&self) -> String {
        match self.0.as_str() {
            "serif" | "monospace" | "sans-serif" => self.0.clone(),
            name => {
                let generic = if self.is_mono() {
                    "monospace"
                } else if self.is_serif() {
                    "serif"
                } else {
                    "sans-serif"
                };
                format!("'{name}', {generic}")
            }
        }
    }
}

const MAX_ADDRESS: usize = 4000;
const MAX_DATA: usize = 28 << 20;

/// An address without what browsers leave out of one, in lower case up to its scheme's end; the scheme.
fn scheme_of(text: &str) -> (String, Option<String>) {
    let clean: String = text
        .trim_matches(|it: char| it <= ' ')
        .chars()
        .filter(|it| !matches!(it, '\t' | '\n' | '\r') && !it.is_control())
        .collect();
    let end = clean.find([':', '/', '?', '#']);
    let scheme = match end {
        Some(end) if clean.as_bytes()[end] == b':' => Some(clean[..end].to_ascii_lowercase()),
        _ => None,
    };
    (clean, scheme)
}

/// Where a link may go: to the web, a mail address, a telephone, a place on this server or in this document.
pub fn link_of(text: &str) -> Option<String> {
    if text.len() > MAX_ADDRESS {
        return None;
    }
    let (clean, scheme) = scheme_of(text);
    if clean.is_empty() || clean.contains('\\') {
        return None;
    }
    match scheme.as_deref() {
        Some("http" | "https" | "mailto" | "tel") => Some(clean),
        Some(_) => None,
        None => Some(clean),
    }
}

/// What an image may be: one of the web or of this server, or a picture within the address itself.
pub fn picture_of(text: &str) -> Option<String> {
    let start = text.trim_start();
    if start
        .get(..5)
        .is_some_and(|it| it.eq_ignore_ascii_case("data:"))
    {
        let known = ["png", "jpeg", "gif", "webp"].iter().any(|kind| {
            let prefix = format!("data:image/{kind};base64,");
            start
                .get(..prefix.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(&prefix))
        });
        let body = start
            .find(',')
            .map(|at| start[at + 1..].trim_end())
            .unwrap_or("");
        let fine = known
            && start.len() <= MAX_DATA
            && body
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'='));
        return fine.then(|| start.trim_end().to_string());
    }
    if text.len() > MAX_ADDRESS {
        return None;
    }
    let (clean, scheme) = scheme_of(text);
    let fine = !clean.is_empty()
        && !clean.contains('\\')
        && match scheme.as_deref() {
            Some("http" | "https") | None => true,
            // What an import stands for until it is stored.
            Some("image") => clean[6..].bytes().all(|it| it.is_ascii_digit()),
            Some(_) => false,
        };
    fine.then_some(clean)
}

/// The bytes of a "data:" address.
pub fn data_of(url: &str) -> Option<Vec<u8>> {
    let body = url.strip_prefix("data:")?.split_once(";base64,")?.1;
    STANDARD_NO_PAD.decode(body.trim_end_matches('=')).ok()
}

pub fn to_data(bytes: &[u8]) -> Option<String> {
    Some(format!(
        "data:{};base64,{}",
        picture_type(bytes)?,
        STANDARD.encode(bytes)
    ))
}

/// The media type of a picture that we show, by its first bytes.
pub fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if bytes.len() > 12 && bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP" {
        Some("image/webp")
    } else {
        None
    }
}
