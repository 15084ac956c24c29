//! Quill's ops: JSON, and what comes out of it.
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::wire::{MOST_DEPTH, check_json};
use super::{Fail, Outcome};
use crate::elements::{self, Stop};

/// What the formats of all ops of one delta may weigh, about in bytes.
const MOST_FORMATS: usize = 64 << 20;

/// Formats by their keys, in order: there are few, and many ops have some.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(Vec<(Arc<str>, Value)>);

impl Attributes {
    pub fn new() -> Self {
        Self::default()
    }
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(it, _)| (**it).cmp(key))
    }
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.place(key).ok().map(|place| &self.0[place].1)
    }
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_ok()
    }
    pub fn insert(&mut self, key: Arc<str>, value: Value) {
        match self.place(&key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }
    pub fn remove(&mut self, key: &str) {
        if let Ok(place) = self.place(key) {
            self.0.remove(place);
        }
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().map(|(key, _)| key)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }
    fn weight(&self) -> usize {
        let one = |(key, value): &(Arc<str>, Value)| 48 + key.len() + weight(value);
        self.0.iter().map(one).sum()
    }
}

impl FromIterator<(Arc<str>, Value)> for Attributes {
    fn from_iter<T: IntoIterator<Item = (Arc<str>, Value)>>(from: T) -> Self {
        let mut list: Vec<_> = from.into_iter().collect();
        list.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(list)
    }
}

impl IntoIterator for Attributes {
    type Item = (Arc<str>, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (&**key, value)))
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(|it| 32 + weight(it)).sum(),
        Value::Object(map) => map
            .iter()
            .map(|(key, it)| 64 + key.len() + weight(it))
            .sum(),
        _ => 0,
    }
}

/// Keeps a delta from growing much larger than the document that it is made from: each op tells all
/// formats of its text.
#[derive(Default)]
pub struct Budget(usize);

impl Budget {
    pub fn take(&mut self, attributes: &Attributes) -> Outcome<()> {
        self.0 += attributes.weight();
        match self.0 > MOST_FORMATS {
            true => Err(Fail::new(
                "the document has too many formats to be told as a delta",
            )),
            false => Ok(()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Insert {
    Text(String),
    Embed(Value),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Insert(Insert, Attributes),
    Retain(u32, Attributes),
    Delete(u32),
}

fn fail<T>(place: usize, what: &str) -> Outcome<T> {
    Err(Fail::new(format!("op {place} of the delta {what}")))
}

/// Numbers as JavaScript has them: 1.0 is 1.
pub fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                Value::from(float as i64)
            }
            _ => Value::Number(number),
        },
        Value::Array(list) => Value::Array(list.into_iter().map(plain).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, plain(value)))
                .collect(),
        ),
        other => other,
    }
}

pub fn parse(ops: &str) -> Outcome<Vec<Op>> {
    let mut all = Vec::new();
    let read = elements::each(ops, None, |place, op| {
        all.push(parse_op(place, op)?);
        Ok(())
    });
    match read {
        Ok(()) => {}
        Err(Stop::NoJson(error)) => {
            return Err(Fail::new(format!("the delta is not JSON: {error}")));
        }
        Err(Stop::NoList) => return Err(Fail::new("the delta must be a JSON array of ops")),
        Err(Stop::Refused(error)) => return Err(error),
    }
    if check_json(ops).is_err() {
        return Err(Fail::new(format!(
            "the delta nests deeper than {MOST_DEPTH} levels"
        )));
    }
    Ok(all)
}

fn parse_op(place: usize, op: Value) -> Outcome<Op> {
    let Value::Object(mut op) = op else {
        return fail(place, "must be an object");
    };
    let attributes = match op.remove("attributes") {
        None | Some(Value::Null) => Attributes::new(),
        Some(Value::Object(attributes)) => attributes
            .into_iter()
            .map(|(key, value)| (Arc::from(key), plain(value)))
            .collect(),
        Some(_) => return fail(place, "has \"attributes\" that are not an object"),
    };
    let parsed = match (
        op.remove("insert"),
        op.remove("retain"),
        op.remove("delete"),
    ) {
        (Some(insert), None, None) => Op::Insert(insert_of(place, insert)?, attributes),
        (None, Some(retain), None) => Op::Retain(length_of(place, "retain", &retain)?, attributes),
        (None, None, Some(delete)) => Op::Delete(length_of(place, "delete", &delete)?),
        _ => {
            return fail(
                place,
                "must have one of \"insert\", \"retain\" and \"delete\"",
            );
        }
    };
    match op.keys().next() {
        Some(key) => fail(place, &format!("has {key:?}, which no op has")),
        None => Ok(parsed),
    }
}

fn insert_of(place: usize, insert: Value) -> Outcome<Insert> {
    match insert {
        Value::String(text) if text.is_empty() => fail(place, "inserts an empty text"),
        Value::String(text) => Ok(Insert::Text(text)),
        embed @ Value::Object(_) => Ok(Insert::Embed(plain(embed))),
        _ => fail(place, "must insert a text or an object"),
    }
}

fn length_of(place: usize, what: &str, value: &Value) -> Outcome<u32> {
    match value.as_u64().map(u32::try_from) {
        Some(Ok(length)) if length > 0 => Ok(length),
        _ => fail(
            place,
            &format!("must have a \"{what}\" that is a whole number from 1"),
        ),
    }
}

/// What makes `old` to `new`: null for what goes.
pub fn between(old: &Attributes, new: &Attributes) -> Attributes {
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    let changed = new
        .iter()
        .filter(|(key, value)| old.get(*key) != Some(value));
    gone.map(|key| (key.clone(), Value::Null))
        .chain(changed.map(|(key, value)| (key.clone(), value.clone())))
        .collect()
}

/// Adds an op; one that goes on as the last one did becomes a part of it.
pub fn push(ops: &mut Vec<Op>, op: Op, budget: &mut Budget) -> Outcome<()> {
    match (ops.last_mut(), &op) {
        (
            Some(Op::Insert(Insert::Text(text), attributes)),
            Op::Insert(Insert::Text(more), with),
        ) if attributes == with => {
            text.push_str(more);
        }
        (Some(Op::Retain(length, attributes)), Op::Retain(more, with)) if attributes == with => {
            *length += more;
        }
        (Some(Op::Delete(length)), Op::Delete(more)) => *length += more,
        _ => {
            if let Op::Insert(_, attributes) | Op::Retain(_, attributes) = &op {
                budget.take(attributes)?;
            }
            ops.push(op);
        }
    }
    Ok(())
}

impl Serialize for Insert {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Insert::Text(text) => to.serialize_str(text),
            Insert::Embed(embed) => embed.serialize(to),
        }
    }
}

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Op::Insert(_, attributes) | Op::Retain(_, attributes) = self
            && !attributes.is_empty()
        {
            map.serialize_entry("attributes", attributes)?;
        }
        match self {
            Op::Insert(insert, _) => map.serialize_entry("insert", insert)?,
            Op::Retain(length, _) => map.serialize_entry("retain", length)?,
            Op::Delete(length) => map.serialize_entry("delete", length)?,
        }
        map.end()
    }
}

pub fn to_json(ops: &[Op]) -> String {
    serde_json::to_string(ops).unwrap_or_default()
}
