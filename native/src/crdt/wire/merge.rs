//! Several updates as one.
use super::{Content, Deleted, Parent, Section, Struct, Update};

/// In the order in which `Writer` wants them; those that touch or overlap become one.
pub fn tidy_deletes(deletes: &mut Vec<Deleted>) {
    deletes.sort_unstable_by(|a, b| b.client.cmp(&a.client).then(a.clock.cmp(&b.clock)));
    deletes.dedup_by(|next, last| {
        let joined = next.client == last.client && next.clock <= last.clock + last.len;
        if joined {
            last.len = last.len.max(next.clock + next.len - last.clock);
        }
        joined
    });
}

/// All of several updates as one; what is missing between their parts stays missing.
pub fn merge<'a>(updates: Vec<Update<'a>>) -> Update<'a> {
    let mut deletes = Vec::new();
    let mut all = Vec::new();
    for update in updates {
        deletes.extend(update.deletes);
        all.extend(update.sections);
    }
    tidy_deletes(&mut deletes);
    all.sort_by_key(|section| std::cmp::Reverse(section.client));
    let mut sections: Vec<Section> = Vec::new();
    let mut all = all.into_iter().peekable();
    while let Some(Section {
        client,
        mut structs,
    }) = all.next()
    {
        let mut sorted = true;
        while let Some(more) = all.next_if(|next| next.client == client) {
            structs.extend(more.structs);
            sorted = false;
        }
        structs.retain(|it| it.content != Content::Skip);
        if !sorted {
            structs.sort_by_key(|it| it.clock);
        }
        let structs = without_overlaps(client, structs);
        if !structs.is_empty() {
            sections.push(Section { client, structs });
        }
    }
    Update { sections, deletes }
}

fn without_overlaps<'a>(client: u64, structs: Vec<Struct<'a>>) -> Vec<Struct<'a>> {
    let mut kept: Vec<Struct> = Vec::with_capacity(structs.len());
    for mut it in structs {
        if let Some(last) = kept.last_mut() {
            let end = last.end();
            if it.end() <= end {
                continue;
            }
            if it.clock < end {
                it = it.without(client, end - it.clock);
            }
            if it.clock > end {
                kept.push(Struct {
                    clock: end,
                    len: it.clock - end,
                    origin: None,
                    right_origin: None,
                    parent: Parent::Copied,
                    sub: None,
                    content: Content::Skip,
                });
            } else if last.join(client, &it) {
                continue;
            }
        }
        kept.push(it);
    }
    kept
}
