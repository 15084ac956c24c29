//! The least ops that lead from one content to another, so that what others edit elsewhere stays:
//! by lines first, then by characters within the lines that differ. The time is bounded: what differs
//! too much is replaced.
use std::collections::HashMap;

use super::Outcome;
use super::ops::{self, Attributes, Budget, Insert, Op};

/// Insertions and deletions that are looked for between two contents, and within differing lines.
const MOST_EDITS: usize = 1000;
/// Comparisons that one call may take.
const MOST_STEPS: usize = 50_000_000;
const EMBED: u32 = 0x11_0000;

/// Characters and embeds as numbers, and where each run of the same formats ends.
#[derive(Default)]
struct Sequence<'a> {
    tokens: Vec<u32>,
    runs: Vec<(usize, &'a Attributes)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Edit {
    Keep(usize),
    Drop(usize),
    Add(usize),
}

fn put(script: &mut Vec<Edit>, edit: Edit) {
    match (script.last_mut(), edit) {
        (_, Edit::Keep(0) | Edit::Drop(0) | Edit::Add(0)) => {}
        (Some(Edit::Keep(count)), Edit::Keep(more))
        | (Some(Edit::Drop(count)), Edit::Drop(more))
        | (Some(Edit::Add(count)), Edit::Add(more)) => *count += more,
        _ => script.push(edit),
    }
}

fn sequence<'a>(content: &'a [Op], embeds: &mut HashMap<String, u32>) -> Sequence<'a> {
    let mut it = Sequence::default();
    for op in content {
        let Op::Insert(insert, attributes) = op else {
            continue;
        };
        match insert {
            Insert::Text(text) => it.tokens.extend(text.chars().map(u32::from)),
            Insert::Embed(embed) => {
                let next = EMBED + embeds.len() as u32;
                it.tokens
                    .push(*embeds.entry(embed.to_string()).or_insert(next));
            }
        }
        it.runs.push((it.tokens.len(), attributes));
    }
    it
}

fn width(token: u32) -> u32 {
    if (0x1_0000..EMBED).contains(&token) {
        2
    } else {
        1
    }
}

/// Myers's least edits from `old` to `new`; none when there are too many.
fn least(old: &[u32], new: &[u32], steps: &mut usize) -> Option<Vec<Edit>> {
    let (n, m) = (old.len(), new.len());
    let most = MOST_EDITS.min(n + m);
    // Of each number of edits, how far `old` is used up on each diagonal from -edits to edits.
    let mut trace: Vec<Vec<u32>> = Vec::new();
    let mut reach: Vec<u32> = vec![0];
    for edits in 0..=most {
        let mut next = vec![0; 2 * edits + 1];
        for place in (0..=2 * edits).step_by(2) {
            let diagonal = place as isize - edits as isize;
            let mut x = if edits == 0 {
                0
            } else {
                // In the step before, this diagonal had the place less one.
                let down = reach.get(place).copied();
                let right = place.checked_sub(2).map(|place| reach[place] + 1);
                down.max(right).unwrap_or(0)
            } as usize;
            let mut y = (x as isize - diagonal) as usize;
            while x < n && y < m && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
                *steps += 1;
            }
            *steps += 1;
            next[place] = x as u32;
            if x >= n && y >= m {
                trace.push(next);
                return Some(script_of(&trace, n, m));
            }
            if *steps > MOST_STEPS {
                return None;
            }
        }
        trace.push(next.clone());
        reach = next;
    }
    None
}

fn script_of(trace: &[Vec<u32>], n: usize, m: usize) -> Vec<Edit> {
    let (mut x, mut y) = (n, m);
    let mut backwards = Vec::new();
    for edits in (1..trace.len()).rev() {
        let place = (x as isize - y as isize + edits as isize) as usize;
        let reach = &trace[edits - 1];
        let down = reach.get(place).copied();
        let right = place.checked_sub(2).map(|place| reach[place] + 1);
        let begin = down.max(right).unwrap_or(0) as usize;
        backwards.push(Edit::Keep(x - begin));
        y -= x - begin;
        x = begin;
        if down >= right {
            backwards.push(Edit::Add(1));
            y -= 1;
        } else {
            backwards.push(Edit::Drop(1));
            x -= 1;
        }
    }
    backwards.push(Edit::Keep(x));
    let mut script = Vec::new();
    for edit in backwards.into_iter().rev() {
        put(&mut script, edit);
    }
    script
}

/// As `least`, quick for what is alike at the ends, and replacing what is too different.
fn edits(old: &[u32], new: &[u32], steps: &mut usize) -> Vec<Edit> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut script = Vec::new();
    put(&mut script, Edit::Keep(head));
    let middle = match old.is_empty() || new.is_empty() {
        true => None,
        false => least(old, new, steps),
    };
    for edit in middle.unwrap_or_else(|| vec![Edit::Drop(old.len()), Edit::Add(new.len())]) {
        put(&mut script, edit);
    }
    put(&mut script, Edit::Keep(tail));
    script
}

/// Numbers of the lines, which an embed ends, too; and where each begins.
fn lines<'a>(tokens: &'a [u32], numbers: &mut HashMap<&'a [u32], u32>) -> (Vec<u32>, Vec<usize>) {
    let (mut lines, mut begins) = (Vec::new(), vec![0]);
    for line in tokens.split_inclusive(|token| *token == u32::from('\n') || *token >= EMBED) {
        let next = numbers.len() as u32;
        lines.push(*numbers.entry(line).or_insert(next));
        begins.push(begins[begins.len() - 1] + line.len());
    }
    (lines, begins)
}

fn script(old: &[u32], new: &[u32]) -> Vec<Edit> {
    let (mut numbers, mut steps) = (HashMap::new(), 0);
    let (old_lines, old_begins) = lines(old, &mut numbers);
    let (new_lines, new_begins) = lines(new, &mut numbers);
    let mut script = Vec::new();
    // Lines that differ: from where to where, in both.
    let (mut x, mut y, mut x_to, mut y_to) = (0, 0, 0, 0);
    let by_lines = edits(&old_lines, &new_lines, &mut steps);
    for edit in by_lines.into_iter().chain([Edit::Keep(0)]) {
        match edit {
            Edit::Drop(count) => x_to += count,
            Edit::Add(count) => y_to += count,
            Edit::Keep(count) => {
                let (old, new) = (
                    &old[old_begins[x]..old_begins[x_to]],
                    &new[new_begins[y]..new_begins[y_to]],
                );
                for edit in edits(old, new, &mut steps) {
                    put(&mut script, edit);
                }
                put(
                    &mut script,
                    Edit::Keep(old_begins[x_to + count] - old_begins[x_to]),
                );
                (x, y) = (x_to + count, y_to + count);
                (x_to, y_to) = (x, y);
            }
        }
    }
    script
}

fn attributes_at<'a>(it: &Sequence<'a>, place: usize) -> (usize, &'a Attributes) {
    it.runs[it.runs.partition_point(|(end, _)| *end <= place)]
}

/// Contents are inserts.
pub fn between(old: &[Op], new: &[Op]) -> Outcome<Vec<Op>> {
    let mut embeds = HashMap::new();
    let (old, new_ops) = (sequence(old, &mut embeds), new);
    let new = sequence(new_ops, &mut embeds);
    let values: HashMap<u32, &Insert> = new_ops
        .iter()
        .filter_map(|op| match op {
            Op::Insert(insert @ Insert::Embed(embed), _) => {
                Some((embeds[&embed.to_string()], insert))
            }
            _ => None,
        })
        .collect();
    let (mut change, mut budget) = (Vec::new(), Budget::default());
    let mut add = |op| ops::push(&mut change, op, &mut budget);
    let (mut x, mut y) = (0, 0);
    for edit in script(&old.tokens, &new.tokens) {
        match edit {
            Edit::Drop(count) => {
                let length = old.tokens[x..x + count]
                    .iter()
                    .map(|token| width(*token))
                    .sum();
                add(Op::Delete(length))?;
                x += count;
            }
            Edit::Add(count) => {
                let end = y + count;
                while y < end {
                    let (run, attributes) = attributes_at(&new, y);
                    for token in &new.tokens[y..run.min(end)] {
                        let insert = match values.get(token) {
                            Some(embed) => (*embed).clone(),
                            None => {
                                Insert::Text(char::from_u32(*token).unwrap_or_default().to_string())
                            }
                        };
                        add(Op::Insert(insert, attributes.clone()))?;
                    }
                    y = run.min(end);
                }
            }
            Edit::Keep(count) => {
                let end = x + count;
                while x < end {
                    let ((old_run, was), (new_run, is)) =
                        (attributes_at(&old, x), attributes_at(&new, y));
                    let count = (old_run.min(end) - x).min(new_run - y);
                    let length = old.tokens[x..x + count]
                        .iter()
                        .map(|token| width(*token))
                        .sum();
                    add(Op::Retain(length, ops::between(was, is)))?;
                    (x, y) = (x + count, y + count);
                }
            }
        }
    }
    while matches!(change.last(), Some(Op::Retain(_, attributes)) if attributes.is_empty()) {
        change.pop();
    }
    Ok(change)
}
