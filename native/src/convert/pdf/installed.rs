//! Fonts that are installed on the server, for what DejaVu lacks: Chinese, Japanese, Korean and many more scripts.
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, OnceLock};

use fontdb::{Database, FaceInfo, ID, Style};
use krilla::text::Font;
use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider};

const MAX_FACES: usize = 4000;
const MAX_BYTES: usize = 128 << 20; // of the fonts that are kept in memory, for good
const RESTRICTED: u16 = 2; // OS/2's fsType: must not be embedded

/// A font's bytes and its number in them.
pub type Source = (&'static [u8], u32);

/// The characters of a face: 256 of a block, by their bits.
type Characters = HashMap<u32, [u64; 4]>;

struct Entry {
    id: ID,
    /// Read once, as it costs a look into the file. Empty where the font may not be embedded.
    characters: OnceLock<Characters>,
}

struct Found {
    fonts: Database,
    /// Best first.
    order: Vec<Entry>,
}

pub struct Installed {
    /// Looked for when the first character needs it.
    found: LazyLock<Found, Box<dyn FnOnce() -> Found + Send>>,
    open: Mutex<HashMap<ID, Option<Source>>>,
}

/// Plain, upright faces first; of Noto's for several languages the one for most readers.
fn rank(face: &FaceInfo) -> (bool, bool, u16, bool, String) {
    let family = face
        .families
        .first()
        .map_or_else(String::new, |it| it.0.clone());
    (
        face.monospaced || family.contains("Mono"),
        face.style != Style::Normal,
        face.weight.0.abs_diff(400),
        !family.contains("Sans") || family.contains("CJK") && !family.contains("SC"),
        family,
    )
}

fn characters_of(bytes: &[u8], index: u32) -> Characters {
    let mut out = Characters::new();
    let Ok(font) = FontRef::from_index(bytes, index) else {
        return out;
    };
    if !font.os2().is_ok_and(|it| it.fs_type() & RESTRICTED == 0) {
        return out;
    }
    for (it, _) in font.charmap().mappings() {
        out.entry(it >> 8).or_default()[(it >> 6 & 3) as usize] |= 1 << (it & 63);
    }
    out
}

impl Installed {
    pub fn new(find: impl FnOnce() -> Database + Send + 'static) -> Self {
        Self {
            found: LazyLock::new(Box::new(|| {
                let fonts = find();
                let mut faces: Vec<&FaceInfo> = fonts.faces().take(MAX_FACES).collect();
                faces.sort_by_cached_key(|it| rank(it));
                let entry = |it: &&FaceInfo| Entry {
                    id: it.id,
                    characters: OnceLock::new(),
                };
                let order = faces.iter().map(entry).collect();
                Found { fonts, order }
            })),
            open: Mutex::default(),
        }
    }

    /// Those of this machine, looked for once.
    pub fn of_machine() -> &'static Self {
        static ALL: LazyLock<Installed> = LazyLock::new(|| {
            Installed::new(|| {
                let mut fonts = Database::new();
                fonts.load_system_fonts();
                fonts
            })
        });
        &ALL
    }

    /// A font that has the character. The first questions look at many files.
    pub fn with(&self, it: char) -> Option<Source> {
        let it = it as u32;
        self.found.order.iter().find_map(|entry| {
            let characters = entry.characters.get_or_init(|| {
                let read = self.found.fonts.with_face_data(entry.id, characters_of);
                read.unwrap_or_default()
            });
            let bits = characters.get(&(it >> 8))?[(it >> 6 & 3) as usize];
            (bits >> (it & 63) & 1 == 1).then(|| self.opened(entry.id))?
        })
    }

    fn opened(&self, id: ID) -> Option<Source> {
        let mut open = self.open.lock().ok()?;
        if let Some(known) = open.get(&id) {
            return *known;
        }
        let held: usize = open.values().flatten().map(|it| it.0.len()).sum();
        let bytes = self.found.fonts.with_face_data(id, |bytes, index| {
            (held + bytes.len() <= MAX_BYTES).then(|| (bytes.to_vec(), index))
        });
        // Too much is held already: a smaller one may still fit.
        if matches!(bytes, Some(None)) {
            return None;
        }
        let source = bytes.flatten().and_then(|(bytes, index)| {
            // What the writer cannot read is not leaked.
            Font::new(bytes.clone().into(), index)?;
            let bytes: &'static [u8] = Vec::leak(bytes);
            Some((bytes, index))
        });
        open.insert(id, source);
        source
    }
}
