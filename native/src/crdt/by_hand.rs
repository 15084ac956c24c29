//! Not tests: what `cargo test -- --ignored --nocapture` runs by hand.
use super::document::{Document, new_document};
use super::tests::batch;

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
            "set_delta" => document.set_delta(&ops).map(|it| hex(&it).into()),
            "merge" => super::document::merge(&bytes).map(|it| hex(&it).into()),
            _ => panic!(),
        };
        match answer {
            Ok(answer) => println!(">>{}", serde_json::json!({"ok": answer})),
            Err(error) => println!(">>{}", serde_json::json!({"error": error.to_string()})),
        }
    }
}
