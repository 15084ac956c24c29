use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use fontdb::Database;
use serde_json::json;

use super::flow::Flow;
use super::fonts::{FACE_SANS, Fonts};
use super::installed::Installed;
use super::pictures::Pictures;
use super::{Draw, WIDTH, write};
use crate::convert::model::{self, Line};

/// A font of our own with nothing but 漢 and 字.
const TWO: &[u8] = include_bytes!("two-characters.ttf");

fn installed(fonts: &[&[u8]]) -> &'static Installed {
    let mut all = Database::new();
    fonts.iter().for_each(|it| all.load_font_data(it.to_vec()));
    Box::leak(Box::new(Installed::new(|| all)))
}

fn lines_of(text: &str) -> Vec<Line> {
    model::read(&json!([{ "insert": text }]).to_string()).unwrap()
}

/// What stands on the first page, from the left to the right of each line, with where it begins.
fn shown(lines: &[Line]) -> Vec<(String, f32)> {
    let none = HashMap::new();
    let (mut fonts, mut pictures) = (Fonts::new(installed(&[])), Pictures::new(&none));
    let mut flow = Flow::new(&mut fonts, &mut pictures, "");
    flow.document(lines, "").unwrap();
    let mut all: Vec<(String, f32, f32)> = flow.pages[0]
        .iter()
        .filter_map(|it| match it {
            Draw::Text { x, y, run, .. } => Some((run.text.to_string(), *x, *y)),
            _ => None,
        })
        .collect();
    all.sort_by(|a, b| (a.2, a.1).partial_cmp(&(b.2, b.1)).unwrap());
    all.into_iter().map(|it| (it.0, it.1)).collect()
}

fn words(text: &str) -> Vec<String> {
    shown(&lines_of(text)).into_iter().map(|it| it.0).collect()
}

#[test]
fn words_of_both_directions_stand_in_their_order() {
    let cases: [(&str, &[&str]); 6] = [
        ("abc אבג דהו xyz", &["abc", "דהו", "אבג", "xyz"]),
        ("abc אבג 123 דהו xyz", &["abc", "דהו", "123", "אבג", "xyz"]),
        ("אבג abc 12 דהו", &["דהו", "abc", "12", "אבג"]),
        ("שלום, world!", &["!", "world", "שלום,"]),
        ("سلام ۱۲۳ عليكم", &["عليكم", "۱۲۳", "سلام"]),
        ("(אבג) 5", &["5", "(אבג)"]),
    ];
    for (text, expected) in cases {
        let words = words(&format!("{text}\n"));
        assert_eq!(words.concat(), expected.concat(), "{text}: {words:?}");
    }
}

#[test]
fn a_paragraph_begins_where_its_first_letter_does() {
    let left = shown(&lines_of("abc אבג\n"));
    assert!(left[0].1 < WIDTH / 2.0);
    let right = shown(&lines_of("אבג abc\n"));
    assert!(right[0].1 > WIDTH / 2.0, "{right:?}");
}

#[test]
fn letters_join_and_long_words_break_as_they_are_read() {
    let mut fonts = Fonts::new(installed(&[]));
    let [run] = &fonts.shape(FACE_SANS, "سلام", true)[..] else {
        panic!("one face has it all");
    };
    let alone = fonts.shape(FACE_SANS, "س", true)[0].glyphs[0].id;
    // The last glyph is the first letter: it joins the next, and looks another way than alone.
    assert_eq!(run.glyphs.last().unwrap().range.start, 0);
    assert_ne!(run.glyphs.last().unwrap().id, alone);
    let (first, rest) = run.split(run.width / 2.0);
    assert!(first.glyphs.iter().any(|it| it.range.start == 0));
    let rest = rest.unwrap();
    assert!(rest.glyphs.iter().all(|it| it.range.start > 0));
    assert!((first.width + rest.width - run.width).abs() < 1e-3);
}

#[test]
fn what_no_font_has_is_said() {
    let text = "漢字 กข 한 abc שלום سلام e\u{301} ✓\n";
    let missing = |fonts: &'static Installed| Fonts::new(fonts).missing_in(text.chars());
    let all: Vec<_> = missing(installed(&[])).into_iter().collect();
    assert_eq!(all, ["Chinese", "Korean", "Thai or Lao"]);
    let all: Vec<_> = missing(installed(&[TWO])).into_iter().collect();
    assert_eq!(all, ["Korean", "Thai or Lao"]);
    assert!(words("漢\n").join(" ").contains("no font"));
    assert!(!words("abc\n").join(" ").contains("no font"));
}

#[test]
fn what_is_missing_hides_no_font_from_the_rest() {
    // More characters than are searched for in a document, and then one that a font has.
    let lacking = (0x1300..0x1e00).filter_map(char::from_u32);
    let text: String = lacking.chain("漢".chars()).collect();
    let mut fonts = Fonts::new(installed(&[TWO]));
    assert!(!fonts.missing_in(text.chars()).contains("Chinese"));
}

#[test]
fn an_installed_font_is_embedded() {
    let lines = lines_of("漢字\n");
    let bytes = write(&lines, "", "", &HashMap::new(), installed(&[TWO])).unwrap();
    let names = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .matches("+TwoCharacters")
            .count()
    };
    assert!(names(&bytes) > 0);
    // One that must not be embedded is not: OS/2's fsType says so.
    let table = TWO.windows(4).position(|it| it == b"OS/2").unwrap();
    let offset = u32::from_be_bytes(TWO[table + 8..table + 12].try_into().unwrap()) as usize;
    let mut restricted = TWO.to_vec();
    restricted[offset + 9] = 2;
    let bytes = write(&lines, "", "", &HashMap::new(), installed(&[&restricted])).unwrap();
    assert_eq!(names(&bytes), 0);
}

#[test]
fn installed_fonts_are_read_once_and_only_for_what_lacks() {
    let place = std::env::temp_dir().join(format!("openbricks-font-{}.ttf", std::process::id()));
    std::fs::write(&place, TWO).unwrap();
    let file = place.clone();
    let sought: &AtomicUsize = Box::leak(Box::default());
    let fonts: &'static Installed = Box::leak(Box::new(Installed::new(move || {
        sought.fetch_add(1, Ordering::Relaxed);
        let mut all = Database::new();
        all.load_font_file(&file).unwrap();
        all
    })));
    let pdf = |text: &str| {
        let bytes = write(&lines_of(text), "", "", &HashMap::new(), fonts).unwrap();
        String::from_utf8_lossy(&bytes).contains("+TwoCharacters")
    };
    assert!(!pdf("abc שלום\n"));
    assert_eq!(sought.load(Ordering::Relaxed), 0);
    assert!(pdf("漢\n"));
    std::fs::remove_file(&place).unwrap();
    // Another document, another character: both the machine and the file were looked at.
    assert!(pdf("字\n"));
    assert_eq!(sought.load(Ordering::Relaxed), 1);
}
