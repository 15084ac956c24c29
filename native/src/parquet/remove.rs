//! A whole file: its chunks are made by several threads, and written in their order.
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::chunk::{self, told};
use super::facts::Facts;
use super::filter::Worker;
use super::footer::{self, Footer, MAGIC, Source, column};
use super::stats::Bounds;
use super::thrift::{Struct, Value};
use super::{Fail, Outcome, not_possible};

/// Chunks that are made ahead of the one that is written next, for each thread.
const AHEAD: usize = 2;
/// Bytes of chunks that are held at once, unless a single one has more.
const MOST_HELD: u64 = 128 << 20;
const COPIED_AT_ONCE: u64 = 1 << 20;
const MOST_BLOOM: u64 = 64 << 20;

pub struct Written {
    pub rows: u64,
    pub size: u64,
    pub facts: Vec<Facts>,
}

/// One chunk of the new file.
struct Task<'a> {
    group: usize,
    leaf: usize,
    /// Rows of the row group that are gone.
    gone: &'a [u64],
}

struct Piece {
    /// None: as they are.
    bytes: Option<Vec<u8>>,
    tree: Struct,
    bounds: Bounds,
}

struct Progress<'a> {
    /// The next task to begin, and the next to write.
    begun: usize,
    written: usize,
    ready: BTreeMap<usize, Piece>,
    /// Bytes of the chunks that are begun and not written.
    held: u64,
    failed: Option<Fail>,
    out: &'a mut (dyn Write + Send),
    size: u64,
    trees: Vec<Struct>,
    bounds: Vec<Bounds>,
    /// Buffers of pieces that are written.
    spare: Vec<Vec<u8>>,
}

/// A thread's.
struct Room {
    worker: Worker,
    data: Vec<u8>,
    out: Vec<u8>,
}

struct Job<'a> {
    source: &'a dyn Source,
    footer: &'a Footer,
    tasks: Vec<Task<'a>>,
    stop: &'a AtomicBool,
    threads: usize,
    progress: Mutex<Progress<'a>>,
    moved: Condvar,
}

fn lock<'a, 'b>(job: &'a Job<'b>) -> MutexGuard<'a, Progress<'b>> {
    job.progress.lock().unwrap_or_else(PoisonError::into_inner)
}

fn append(progress: &mut Progress, bytes: &[u8]) -> Outcome<()> {
    progress.out.write_all(bytes).map_err(Fail::Io)?;
    progress.size += bytes.len() as u64;
    Ok(())
}

fn copy(source: &dyn Source, start: u64, count: u64, progress: &mut Progress) -> Outcome<()> {
    let (mut at, mut buffer) = (start, Vec::new());
    while at < start + count {
        let now = COPIED_AT_ONCE.min(start + count - at);
        append(progress, source.bytes(at, now, &mut buffer)?)?;
        at += now;
    }
    Ok(())
}

/// Counts the places of a chunk's pages from the file's start.
fn shift(tree: &mut Struct, by: i64) {
    let Some(mut meta) = tree.inner(footer::chunk::META).cloned() else {
        return;
    };
    for id in [column::DATA, column::DICTIONARY] {
        if let Some(at) = meta.int(id) {
            meta.set(id, Value::I64(at + by));
        }
    }
    tree.set(footer::chunk::META, Value::Struct(meta));
    tree.set(footer::chunk::OFFSET, Value::I64(0));
}

impl<'a> Job<'a> {
    fn check(&self) -> Outcome<()> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Fail::Stopped),
            false => Ok(()),
        }
    }

    fn make(&self, room: &mut Room, task: &Task) -> Outcome<Piece> {
        let footer = self.footer;
        let group = &footer.groups[task.group];
        let (chunk, leaf) = (&group.chunks[task.leaf], &footer.leaves[task.leaf]);
        let check = || self.check();
        let worker = &mut room.worker;
        if !task.gone.is_empty() {
            let data = self
                .source
                .bytes(chunk.start, chunk.bytes, &mut room.data)?;
            let rows = (group.rows, task.gone);
            let made = (data, footer.ordered);
            let fresh = chunk::rewrite(worker, chunk, leaf, rows, made, &mut room.out, &check)?;
            return Ok(Piece {
                bytes: Some(std::mem::take(&mut room.out)),
                tree: fresh.tree,
                bounds: fresh.bounds,
            });
        }
        let bounds = match told(chunk, leaf, footer.ordered) {
            Some(bounds) => bounds,
            None => {
                let data = self
                    .source
                    .bytes(chunk.start, chunk.bytes, &mut room.data)?;
                let rows = (group.rows, [].as_slice());
                chunk::run(worker, chunk, leaf, rows, data, &mut room.out, &check)?.0
            }
        };
        let mut tree = chunk.tree.clone();
        tree.remove(&footer::chunk::INDEXES);
        let mut meta = chunk.meta().clone();
        meta.remove(&[column::INDEX]);
        if footer::first_byte(&meta) != chunk.start as i64 {
            meta.remove(&[column::DICTIONARY]);
        }
        tree.set(footer::chunk::META, Value::Struct(meta));
        shift(&mut tree, -(chunk.start as i64));
        Ok(Piece {
            bytes: None,
            tree,
            bounds,
        })
    }

    /// Writes what is ready and next.
    fn write(&self, progress: &mut Progress) -> Outcome<()> {
        while let Some(mut piece) = progress.ready.remove(&progress.written) {
            let task = &self.tasks[progress.written];
            shift(&mut piece.tree, progress.size as i64);
            let chunk = &self.footer.groups[task.group].chunks[task.leaf];
            match piece.bytes {
                Some(bytes) => {
                    append(progress, &bytes)?;
                    progress.spare.push(bytes);
                }
                None => copy(self.source, chunk.start, chunk.bytes, progress)?,
            }
            progress.trees.push(piece.tree);
            progress.bounds[task.leaf].merge(piece.bounds);
            progress.written += 1;
            progress.held -= chunk.bytes;
        }
        Ok(())
    }

    fn take(&self, room: &mut Room) -> Option<usize> {
        let mut progress = lock(self);
        loop {
            if progress.failed.is_some() || progress.begun == self.tasks.len() {
                return None;
            }
            let task = &self.tasks[progress.begun];
            let bytes = self.footer.groups[task.group].chunks[task.leaf].bytes;
            let fits = progress.held == 0 || progress.held + bytes <= MOST_HELD;
            if fits && progress.begun < progress.written + self.threads * AHEAD {
                progress.begun += 1;
                progress.held += bytes;
                if room.out.capacity() == 0 {
                    room.out = progress.spare.pop().unwrap_or_default();
                }
                return Some(progress.begun - 1);
            }
            progress = self
                .moved
                .wait(progress)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        let mut room = Room {
            worker: Worker::new(),
            data: Vec::new(),
            out: Vec::new(),
        };
        while let Some(number) = self.take(&mut room) {
            let task = &self.tasks[number];
            let made = crate::runtime::guard(|| self.make(&mut room, task));
            let mut progress = lock(self);
            let done = made.and_then(|piece| {
                progress.ready.insert(number, piece);
                self.write(&mut progress)
            });
            if let Err(fail) = done {
                progress.failed.get_or_insert(fail);
            }
            self.moved.notify_all();
        }
    }
}

/// A row group that stays.
struct Left {
    number: usize,
    rows: u64,
    /// The rows that are gone, counted from its own first.
    gone: Vec<u64>,
}

fn groups_left(footer: &Footer, gone: &[u64]) -> Vec<Left> {
    let (mut out, mut first, mut rest) = (Vec::new(), 0, gone);
    for (number, group) in footer.groups.iter().enumerate() {
        let (here, later) = rest.split_at(rest.partition_point(|row| *row < first + group.rows));
        let rows = group.rows - here.len() as u64;
        if rows > 0 {
            let gone = here.iter().map(|row| row - first).collect();
            out.push(Left { number, rows, gone });
        }
        (first, rest) = (first + group.rows, later);
    }
    out
}

fn tasks<'a>(footer: &Footer, groups: &'a [Left]) -> Vec<Task<'a>> {
    let of_group = |group: &'a Left| {
        (0..footer.leaves.len()).map(|leaf| Task {
            group: group.number,
            leaf,
            gone: &group.gone,
        })
    };
    groups.iter().flat_map(of_group).collect()
}

/// Filters of values stay true of fewer rows.
fn copy_blooms(source: &dyn Source, trees: &mut [Struct], progress: &mut Progress) -> Outcome<()> {
    let mut left = MOST_BLOOM.min(source.size());
    for tree in trees {
        let Some(mut meta) = tree.inner(footer::chunk::META).cloned() else {
            continue;
        };
        let unsigned = |id| meta.int(id).and_then(|value| u64::try_from(value).ok());
        let place = unsigned(column::BLOOM).zip(unsigned(column::BLOOM_BYTES));
        match place {
            Some((start, count)) if count <= left && start <= source.size() - count => {
                left -= count;
                meta.set(column::BLOOM, Value::I64(progress.size as i64));
                copy(source, start, count, progress)?;
            }
            _ => meta.remove(&[column::BLOOM, column::BLOOM_BYTES]),
        }
        tree.set(footer::chunk::META, Value::Struct(meta));
    }
    Ok(())
}

/// Writes the file without the rows, which are sorted and differ.
pub fn remove(
    source: &dyn Source,
    gone: &[u64],
    out: &mut (dyn Write + Send),
    threads: usize,
    stop: &AtomicBool,
) -> Outcome<Written> {
    let footer = footer::read(source)?;
    if gone.last().is_some_and(|row| *row >= footer.rows) {
        return not_possible("the file has fewer rows than were found in it");
    }
    let groups = groups_left(&footer, gone);
    let tasks = tasks(&footer, &groups);
    let threads = threads.clamp(1, tasks.len().max(1));
    let mut job = Job {
        source,
        footer: &footer,
        tasks,
        stop,
        threads,
        progress: Mutex::new(Progress {
            begun: 0,
            written: 0,
            ready: BTreeMap::new(),
            held: 0,
            failed: None,
            out,
            size: 0,
            trees: Vec::new(),
            spare: Vec::new(),
            bounds: vec![Bounds::default(); footer.leaves.len()],
        }),
        moved: Condvar::new(),
    };
    append(&mut lock(&job), MAGIC)?;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| job.work())).collect();
        job.work();
        drop(others);
    });
    let mut progress = job
        .progress
        .get_mut()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(fail) = progress.failed.take() {
        return Err(fail);
    }
    finish(source, &footer, &groups, &mut progress)
}

fn finish(
    source: &dyn Source,
    footer: &Footer,
    groups: &[Left],
    progress: &mut Progress,
) -> Outcome<Written> {
    let mut trees = std::mem::take(&mut progress.trees);
    copy_blooms(source, &mut trees, progress)?;
    let mut trees = trees.into_iter();
    let mut fresh = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let chunks = trees.by_ref().take(footer.leaves.len()).collect();
        let old = &footer.groups[group.number].tree;
        fresh.push(footer::group_tree(old, number, group.rows, chunks));
    }
    let rows = groups.iter().map(|group| group.rows).sum();
    append(progress, &footer::finish(&footer.tree, rows, fresh)?)?;
    progress.out.flush().map_err(Fail::Io)?;
    let bounds = std::mem::take(&mut progress.bounds);
    Ok(Written {
        rows,
        size: progress.size,
        facts: footer
            .leaves
            .iter()
            .zip(bounds)
            .map(|(leaf, bounds)| Facts::of(leaf, bounds))
            .collect(),
    })
}
