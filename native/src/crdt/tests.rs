use super::document::{Document, new_document};

pub fn batch(updates: &[&[u8]]) -> Vec<u8> {
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

/// Time that this thread has had a processor, as others may be busy on the machine.
fn spent() -> std::time::Duration {
    let all = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    std::time::Duration::from_nanos(all.split(' ').next().unwrap().parse().unwrap())
}

#[test]
#[ignore]
fn measure() {
    let path = std::env::var("CRDT_FILE").unwrap();
    let size: usize = std::env::var("CRDT_BATCH").unwrap().parse().unwrap();
    let all = std::fs::read(path).unwrap();
    let mut document = new_document();
    let begin = spent();
    let (mut at, mut from, mut count) = (0, 0, 0);
    let mut out = 0;
    while at < all.len() {
        let n = u32::from_le_bytes(all[at..at + 4].try_into().unwrap()) as usize;
        at += 4 + n;
        count += 1;
        if count == size || at == all.len() {
            let it = document.apply(&all[from..at], false).unwrap();
            if !it.refused.is_empty() || it.pending {
                println!("{} refused, pending {}", it.refused.len(), it.pending);
            }
            out += it.update.len();
            from = at;
            count = 0;
        }
    }
    println!("load {:?}, out {out}", spent() - begin);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!(
        "{}",
        status
            .lines()
            .filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS"))
            .collect::<Vec<_>>()
            .join(" ")
    );
    let begin = spent();
    let state = document.diff(&[0]).unwrap();
    println!("encode {} in {:?}", state.len(), spent() - begin);
    let begin = spent();
    let text = document.text().unwrap();
    println!("text {} in {:?}", text.len(), spent() - begin);
    if let Ok(want) = std::fs::read_to_string(std::env::var("CRDT_FILE").unwrap() + ".text") {
        assert!(want == text);
    }
    let begin = spent();
    new_document().apply(&batch(&[&state]), false).unwrap();
    println!("state applied in {:?}", spent() - begin);
}

#[test]
#[ignore]
fn surrogates() {
    let (mut a, first) = written(r#"[{"insert":"a😀b"}]"#);
    println!("{:?}", a.apply_delta(r#"[{"retain":2},{"delete":1}]"#));
    println!("{:?} {}", first, a.text().unwrap());
    let mut b = new_document();
    b.apply(&batch(&[&a.diff(&[0]).unwrap()]), false).unwrap();
    println!(
        "{} {:?} {:?}",
        b.text().unwrap(),
        a.state_vector(),
        b.state_vector()
    );
}

/// Answers JSON lines, for comparisons with other programs.
#[test]
#[ignore]
fn serve() {
    use std::io::BufRead;
    let mut documents = std::collections::HashMap::<u64, Box<Document>>::new();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    for line in std::io::stdin().lock().lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let bytes: Vec<u8> = line["hex"]
            .as_str()
            .unwrap_or_default()
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let document = documents
            .entry(line["doc"].as_u64().unwrap())
            .or_insert_with(new_document);
        let ops = line["ops"].to_string();
        let answer = match line["do"].as_str().unwrap() {
            "apply" => document.apply(&bytes, true).map(|it| {
                serde_json::json!({"hex": hex(&it.update), "refused": it.refused, "pending": it.pending, "delta": it.delta})
            }),
            "sv" => document.state_vector().map(|it| hex(&it).into()),
            "diff" => document.diff(&bytes).map(|it| hex(&it).into()),
            "delta" => document.delta().map(Into::into),
            "text" => document.text().map(Into::into),
            "apply_delta" => document.apply_delta(&ops).map(|it| hex(&it).into()),
            "set_delta" => document.change_to(&ops).and_then(|it| document.apply_delta(&it)).map(|it| hex(&it).into()),
            "merge" => super::document::merge(&bytes).map(|it| hex(&it).into()),
            _ => panic!(),
        };
        match answer {
            Ok(answer) => println!(">>{}", serde_json::json!({"ok": answer})),
            Err(error) => println!(">>{}", serde_json::json!({"error": error.to_string()})),
        }
    }
}
