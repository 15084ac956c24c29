use super::document::{Document, new_document};

fn batch(updates: &[&[u8]]) -> Vec<u8> {
    let mut batch = Vec::new();
    for update in updates {
        batch.extend_from_slice(&(update.len() as u32).to_le_bytes());
        batch.extend_from_slice(update);
    }
    batch
}

fn written(ops: &str) -> (Box<Document>, Vec<u8>) {
    let mut document = new_document();
    let update = document.apply_delta(ops).unwrap();
    (document, update)
}

#[test]
fn a_change_comes_as_an_update_and_as_ops() {
    let (mut a, first) = written(r#"[{"insert":"Hello 😀\n"}]"#);
    let mut b = new_document();
    let applied = b.apply(&batch(&[&first]), true).unwrap();
    assert_eq!(applied.update, first);
    assert_eq!(applied.delta, r#"[{"insert":"Hello 😀\n"}]"#);
    let second = a
        .apply_delta(r#"[{"retain":6},{"delete":2},{"insert":{"image":"a.png"},"attributes":{"bold":true,"size":1}}]"#)
        .unwrap();
    let applied = b.apply(&batch(&[&second, &first, b"\xff"]), true).unwrap();
    assert_eq!(applied.refused, [2]);
    assert!(!applied.pending);
    let again = b.apply(&batch(&[&second]), true).unwrap();
    assert!(
        again.update.is_empty() && again.delta.is_empty(),
        "{again:?}"
    );
    assert_eq!(a.delta().unwrap(), b.delta().unwrap());
    assert_eq!(a.text().unwrap(), "Hello \u{fffc}\n");
    assert_eq!(a.state_vector().unwrap(), b.state_vector().unwrap());
    println!("{} {}", applied.delta, a.delta().unwrap());
}
