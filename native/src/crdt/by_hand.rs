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
    println!("{}", memory());
    let mut document = new_document();
    let begin = spent();
    let (mut at, mut from, mut count) = (0, 0, 0);
    while at < all.len() {
        let n = u32::from_le_bytes(all[at..at + 4].try_into().unwrap()) as usize;
        at += 4 + n;
        count += 1;
        if count == size || at == all.len() {
            assert!(document.load(&all[from..at]).unwrap().is_empty());
            from = at;
            count = 0;
        }
    }
    println!("load {:?}; {}", spent() - begin, memory());
    let begin = spent();
    let state = document.diff(&[0]).unwrap();
    println!("encode {} in {:?}", state.len(), spent() - begin);
    let begin = spent();
    let text = document.text().unwrap();
    println!("text {} in {:?}", text.len(), spent() - begin);
    if let Ok(path) = std::env::var("CRDT_STATE") {
        std::fs::write(path, batch(&[&state])).unwrap();
    }
    if let Ok(want) = std::fs::read_to_string(std::env::var("CRDT_FILE").unwrap() + ".text") {
        assert!(want == text);
    }
    let begin = spent();
    new_document().load(&batch(&[&state])).unwrap();
    println!("state loaded in {:?}", spent() - begin);
}

/// Updates as people type them: `clients` at their cursors, a character each, now and then elsewhere,
/// one of twenty deletes what it wrote last.
fn typed(count: usize, clients: usize) -> Vec<Vec<u8>> {
    use super::wire::{self, Content, Deleted, Id, Parent, Section, Struct, Update};
    let mut random = super::fuzz::Random::new(1);
    // All characters, as a list; the first stands for its begin.
    let (mut ids, mut next, mut before) = (
        vec![Id {
            client: 0,
            clock: 0,
        }],
        vec![0_usize],
        vec![0],
    );
    let (mut cursors, mut clocks) = (vec![0_usize; clients], vec![0_u32; clients]);
    let id_of = |ids: &[Id], place: usize| (place != 0).then(|| ids[place]);
    let mut updates = Vec::with_capacity(count);
    while updates.len() < count {
        let who = random.below(clients);
        let client = 1_000_003 * (who as u64 + 7);
        if random.below(40) == 0 {
            cursors[who] = random.below(ids.len());
        }
        let at = cursors[who];
        let mut update = Update::default();
        if at != 0 && random.below(20) == 0 {
            update.deletes.push(Deleted {
                client: ids[at].client,
                clock: ids[at].clock,
                len: 1,
            });
            cursors[who] = before[at];
        } else {
            let (new, right) = (ids.len(), next[at]);
            let text = b"abcdefgh ijklmn opqrst"[random.below(22)] as char;
            let it = Struct {
                clock: clocks[who],
                len: 1,
                origin: id_of(&ids, at),
                right_origin: id_of(&ids, right),
                parent: Parent::Root("quill".into()),
                sub: None,
                content: Content::Text(text.to_string().into()),
            };
            update.sections.push(Section {
                client,
                structs: vec![it],
            });
            ids.push(Id {
                client,
                clock: clocks[who],
            });
            clocks[who] += 1;
            next.push(right);
            before.push(at);
            next[at] = new;
            before[right] = new;
            cursors[who] = new;
        }
        updates.push(wire::write(&update));
    }
    updates
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let lines = status.lines();
    let lines = lines.filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"));
    lines.collect::<Vec<_>>().join(" ").replace('\t', "")
}

/// CRDT_TYPED updates as they are stored: loaded in batches of 5000.
#[test]
#[ignore]
fn load_typed() {
    let count = std::env::var("CRDT_TYPED").map_or(2_000_000, |it| it.parse().unwrap());
    let updates = typed(count, 20);
    println!(
        "{} bytes of updates; {}",
        updates.iter().map(Vec::len).sum::<usize>(),
        memory()
    );
    let begin = spent();
    let mut document = new_document();
    for some in updates.chunks(5000) {
        let some: Vec<&[u8]> = some.iter().map(Vec::as_slice).collect();
        document.load(&batch(&some)).unwrap();
    }
    println!("loaded in {:?}; {}", spent() - begin, memory());
    let begin = spent();
    let state = document.diff(&[0]).unwrap();
    println!(
        "snapshot of {} bytes in {:?}; {}",
        state.len(),
        spent() - begin,
        memory()
    );
    let begin = spent();
    new_document().load(&batch(&[&state])).unwrap();
    println!("snapshot loaded in {:?}; {}", spent() - begin, memory());
}

/// A million updates, one at a time, as they come to a small document from who types.
#[test]
#[ignore]
fn apply_typed() {
    for want_delta in [false, true] {
        let count = if want_delta { 20_000 } else { 1_000_000 };
        let updates = typed(count, 50);
        let mut document = new_document();
        let (begin, mut out) = (spent(), 0);
        for update in &updates {
            let applied = document.apply(&batch(&[update]), want_delta).unwrap();
            assert!(applied.refused.is_empty());
            out += applied.update.len() + applied.delta.len();
        }
        let all = spent() - begin;
        println!(
            "{count} applied in {all:?}: {:?} each, out {out}",
            all / count as u32
        );
    }
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
            "merge" => super::tests::merge(&bytes).map(|it| hex(&it).into()),
            _ => panic!(),
        };
        match answer {
            Ok(answer) => println!(">>{}", serde_json::json!({"ok": answer})),
            Err(error) => println!(">>{}", serde_json::json!({"error": error.to_string()})),
        }
    }
}
