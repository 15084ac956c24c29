//! Updates taken into a store: each part when nothing is missing for it, the others wait.
use std::collections::HashMap;

use super::store::{Change, Client, Store};
use super::wire::{self, Checked, Deleted, Section, Struct, Structs, Update, Writer};
use super::{Fail, Outcome};

/// Bytes of parts that may wait for others.
const MOST_WAITING: usize = 64 << 20;

#[derive(Default)]
pub struct Waiting {
    /// Updates without deletes.
    structs: Vec<Vec<u8>>,
    bytes: usize,
    /// What has to come: at which clock something new of a client may help.
    missing: HashMap<u64, u32>,
    /// By client; each tidy.
    deletes: HashMap<u64, Vec<Deleted>>,
    ranges: usize,
}

impl Waiting {
    pub fn is_empty(&self) -> bool {
        self.structs.is_empty() && self.deletes.is_empty()
    }

    fn put(&mut self, sections: Vec<Section>, trusted: bool) -> Outcome<()> {
        if sections.is_empty() {
            return Ok(());
        }
        let bytes = wire::write(&Update {
            sections,
            deletes: Vec::new(),
        });
        if self.bytes + bytes.len() > MOST_WAITING && !trusted {
            return Err(Fail::new(
                "too many changes wait for others that have not come",
            ));
        }
        self.bytes += bytes.len();
        self.structs.push(bytes);
        Ok(())
    }

    fn put_deletes(&mut self, range: Deleted, trusted: bool) -> Outcome<()> {
        if (self.ranges + 1) * std::mem::size_of::<Deleted>() > MOST_WAITING && !trusted {
            return Err(Fail::new("too many deletions wait for what they delete"));
        }
        self.ranges += 1;
        self.deletes.entry(range.client).or_default().push(range);
        Ok(())
    }

    fn lacks(&mut self, client: u64, clock: u32) {
        let least = self.missing.entry(client).or_insert(clock);
        *least = clock.min(*least);
    }

    /// All that waits as updates.
    pub fn updates(&self) -> Vec<Update<'_>> {
        let mut all: Vec<Update> = self
            .structs
            .iter()
            .map(|bytes| Update::read(bytes).expect("own bytes can be read"))
            .collect();
        let deletes = self.deletes.values().flatten().cloned().collect();
        all.push(Update {
            sections: Vec::new(),
            deletes,
        });
        all
    }
}

/// Parts of one client, as they are taken in.
enum Queue<'a> {
    Held(std::vec::IntoIter<Struct<'a>>),
    Read(Structs<'a>),
}

impl<'a> Iterator for Queue<'a> {
    type Item = Struct<'a>;
    fn next(&mut self) -> Option<Struct<'a>> {
        match self {
            Self::Held(structs) => structs.next(),
            Self::Read(structs) => structs.next(),
        }
    }
}

struct Queues<'a> {
    sections: Vec<(u64, Queue<'a>)>,
    places: HashMap<u64, usize>,
}

impl<'a> Queues<'a> {
    fn new(mut sections: Vec<(u64, Queue<'a>)>) -> Self {
        // From the end on: the highest client first, as Yjs does.
        sections.sort_unstable_by_key(|(client, _)| *client);
        let places = match sections.len() {
            1 => HashMap::new(),
            _ => sections
                .iter()
                .enumerate()
                .map(|(place, (client, _))| (*client, place))
                .collect(),
        };
        Self { sections, places }
    }

    fn of(&mut self, client: u64) -> Option<&mut Queue<'a>> {
        let place = match self.sections.len() {
            1 => usize::from(self.sections[0].0 != client),
            _ => *self.places.get(&client)?,
        };
        self.sections.get_mut(place).map(|(_, queue)| queue)
    }
}

/// Takes in all that nothing is missing for; gives the rest.
fn integrate<'a>(
    store: &mut Store,
    change: &mut Change,
    waiting: &mut Waiting,
    sections: Vec<(u64, Queue<'a>)>,
) -> Outcome<Vec<Section<'a>>> {
    let mut queues = Queues::new(sections);
    let mut rest: HashMap<u64, Vec<Struct>> = HashMap::new();
    let mut stack: Vec<(u64, Struct)> = Vec::new();
    let mut last = queues.sections.len();
    while last > 0 {
        let (client, it) = match stack.pop() {
            Some(next) => next,
            None => {
                let (client, queue) = &mut queues.sections[last - 1];
                match queue.next() {
                    Some(it) => (*client, it),
                    None => {
                        last -= 1;
                        continue;
                    }
                }
            }
        };
        if it.content == wire::Content::Skip {
            continue;
        }
        let number = store.client(client);
        let clock = store.clients[number as usize].clock;
        if it.end() <= clock {
            continue;
        }
        if it.clock > clock {
            waiting.lacks(client, it.clock - 1);
        } else if let Some(missing) = store.missing(&it) {
            if let Some(earlier) = queues.of(missing.client).and_then(Iterator::next) {
                stack.push((client, it));
                stack.push((missing.client, earlier));
                continue;
            }
        } else {
            store.integrate(change, number, &it)?;
            change.check()?;
            continue;
        }
        // A dead end: this, what waits for it, and all that comes after them.
        stack.push((client, it));
        for (client, it) in stack.drain(..) {
            if let Some(missing) = store.missing(&it) {
                waiting.lacks(missing.client, missing.clock);
            }
            let of_client = rest.entry(client).or_default();
            of_client.push(it);
            if let Some(queue) = queues.of(client) {
                of_client.extend(queue.filter(|it| it.content != wire::Content::Skip));
            }
        }
    }
    let mut rest: Vec<Section> = rest
        .into_iter()
        .map(|(client, mut structs)| {
            structs.sort_by_key(|it| it.clock);
            Section { client, structs }
        })
        .collect();
    rest.sort_unstable_by_key(|section| std::cmp::Reverse(section.client));
    Ok(wire::merge(vec![Update {
        sections: rest,
        deletes: Vec::new(),
    }])
    .sections)
}

fn delete(
    store: &mut Store,
    change: &mut Change,
    waiting: &mut Waiting,
    mut ranges: Vec<Deleted>,
) -> Outcome<()> {
    wire::tidy_deletes(&mut ranges);
    for range in ranges {
        let from = store.delete_range(change, &range);
        change.check()?;
        let end = range.clock + range.len;
        if from < end {
            let rest = Deleted {
                clock: from,
                len: end - from,
                ..range
            };
            waiting.put_deletes(rest, change.trusted)?;
        }
    }
    Ok(())
}

pub fn apply(
    store: &mut Store,
    change: &mut Change,
    waiting: &mut Waiting,
    bytes: &[u8],
) -> Outcome<()> {
    let update = Checked::read(bytes)?;
    change.steps = 0;
    let sections = update.sections.into_iter();
    let sections = sections.map(|structs| (structs.client, Queue::Read(structs)));
    let rest = integrate(store, change, waiting, sections.collect())?;
    waiting.put(rest, change.trusted)?;
    delete(store, change, waiting, update.deletes)
}

/// Takes in of what waits that for which nothing is missing any more.
pub fn catch_up(store: &mut Store, change: &mut Change, waiting: &mut Waiting) -> Outcome<()> {
    while waiting
        .missing
        .iter()
        .any(|(client, clock)| *clock < store.clock_of(*client))
    {
        let structs = std::mem::take(&mut waiting.structs);
        waiting.bytes = 0;
        waiting.missing.clear();
        let mut updates = Vec::with_capacity(structs.len());
        for bytes in &structs {
            updates.push(Update::read(bytes)?);
        }
        change.steps = 0;
        let sections = wire::merge(updates).sections.into_iter();
        let sections =
            sections.map(|section| (section.client, Queue::Held(section.structs.into_iter())));
        let rest = integrate(store, change, waiting, sections.collect())?;
        waiting.put(rest, change.trusted)?;
    }
    let grown: Vec<u64> = change
        .before
        .keys()
        .map(|number| store.clients[*number as usize].id)
        .collect();
    for client in grown {
        let Some(ranges) = waiting.deletes.remove(&client) else {
            continue;
        };
        waiting.ranges -= ranges.len();
        delete(store, change, waiting, ranges)?;
        if let Some(ranges) = waiting.deletes.get_mut(&client) {
            waiting.ranges -= ranges.len();
            wire::tidy_deletes(ranges);
            waiting.ranges += ranges.len();
        }
    }
    Ok(())
}

/// Tidies the store up and gives what the change did as an update; nothing when it did nothing.
pub fn finish(store: &mut Store, mut change: Change) -> Vec<u8> {
    if change.before.is_empty() && change.deletes.is_empty() {
        store.tidy(&mut change);
        return Vec::new();
    }
    let deletes = tidy_ranges(&change);
    store.tidy(&mut change);
    let mut writer = Writer::default();
    let before = change.before.iter();
    store.write_structs(&mut writer, before.map(|(number, clock)| (*number, *clock)));
    let mut deletes: Vec<Deleted> = deletes
        .into_iter()
        .map(|(client, clock, len)| Deleted {
            client: store.clients[client as usize].id,
            clock,
            len,
        })
        .collect();
    wire::tidy_deletes(&mut deletes);
    writer.deletes(&deletes);
    writer.bytes
}

/// The deletes of a change, ascending, those that touch as one.
pub fn tidy_ranges(change: &Change) -> Vec<(u32, u32, u32)> {
    let mut ranges = change.deletes.clone();
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let joined = next.0 == last.0 && next.1 <= last.1 + last.2;
        if joined {
            last.2 = last.2.max(next.1 + next.2 - last.1);
        }
        joined
    });
    ranges
}

/// What one who has these clocks lacks.
pub fn difference(store: &Store, waiting: &Waiting, clocks: &[(u64, u32)]) -> Vec<u8> {
    let clocks: HashMap<u64, u32> = clocks.iter().copied().collect();
    let mut writer = Writer::default();
    let known = |client: &Client| clocks.get(&client.id).copied().unwrap_or(0);
    store.write_structs(&mut writer, (0..).zip(store.clients.iter().map(known)));
    writer.deletes(&store.all_deletes());
    if waiting.is_empty() {
        return writer.bytes;
    }
    let mut updates = vec![Update::read(&writer.bytes).expect("own bytes can be read")];
    updates.extend(waiting.updates());
    wire::write(&wire::merge(updates))
}
