//! The parts of a DOCX that say what its text means: relations, styles, numbering, notes, the title. Bombs are bounded by what
//! is really unpacked, not by what the archive says.
use std::collections::HashMap;
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::convert::{Outcome, refuse};

const MAX_UNPACKED: u64 = 200 << 20;
const MAX_RATIO: u64 = 200;
/// Small archives of much repetition are no bomb.
const SMALL: u64 = 8 << 20;
const MAX_PARTS: usize = 10_000;
const MAX_DEPTH: usize = 256;

pub struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Outcome<Self> {
        let zip = match ZipArchive::new(Cursor::new(bytes)) {
            Ok(zip) => zip,
            Err(_) => return refuse("this is no DOCX: it is no ZIP archive, or a broken one"),
        };
        if zip.len() > MAX_PARTS {
            return refuse("the DOCX has too many parts");
        }
        let left = MAX_UNPACKED.min(SMALL.max(bytes.len() as u64 * MAX_RATIO));
        Ok(Self { zip, left })
    }

    /// None: there is no such part.
    pub fn part(&mut self, name: &str) -> Outcome<Option<Vec<u8>>> {
        let Ok(file) = self.zip.by_name(name) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        match file.take(self.left + 1).read_to_end(&mut bytes) {
            Ok(read) if read as u64 > self.left => refuse("the DOCX unpacks to too much"),
            Ok(read) => {
                self.left -= read as u64;
                Ok(Some(bytes))
            }
            Err(error) => refuse(format!("the DOCX is broken: {error}")),
        }
    }
}

/// One step through XML. Names are without their prefix.
pub enum Step<'a> {
    Start(&'a str, &'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

fn local(name: &[u8]) -> &str {
    let name = std::str::from_utf8(name).unwrap_or("");
    name.rsplit_once(':').map_or(name, |it| it.1)
}

/// An attribute by its name without prefix.
pub fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .with_checks(false)
        .take(100)
        .flatten()
        .find(|it| local(it.key.as_ref()) == name)?;
    let text = std::str::from_utf8(&found.value).ok()?;
    Some(quick_xml::escape::unescape(text).ok()?.into_owned())
}

/// Walks through all of `xml`; no entities but those that XML itself has, no document type.
pub fn walk(xml: &[u8], mut visit: impl FnMut(Step) -> Outcome<()>) -> Outcome<()> {
    let Ok(text) = std::str::from_utf8(xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml)) else {
        return refuse("the DOCX has a part that is not UTF-8");
    };
    let mut reader = Reader::from_str(text);
    let mut depth = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return refuse("the DOCX is nested too deep");
                }
                visit(Step::Start(local(start.name().as_ref()), &start))?;
            }
            Ok(Event::Empty(start)) => {
                let name = start.name();
                visit(Step::Start(local(name.as_ref()), &start))?;
                visit(Step::End(local(name.as_ref())))?;
            }
            Ok(Event::End(end)) => {
                depth -= 1;
                visit(Step::End(local(end.name().as_ref())))?;
            }
            Ok(Event::Text(text)) => {
                if let Ok(text) = text.decode() {
                    visit(Step::Text(&text))?;
                }
            }
            Ok(Event::CData(text)) => {
                if let Ok(text) = text.decode() {
                    visit(Step::Text(&text))?;
                }
            }
            Ok(Event::GeneralRef(name)) => {
                let known = match name.resolve_char_ref() {
                    Ok(Some(it)) => Some(it),
                    _ => match &*name {
                        b"amp" => Some('&'),
                        b"lt" => Some('<'),
                        b"gt" => Some('>'),
                        b"quot" => Some('"'),
                        b"apos" => Some('\''),
                        _ => None,
                    },
                };
                if let Some(it) = known {
                    visit(Step::Text(it.encode_utf8(&mut [0; 4])))?;
                }
            }
            Ok(Event::DocType(_)) => return refuse("the DOCX declares XML entities"),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return refuse(format!("the DOCX has broken XML: {error}")),
        }
    }
}

/// Targets by the relations' ids.
pub fn relations(package: &mut Package, name: &str) -> Outcome<HashMap<String, String>> {
    let mut found = HashMap::new();
    if let Some(xml) = package.part(name)? {
        walk(&xml, |step| {
            if let Step::Start("Relationship", element) = step
                && let (Some(id), Some(target)) =
                    (attribute(element, "Id"), attribute(element, "Target"))
            {
                found.insert(id, target);
            }
            Ok(())
        })?;
    }
    Ok(found)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    Number,
    Bullet,
    Checked,
    Unchecked,
    None,
}

/// What the levels of numberings look like.
#[derive(Default)]
pub struct Numbering {
    levels: HashMap<(String, u8), Mark>,
    numbers: HashMap<String, String>,
}

impl Numbering {
    pub fn mark(&self, number: &str, level: u8) -> Mark {
        if number == "0" {
            return Mark::None;
        }
        let key = self.numbers.get(number).map(|it| (it.clone(), level));
        key.and_then(|it| self.levels.get(&it).copied())
            .unwrap_or(Mark::Bullet)
    }

    pub fn read(package: &mut Package) -> Outcome<Self> {
        let mut numbering = Self::default();
        let Some(xml) = package.part("word/numbering.xml")? else {
            return Ok(numbering);
        };
        let (mut list, mut number) = (String::new(), String::new());
        let (mut level, mut mark) = (0u8, Mark::Bullet);
        walk(&xml, |step| {
            let Step::Start(name, element) = step else {
                if let Step::End("lvl") = step
                    && !list.is_empty()
                {
                    numbering.levels.insert((list.clone(), level), mark);
                }
                if let Step::End("abstractNum") = step {
                    list.clear();
                }
                return Ok(());
            };
            let value = attribute(element, "val").unwrap_or_default();
            match name {
                "abstractNum" => list = attribute(element, "abstractNumId").unwrap_or_default(),
                "lvl" => {
                    level = attribute(element, "ilvl")
                        .and_then(|it| it.parse().ok())
                        .unwrap_or(0);
                    mark = Mark::Bullet;
                }
                "numFmt" => {
                    mark = match value.as_str() {
                        "bullet" => Mark::Bullet,
                        "none" => Mark::None,
                        _ => Mark::Number,
                    }
                }
                "lvlText" if mark == Mark::Bullet => match value.trim() {
                    "☑" | "☒" | "✓" | "✔" => mark = Mark::Checked,
                    "☐" | "□" => mark = Mark::Unchecked,
                    _ => {}
                },
                "num" => number = attribute(element, "numId").unwrap_or_default(),
                "abstractNumId" => {
                    numbering.numbers.insert(number.clone(), value);
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(numbering)
    }
}

#[derive(Clone, Default, Debug)]
pub struct Style {
    pub name: String,
    based_on: String,
    pub heading: Option<u8>,
    pub number: Option<String>,
    pub level: Option<u8>,
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub strike: Option<bool>,
    pub underline: Option<bool>,
}

#[derive(Default)]
pub struct Styles(HashMap<String, Style>);

impl Styles {
    /// With what it has of those that it is based on.
    pub fn of(&self, id: &str) -> Style {
        let mut style = self.0.get(id).cloned().unwrap_or_default();
        let mut above = style.based_on.clone();
        for _ in 0..20 {
            let Some(next) = self.0.get(&above) else {
                break;
            };
            style.heading = style.heading.or(next.heading);
            style.number = style.number.or_else(|| next.number.clone());
            style.level = style.level.or(next.level);
            style.bold = style.bold.or(next.bold);
            style.italic = style.italic.or(next.italic);
            style.strike = style.strike.or(next.strike);
            style.underline = style.underline.or(next.underline);
            above = next.based_on.clone();
        }
        style
    }

    pub fn read(package: &mut Package) -> Outcome<Self> {
        let mut styles = Self::default();
        let Some(xml) = package.part("word/styles.xml")? else {
            return Ok(styles);
        };
        let mut current: Option<(String, Style)> = None;
        walk(&xml, |step| {
            match step {
                Step::Start("style", element) => {
                    current = attribute(element, "styleId").map(|id| (id, Style::default()));
                }
                Step::End("style") => {
                    if let Some((id, style)) = current.take() {
                        styles.0.insert(id, style);
                    }
                }
                Step::Start(name, element) => {
                    if let Some((_, style)) = &mut current {
                        style.property(name, element);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(styles)
    }
}

/// Of a property that is on or off; on where it says nothing.
pub fn is_on(element: &BytesStart) -> bool {
    !matches!(
        attribute(element, "val").as_deref(),
        Some("0" | "false" | "off" | "none")
    )
}

impl Style {
    fn property(&mut self, name: &str, element: &BytesStart) {
        let value = || attribute(element, "val").unwrap_or_default();
        match name {
            "name" => {
                self.name = value().to_lowercase();
                let level = self
                    .name
                    .strip_prefix("heading ")
                    .and_then(|it| it.parse::<u8>().ok());
                self.heading = match self.name.as_str() {
                    "title" => Some(1),
                    _ => level.map(|it| it.clamp(1, 6)).or(self.heading),
                };
            }
            "outlineLvl" if self.heading.is_none() => {
                let level = value().parse::<u8>().ok().filter(|it| *it < 9);
                self.heading = level.map(|it| (it + 1).min(6));
            }
            "basedOn" => self.based_on = value(),
            "numId" => self.number = Some(value()),
            "ilvl" => self.level = value().parse().ok(),
            "b" => self.bold = Some(is_on(element)),
            "i" => self.italic = Some(is_on(element)),
            "strike" => self.strike = Some(is_on(element)),
            "u" => self.underline = Some(is_on(element)),
            _ => {}
        }
    }
}

/// The texts of footnotes, by their ids.
pub fn footnotes(package: &mut Package) -> Outcome<HashMap<String, String>> {
    let mut found = HashMap::<String, String>::new();
    let Some(xml) = package.part("word/footnotes.xml")? else {
        return Ok(found);
    };
    let (mut id, mut in_text) = (String::new(), false);
    walk(&xml, |step| {
        match step {
            Step::Start("footnote", element) => id = attribute(element, "id").unwrap_or_default(),
            Step::Start("t", _) => in_text = true,
            Step::End("t") => in_text = false,
            Step::Text(text) if in_text => found.entry(id.clone()).or_default().push_str(text),
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

pub fn title_of(package: &mut Package) -> Outcome<String> {
    let (mut title, mut inside) = (String::new(), false);
    if let Some(xml) = package.part("docProps/core.xml")? {
        walk(&xml, |step| {
            match step {
                Step::Start("title", _) => inside = true,
                Step::End("title") => inside = false,
                Step::Text(text) if inside => title.push_str(text),
                _ => {}
            }
            Ok(())
        })?;
    }
    Ok(title)
}
