//! Hostile updates by the thousand: none may panic, break a document, or make it differ from a copy
//! that is made from its state. `CRDT_FUZZ_ROUNDS` makes the run longer.
use super::document::{Document, new_document};
use super::store::{Kind, NONE, Store};
use super::tests::{batch, merge};
use super::wire::{self, Content, Deleted, Id, Parent, Section, Struct, Update};

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn rounds(usual: usize) -> usize {
    std::env::var("CRDT_FUZZ_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(usual)
}

/// What `store.rs` says that holds at all times.
fn check(store: &Store) {
    let mut listed = std::collections::HashSet::new();
    for (number, kind) in store.types.iter().enumerate() {
        let mut firsts = vec![(kind.start, NONE)];
        for (sub, ends) in &kind.map {
            assert_eq!(store.item(ends.last).right, NONE);
            firsts.push((ends.first, *sub));
        }
        let mut length = 0;
        for (first, sub) in firsts {
            let (mut left, mut slot) = (NONE, first);
            while slot != NONE {
                let item = store.item(slot);
                assert!(listed.insert(slot), "an item is in two lists");
                assert_eq!(
                    (item.left, item.parent, item.sub),
                    (left, number as u32, sub)
                );
                assert!(!matches!(item.kind, Kind::Gc | Kind::Free));
                if item.counts() && sub == NONE {
                    length += item.len;
                }
                (left, slot) = (slot, item.right);
            }
        }
        assert_eq!(length, kind.length);
    }
    let mut used = 0;
    for (number, client) in store.clients.iter().enumerate() {
        let mut clock = 0;
        for (begin, slot) in client.structs.from(0) {
            let item = store.item(slot);
            assert_eq!(
                (item.at.client, item.at.clock, begin),
                (number as u32, clock, clock)
            );
            assert!(item.len > 0);
            if item.kind == Kind::Text {
                assert_eq!(wire::utf16_len(store.text_of(item)), item.len as usize);
            }
            assert_eq!(listed.contains(&slot), item.kind != Kind::Gc);
            clock = item.end();
            used += 1;
        }
        assert_eq!(clock, client.clock);
    }
    let kept = store.items.iter().filter(|item| item.kind != Kind::Free);
    assert_eq!(kept.count(), used);
}

/// A copy made from the state has all of it; and the document can still be edited. (That contents come
/// to be the same is shown with sensible updates: of neighbours that no one can have had, the places
/// are as they come.)
fn check_copy(document: &mut Document, honest: bool) {
    check(&document.store);
    let state = document.diff(&[0]).unwrap();
    let mut copy = new_document();
    let applied = copy.apply(&batch(&[&state]), false).unwrap();
    assert!(applied.refused.is_empty());
    check(&copy.store);
    // Of those who tell different things about the same clocks each copy may believe another.
    if honest {
        assert_eq!(copy.state_vector(), document.state_vector());
    }
    let edit = document
        .apply_delta(r#"[{"insert":"still here"}]"#)
        .unwrap();
    assert!(document.text().unwrap().starts_with("still here"));
    copy.apply(&batch(&[&edit]), false).unwrap();
    check(&copy.store);
}

const TEXTS: [&str; 6] = ["a", "some text\n", "😀", "äöü", "x😀y", "\n"];
const JSON: [&str; 7] = [
    "null",
    "true",
    "1",
    "\"x\"",
    "{\"a\":[1,2.5]}",
    "[[]]",
    "\"red\"",
];

fn content(random: &mut Random) -> (u32, Content<'static>) {
    match random.below(16) {
        0 => (1 + random.below(4) as u32, Content::Gc),
        1 => (1 + random.below(4) as u32, Content::Deleted),
        2 => (
            2,
            Content::Any(vec![125, 1, 118, 1, 1, b'k', 117, 1, 120].into()),
        ),
        3 => (1, Content::Embed((*random.pick(&JSON)).into())),
        4 | 5 => (
            1,
            Content::Format("bold".into(), (*random.pick(&JSON)).into()),
        ),
        6..8 => (1, Content::Type(*random.pick(&[0, 1, 2, 4, 6]), None)),
        8 => (1, Content::Type(3, Some("p".into()))),
        9 => (
            2,
            Content::Json(
                vec![
                    1, b'1', 9, b'u', b'n', b'd', b'e', b'f', b'i', b'n', b'e', b'd',
                ]
                .into(),
            ),
        ),
        10 => (1, Content::Binary(vec![1, 2, 3].into())),
        // Longer than one item may be.
        11 => (3000, Content::Text("0123456789ab😀ä".repeat(200).into())),
        12 => (3000, Content::Any(vec![120; 3000].into())),
        _ => {
            let text = *random.pick(&TEXTS);
            (wire::utf16_len(text) as u32, Content::Text(text.into()))
        }
    }
}

/// What four clients have made.
#[derive(Default)]
struct Log([Vec<Struct<'static>>; 4]);

impl Log {
    fn clock(&self, client: usize) -> u32 {
        self.0[client].last().map_or(0, Struct::end)
    }

    fn any_id(&self, random: &mut Random) -> Id {
        let client = random.below(4);
        Id {
            client: client as u64 + 1,
            clock: random.below(self.clock(client) as usize + 2) as u32,
        }
    }

    fn grow(&mut self, random: &mut Random, client: usize) {
        let (len, content) = content(random);
        let clock = self.clock(client);
        let ahead = |id: &Id| id.client == client as u64 + 1 && id.clock >= clock;
        let mut some_id = |odds| {
            let id = self.any_id(random);
            (random.below(odds) == 0 && !ahead(&id)).then_some(id)
        };
        let (origin, right_origin, parent) = (some_id(2), some_id(3), some_id(3));
        let bare = content == Content::Gc;
        let parent = match parent {
            Some(id) => Parent::Item(id),
            None => Parent::Root((*random.pick(&["quill", "other"])).into()),
        };
        let sub = (random.below(4) == 0).then(|| (*random.pick(&["k", "l"])).into());
        self.0[client].push(Struct {
            clock,
            len,
            origin: origin.filter(|_| !bare),
            right_origin: right_origin.filter(|_| !bare),
            parent,
            sub,
            content,
        });
    }

    /// Well-formed, and mostly senseless: any neighbours, any parents, any order, parts left out.
    fn update(&mut self, random: &mut Random) -> Vec<u8> {
        let mut sections = Vec::new();
        for client in 0..4 {
            if random.below(2) == 0 {
                continue;
            }
            for _ in 0..random.below(5) {
                self.grow(random, client);
            }
            let log = &self.0[client];
            let from = log.len().saturating_sub(random.below(8));
            let to = log.len() - random.below(2).min(log.len() - from);
            if from < to {
                sections.push(Section {
                    client: client as u64 + 1,
                    structs: log[from..to].to_vec(),
                });
            }
        }
        let mut deletes = Vec::new();
        for _ in 0..random.below(4) {
            let Id { client, clock } = self.any_id(random);
            deletes.push(Deleted {
                client,
                clock,
                len: 1 + random.below(6) as u32,
            });
        }
        wire::tidy_deletes(&mut deletes);
        wire::write(&Update { sections, deletes })
    }

    /// Forgets something, to tell another story about the same clocks.
    fn lie(&mut self, random: &mut Random) {
        let log = random.below(4);
        let kept = self.0[log].len().saturating_sub(random.below(3));
        self.0[log].truncate(kept);
    }
}

fn mutated(random: &mut Random, all: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(all).clone();
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len().max(1));
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            2 => bytes.truncate(at),
            3 => {
                let other = random.pick(all);
                let from = random.below(other.len().max(1)).min(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            4 => {
                let huge: &[u8] = random.pick::<&[u8]>(&[
                    b"\xff\xff\xff\xff\x0f",
                    b"\xff\xff\xff\xff\xff\xff\xff\x0f",
                    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                    b"\x80\x80\x04",
                ]);
                bytes.splice(at..at, huge.iter().copied());
            }
            _ => {
                let to = (at + random.below(9)).min(bytes.len());
                let part = bytes[at.min(to)..to].to_vec();
                bytes.splice(at.min(to)..to, part.iter().chain(&part).copied());
            }
        }
    }
    bytes
}

#[test]
fn made_up_updates_leave_a_document_that_can_be_copied() {
    for seed in 0..rounds(4000) as u64 {
        let (mut random, mut document) = (Random::new(seed), new_document());
        let mut loaded = new_document();
        let liars = seed % 4 == 0;
        let mut log = Log::default();
        for _ in 0..1 + random.below(12) {
            let updates = [log.update(&mut random), log.update(&mut random)];
            document
                .apply(&batch(&[&updates[0], &updates[1]]), seed % 3 == 0)
                .unwrap();
            check(&document.store);
            loaded.load(&batch(&[&updates[0], &updates[1]])).unwrap();
            if liars {
                log.lie(&mut random);
            }
        }
        // What is loaded is what was applied.
        assert_eq!(loaded.diff(&[0]), document.diff(&[0]));
        check_copy(&mut document, !liars);
    }
}

#[test]
fn broken_bytes_are_refused_or_harmless() {
    let mut random = Random::new(7);
    let mut document = new_document();
    let mut all = vec![Vec::new(), vec![0, 0], document.state_vector().unwrap()];
    let mut log = Log::default();
    let edits = [
        r#"[{"insert":"Hello 😀 world\n","attributes":{"bold":true}},{"insert":{"image":"a.png"}}]"#,
        r#"[{"retain":3,"attributes":{"bold":null,"link":{"href":"x"}}},{"delete":2}]"#,
        r#"[{"retain":1},{"insert":"more","attributes":{"size":1.5}}]"#,
    ];
    for edit in edits {
        all.push(document.apply_delta(edit).unwrap());
        all.push(log.update(&mut random));
        all.push(log.update(&mut random));
    }
    all.push(document.diff(&[0]).unwrap());
    for round in 0..rounds(30_000) {
        let bytes = match round % 8 {
            0 => (0..random.below(40)).map(|_| random.next() as u8).collect(),
            _ => mutated(&mut random, &all),
        };
        match round % 5 {
            0 => drop(document.diff(&bytes)),
            1 => drop(merge(&batch(&[&bytes, random.pick::<Vec<u8>>(&all)]))),
            2 => drop(document.apply(&bytes, false)),
            _ => {
                document
                    .apply(
                        &batch(&[&bytes, random.pick::<Vec<u8>>(&all)]),
                        round % 3 == 0,
                    )
                    .unwrap();
            }
        }
        if let Ok(ops) = std::str::from_utf8(&bytes) {
            drop(document.apply_delta(ops));
        }
        if round % 500 == 499 {
            check_copy(&mut document, false);
            if round % 5000 == 4999 {
                document = new_document();
            }
        }
    }
    check_copy(&mut document, false);
}

#[test]
fn broken_ops_are_refused_or_harmless() {
    let mut random = Random::new(9);
    let mut document = new_document();
    document
        .apply_delta(r#"[{"insert":"Hello 😀 world\n"}]"#)
        .unwrap();
    let parts = [
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"insert\"",
        "\"retain\"",
        "\"delete\"",
        "\"attributes\"",
        "1",
        "0",
        "-1",
        "5",
        "1e9",
        "4294967296",
        "\"x\"",
        "\"\"",
        "null",
        "{\"b\":true}",
        "\"\\ud83d\"",
        "{\"insert\":\"y\"}",
    ];
    for round in 0..rounds(20_000) {
        let mut ops = String::from("[{");
        for _ in 0..random.below(12) {
            ops.push_str(random.pick::<&str>(&parts));
        }
        ops.push_str("}]");
        drop(match round % 2 {
            0 => document.apply_delta(&ops),
            _ => document.set_delta(&ops),
        });
    }
    check_copy(&mut document, false);
}
