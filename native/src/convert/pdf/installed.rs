//! Fonts that are installed on the server, for what DejaVu lacks: Chinese, Japanese, Korean and many more scripts.
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use fontdb::{Database, FaceInfo, ID, Style};
use krilla::text::Font;
use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider};

const MAX_FACES: usize = 4000;
const MAX_BYTES: usize = 128 << 20; // of the fonts that are kept in memory, for good
const RESTRICTED: u16 = 2; // OS/2's fsType: must not be embedded

/// A font's bytes and its number in them.
pub type Source = (&'static [u8], u32);

pub struct Installed {
    fonts: Database,
    /// Best first.
    order: Vec<ID>,
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

impl Installed {
    pub fn new(fonts: Database) -> Self {
        let mut faces: Vec<&FaceInfo> = fonts.faces().take(MAX_FACES).collect();
        faces.sort_by_cached_key(|it| rank(it));
        Self {
            order: faces.iter().map(|it| it.id).collect(),
            fonts,
            open: Mutex::default(),
        }
    }

    /// Those of this machine, looked for once.
    pub fn of_machine() -> &'static Self {
        static ALL: OnceLock<Installed> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut fonts = Database::new();
            fonts.load_system_fonts();
            Self::new(fonts)
        })
    }

    /// A font that has the character. It looks at many files: not to be asked often.
    pub fn with(&self, it: char) -> Option<Source> {
        let found = self.order.iter().find(|id| {
            let has = self.fonts.with_face_data(**id, |bytes, index| {
                FontRef::from_index(bytes, index).is_ok_and(|font| {
                    font.charmap().map(it).is_some()
                        && font.os2().is_ok_and(|it| it.fs_type() & RESTRICTED == 0)
                })
            });
            has == Some(true) && self.opened(**id).is_some()
        })?;
        self.opened(*found)
    }

    fn opened(&self, id: ID) -> Option<Source> {
        let mut open = self.open.lock().ok()?;
        if let Some(known) = open.get(&id) {
            return *known;
        }
        let held: usize = open.values().flatten().map(|it| it.0.len()).sum();
        let bytes = self.fonts.with_face_data(id, |bytes, index| {
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
