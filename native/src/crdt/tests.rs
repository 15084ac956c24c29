use super::Outcome;
use super::document::{Document, new_document, updates_of};
use super::store::Change;
use super::update::{self, Waiting};
use super::wire::{self, Content, Deleted, Id, Parent, Section, Struct, Update};

mod costs;

pub fn batch(updates: &[&[u8]]) -> Vec<u8> {
    let mut batch = Vec::new();
    for update in updates {
        batch.extend_from_slice(&(update.len() as u32).to_le_bytes());
        batch.extend_from_slice(update);
    }
    batch
}

/// All of a batch as one update, as it is made of what waits.
pub fn merge(batch: &[u8]) -> Outcome<Vec<u8>> {
    let updates = updates_of(batch)?.into_iter().map(Update::read);
    let updates = updates.collect::<Outcome<Vec<_>>>()?;
    Ok(wire::write(&wire::merge(updates)))
}

fn written(ops: &str) -> (Box<Document>, Vec<u8>) {
    let mut document = new_document();
    let update = document.apply_delta(ops).unwrap();
    (document, update)
}

fn copy_of(document: &Document) -> Box<Document> {
    let mut copy = new_document();
    let state = document.diff(&[0]).unwrap();
    let applied = copy.apply(&batch(&[&state]), false).unwrap();
    assert!(applied.refused.is_empty() && !applied.pending);
    copy
}

fn item(clock: u32, len: u32, content: Content<'static>) -> Struct<'static> {
    Struct {
        clock,
        len,
        origin: None,
        right_origin: None,
        parent: Parent::Root("quill".into()),
        sub: None,
        content,
    }
}

fn update_of(client: u64, structs: Vec<Struct>, deletes: Vec<Deleted>) -> Vec<u8> {
    wire::write(&Update {
        sections: vec![Section { client, structs }],
        deletes,
    })
}

#[test]
fn a_change_comes_as_an_update_and_as_ops() {
    let (mut a, first) = written(r#"[{"insert":"Hello 😀\n"}]"#);
    let mut b = new_document();
    let applied = b.apply(&batch(&[&first]), true).unwrap();
    assert_eq!(applied.update, first);
    assert_eq!(applied.delta, r#"[{"insert":"Hello 😀\n"}]"#);
    let second = a
        .apply_delta(
            r#"[{"retain":6},{"delete":2},{"insert":{"image":"a.png"},"attributes":{"bold":true,"size":1}}]"#,
        )
        .unwrap();
    let applied = b.apply(&batch(&[&second, &first, b"\xff"]), true).unwrap();
    assert_eq!(applied.refused, [2]);
    assert!(!applied.pending);
    assert_eq!(
        applied.delta,
        r#"[{"retain":6},{"delete":2},{"attributes":{"bold":true,"size":1},"insert":{"image":"a.png"}}]"#
    );
    let again = b.apply(&batch(&[&second]), true).unwrap();
    assert!(
        again.update.is_empty() && again.delta.is_empty(),
        "{again:?}"
    );
    assert_eq!(a.delta().unwrap(), b.delta().unwrap());
    assert_eq!(a.text().unwrap(), "Hello \u{fffc}\n");
    assert_eq!(a.state_vector().unwrap(), b.state_vector().unwrap());
}

#[test]
fn what_comes_too_early_waits_and_is_told_when_it_is_taken_in() {
    let mut a = new_document();
    let updates: Vec<_> = (0..20)
        .map(|it| {
            a.apply_delta(&format!(r#"[{{"insert":"{it} "}}]"#))
                .unwrap()
        })
        .collect();
    let mut b = new_document();
    for update in updates[1..].iter().rev() {
        let applied = b.apply(&batch(&[update]), true).unwrap();
        assert!(applied.pending && applied.update.is_empty() && applied.delta.is_empty());
    }
    // What waits is a part of the state that others are given.
    let state = b.diff(&[0]).unwrap();
    let applied = b.apply(&batch(&[&updates[0]]), true).unwrap();
    assert!(!applied.pending);
    assert_eq!(b.delta(), a.delta());
    let mut c = new_document();
    c.apply(&batch(&[&applied.update]), false).unwrap();
    assert_eq!(c.delta(), a.delta());
    let mut d = new_document();
    assert!(d.load(&batch(&[&state])).unwrap().is_empty() && d.pending());
    d.apply(&batch(&[&updates[0]]), false).unwrap();
    assert!(!d.pending());
    assert_eq!(d.delta(), a.delta());
    let updates: Vec<&[u8]> = updates.iter().rev().map(Vec::as_slice).collect();
    assert_eq!(merge(&batch(&updates)).unwrap(), a.diff(&[0]).unwrap());
}

#[test]
fn a_deletion_waits_for_what_it_deletes() {
    let (mut a, first) = written(r#"[{"insert":"abc"}]"#);
    let second = a.apply_delta(r#"[{"retain":1},{"delete":1}]"#).unwrap();
    let mut b = new_document();
    assert!(b.apply(&batch(&[&second]), false).unwrap().pending);
    let applied = b.apply(&batch(&[&first]), true).unwrap();
    assert!(!applied.pending);
    assert_eq!(applied.delta, r#"[{"insert":"ac"}]"#);
    assert_eq!(copy_of(&b).text().unwrap(), "ac");
}

#[test]
fn halves_of_a_character_that_is_cut_become_replacement_characters() {
    let (mut a, _) = written(r#"[{"insert":"a😀b"}]"#);
    let (client, _) = wire::read_state_vector(&a.state_vector().unwrap()).unwrap()[0];
    let half = wire::write(&Update {
        sections: Vec::new(),
        deletes: vec![Deleted {
            client,
            clock: 2,
            len: 1,
        }],
    });
    let applied = a.apply(&batch(&[&half]), true).unwrap();
    assert_eq!(a.text().unwrap(), "a\u{fffd}b");
    assert_eq!(
        applied.delta,
        "[{\"retain\":1},{\"delete\":1},{\"insert\":\"\u{fffd}\"},{\"delete\":1}]"
    );
    let copy = copy_of(&a);
    assert_eq!(copy.text(), a.text());
    assert_eq!(copy.state_vector(), a.state_vector());
}

#[test]
fn ops_that_do_not_fit_are_refused_and_change_nothing() {
    let (mut a, _) = written(r#"[{"insert":"a😀"}]"#);
    let before = a.diff(&[0]).unwrap();
    for (ops, what) in [
        (
            r#"[{"retain":3},{"delete":1}]"#,
            "op 1 of the delta goes beyond the end of the text, whose length is 3",
        ),
        (
            r#"[{"insert":"x"},{"delete":2}]"#,
            "op 1 of the delta ends within a character",
        ),
        (
            r#"[{"retain":0}]"#,
            "op 0 of the delta must have a \"retain\" that is a whole number from 1",
        ),
        (
            r#"[{"insert":""}]"#,
            "op 0 of the delta inserts an empty text",
        ),
        (
            r#"[{"insert":3}]"#,
            "op 0 of the delta must insert a text or an object",
        ),
        (
            r#"[{"insert":"x","delete":1}]"#,
            "op 0 of the delta must have one of",
        ),
        (
            r#"[{"insert":"x","atributes":{}}]"#,
            "op 0 of the delta has \"atributes\", which no op has",
        ),
        (r#"{"ops":[]}"#, "the delta must be a JSON array of ops"),
        ("[{", "the delta is not JSON"),
    ] {
        let text = a.apply_delta(ops).unwrap_err().to_string();
        assert!(text.starts_with(what), "{text}");
    }
    assert_eq!(
        a.set_delta(r#"[{"retain":1}]"#).unwrap_err().to_string(),
        "op 0 of the delta must be an insert: a content has no others"
    );
    assert_eq!(a.diff(&[0]).unwrap(), before);
}

#[test]
fn formats_end_where_they_should() {
    let (mut a, _) = written(r#"[{"insert":"one two three"}]"#);
    a.apply_delta(r#"[{"retain":8,"attributes":{"bold":true}}]"#)
        .unwrap();
    a.apply_delta(r#"[{"retain":4},{"retain":3,"attributes":{"bold":null,"italic":1.0}}]"#)
        .unwrap();
    a.apply_delta(r#"[{"retain":3},{"insert":"!","attributes":{"bold":true}}]"#)
        .unwrap();
    let want = r#"[{"attributes":{"bold":true},"insert":"one! "},{"attributes":{"italic":1},"insert":"two"},{"attributes":{"bold":true},"insert":" "},{"insert":"three"}]"#;
    assert_eq!(a.delta().unwrap(), want);
    assert_eq!(copy_of(&a).delta().unwrap(), want);
    a.apply_delta(r#"[{"retain":9,"attributes":{"bold":null,"italic":null}}]"#)
        .unwrap();
    assert_eq!(a.delta().unwrap(), r#"[{"insert":"one! two three"}]"#);
}

#[test]
fn a_content_is_set_by_the_least_change() {
    let content = r#"[{"insert":"first line\nsecond line\nthird 😀 line\n"},{"insert":{"image":"a"}},{"insert":"end\n"}]"#;
    let (mut a, _) = written(content);
    assert!(a.set_delta(content).unwrap().is_empty());
    let mut other = copy_of(&a);
    let elsewhere = other
        .apply_delta(r#"[{"retain":11},{"insert":"my "}]"#)
        .unwrap();
    let update = a
        .set_delta(
            r#"[{"insert":"first line\nsecond line\nthird 😁 line","attributes":{"bold":true}},{"insert":"\n"},{"insert":{"image":"b"}},{"insert":"end\nmore\n"}]"#,
        )
        .unwrap();
    let applied = other.apply(&batch(&[&update]), true).unwrap();
    assert_eq!(
        applied.delta,
        concat!(
            r#"[{"attributes":{"bold":true},"retain":32},{"delete":2},"#,
            r#"{"attributes":{"bold":true},"insert":"😁"},{"attributes":{"bold":true},"retain":5},"#,
            r#"{"retain":1},{"delete":1},{"insert":{"image":"b"}},{"retain":4},{"insert":"more\n"}]"#
        )
    );
    a.apply(&batch(&[&elsewhere]), false).unwrap();
    assert_eq!(a.delta(), other.delta());
    assert!(a.text().unwrap().contains("my second line"));
}

#[test]
fn contents_that_differ_wholly_are_set_in_bounded_time() {
    let long = |seed: usize| -> String {
        (0..200_000)
            .map(|it| char::from(b'a' + (it * it / 7 * seed % 23) as u8))
            .collect()
    };
    let content = |text: &str| serde_json::json!([{ "insert": text }]).to_string();
    let (mut a, _) = written(&content(&long(3)));
    a.set_delta(&content(&long(11))).unwrap();
    assert_eq!(a.text().unwrap(), long(11));
}

#[test]
fn shared_types_may_nest_as_deep_as_they_like() {
    let deep = 100_000;
    let mut structs = vec![item(0, 1, Content::Type(0, None))];
    for clock in 1..deep {
        let mut next = item(clock, 1, Content::Type(1, None));
        next.parent = Parent::Item(Id {
            client: 5,
            clock: clock - 1,
        });
        next.sub = (clock % 2 == 0).then(|| "k".into());
        structs.push(next);
    }
    let mut a = new_document();
    a.apply(&batch(&[&update_of(5, structs, Vec::new())]), true)
        .unwrap();
    assert_eq!(copy_of(&a).state_vector(), a.state_vector());
    let root = wire::write(&Update {
        sections: Vec::new(),
        deletes: vec![Deleted {
            client: 5,
            clock: 0,
            len: 1,
        }],
    });
    a.apply(&batch(&[&root]), true).unwrap();
    assert_eq!(a.delta().unwrap(), "[]");
    assert!(a.diff(&[0]).unwrap().len() < 50);
    assert_eq!(copy_of(&a).state_vector(), a.state_vector());
}

#[test]
fn what_an_update_claims_is_not_believed() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let any = |depth: usize| [[117, 1].repeat(depth), vec![126]].concat();
    for (bytes, what) in [
        (
            vec![0xff, 0xff, 0xff, 0xff, 0x0f],
            "the bytes end too early",
        ),
        (
            vec![1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0, 4],
            "the bytes end too early",
        ),
        (
            vec![1, 1, 1, 0, 4, 1, 0xff, 0xff, 0xff, 0xff, 0x0f],
            "the bytes end too early",
        ),
        (vec![0xff; 12], "a number is too large"),
        (
            vec![1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 5, 0],
            "a clock is too large",
        ),
        (
            vec![0, 1, 1, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f],
            "a clock is too large",
        ),
        (vec![0, 0, 0], "there are bytes after the end"),
        (vec![2, 0, 1, 0, 0, 1, 0, 0], "a client comes twice"),
        (
            vec![1, 1, 1, 0, 11, 1, 1, b'q', 0],
            "an item is of an unknown kind",
        ),
        (
            vec![1, 1, 1, 0, 7, 1, 1, b'q', 7, 0],
            "a shared type is of an unknown kind",
        ),
        (
            vec![1, 1, 1, 0, 0x84, 1, 0, 1, b'x', 0],
            "an item refers to what comes after it",
        ),
        (
            vec![1, 1, 1, 0, 4, 1, 1, b'q', 1, 0xff, 0],
            "a text is not UTF-8",
        ),
        (
            update_of(
                1,
                vec![item(0, 1, Content::Embed("{\"a\"".into()))],
                Vec::new(),
            ),
            "a value is not JSON",
        ),
        (
            update_of(
                1,
                vec![item(0, 1, Content::Embed(nested(65).into()))],
                Vec::new(),
            ),
            "a value nests too deep",
        ),
        (
            update_of(
                1,
                vec![item(0, 1, Content::Any(any(65).into()))],
                Vec::new(),
            ),
            "a value nests too deep",
        ),
    ] {
        assert_eq!(Update::read(&bytes).unwrap_err().to_string(), what);
        let mut document = new_document();
        assert_eq!(
            document.apply(&batch(&[&bytes]), false).unwrap().refused,
            [0]
        );
    }
    for depth in [1, 64] {
        let embed = item(0, 1, Content::Embed(nested(depth).into()));
        let values = item(1, 1, Content::Any(any(depth).into()));
        assert!(Update::read(&update_of(1, vec![embed, values], Vec::new())).is_ok());
    }
    let document = new_document();
    let text = document.diff(&[2, 1]).unwrap_err().to_string();
    assert_eq!(
        text,
        "the state vector is malformed: the bytes end too early"
    );
    let text = merge(&[9, 0, 0, 0, 1]).unwrap_err().to_string();
    assert_eq!(text, "the batch of updates ends within an update");
}

#[test]
fn an_edit_is_made_as_another_client_where_someone_uses_the_number() {
    let (mut a, first) = written(r#"[{"insert":"a"}]"#);
    let (client, clock) = wire::read_state_vector(&a.state_vector().unwrap()).unwrap()[0];
    assert!(!first.is_empty());
    let mut next = item(clock, 1, Content::Text("b".into()));
    next.origin = Some(Id {
        client,
        clock: clock - 1,
    });
    a.apply(&batch(&[&update_of(client, vec![next], Vec::new())]), false)
        .unwrap();
    a.apply_delta(r#"[{"retain":2},{"insert":"c"}]"#).unwrap();
    assert_eq!(a.text().unwrap(), "abc");
    let vector = wire::read_state_vector(&a.state_vector().unwrap()).unwrap();
    assert_eq!(vector.len(), 2);
}

/// One client's text: a format, a character, a format, and so on.
fn formatted(formats: impl Iterator<Item = (String, &'static str)>) -> Vec<u8> {
    let mut structs: Vec<Struct> = Vec::new();
    for (key, value) in formats {
        for content in [
            Content::Format(key.into(), value.into()),
            Content::Text("x".into()),
        ] {
            let clock = structs.len() as u32;
            let origin = clock.checked_sub(1).map(|clock| Id { client: 1, clock });
            structs.push(Struct {
                origin,
                ..item(clock, 1, content)
            });
        }
    }
    update_of(1, structs, vec![])
}

#[test]
fn formats_of_formats_are_bounded() {
    // Each character has all the formats before it: a quadratic delta.
    let keys = 20_000;
    let update = formatted((0..keys).map(|key| (format!("k{key}"), "1")));
    let mut document = new_document();
    // Who follows is told to begin anew.
    assert_eq!(
        document.apply(&batch(&[&update]), true).unwrap().delta,
        "null"
    );
    assert!(
        document
            .delta()
            .unwrap_err()
            .to_string()
            .contains("too many formats")
    );
    assert_eq!(document.text().unwrap().len(), keys);
    let many = vec![r#"{"insert":"a"},{"insert":"b","attributes":{"bold":true}}"#; 2_000].join(",");
    assert!(document.apply_delta(&format!("[{many}]")).is_err());
    // Something else may take its place.
    document.set_delta(r#"[{"insert":"fine"}]"#).unwrap();
    assert_eq!(document.delta().unwrap(), r#"[{"insert":"fine"}]"#);
}

#[test]
fn many_formats_are_told() {
    let update = formatted((0..100_000).map(|i| ("bold".to_string(), ["true", "null"][i % 2])));
    let mut document = new_document();
    let applied = document.apply(&batch(&[&update]), true).unwrap();
    let told = document.delta().unwrap();
    assert_eq!(applied.delta, told);
    assert!(told.starts_with(r#"[{"attributes":{"bold":true},"insert":"x"},{"insert":"x"},{"#));
    assert_eq!(told.matches("insert").count(), 100_000);
    assert_eq!(document.change_to(&told).unwrap(), "[]");
}
