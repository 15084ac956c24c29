//! Quill's ops: JSON, and what comes out of it.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::wire::{MOST_DEPTH, check_json};
use super::{Fail, Outcome};

/// Formats by their keys.
pub type Attributes = BTreeMap<Arc<str>, Value>;

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
    let value: Value = serde_json::from_str(ops)
        .map_err(|error| Fail::new(format!("the delta is not JSON: {error}")))?;
    if check_json(ops).is_err() {
        return Err(Fail::new(format!(
            "the delta nests deeper than {MOST_DEPTH} levels"
        )));
    }
    let Value::Array(list) = value else {
        return Err(Fail::new("the delta must be a JSON array of ops"));
    };
    let ops = list.into_iter().enumerate();
    ops.map(|(place, op)| parse_op(place, op)).collect()
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
pub fn push(ops: &mut Vec<Op>, op: Op) {
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
        _ => ops.push(op),
    }
}

pub fn to_json(ops: &[Op]) -> String {
    let list = ops.iter().map(|op| {
        let mut object = Map::new();
        let attributes = match op {
            Op::Insert(insert, attributes) => {
                let insert = match insert {
                    Insert::Text(text) => Value::String(text.clone()),
                    Insert::Embed(embed) => embed.clone(),
                };
                object.insert("insert".to_string(), insert);
                Some(attributes)
            }
            Op::Retain(length, attributes) => {
                object.insert("retain".to_string(), Value::Number(Number::from(*length)));
                Some(attributes)
            }
            Op::Delete(length) => {
                object.insert("delete".to_string(), Value::Number(Number::from(*length)));
                None
            }
        };
        if let Some(attributes) = attributes.filter(|attributes| !attributes.is_empty()) {
            let attributes = attributes
                .iter()
                .map(|(key, value)| (key.to_string(), value.clone()))
                .collect();
            object.insert("attributes".to_string(), Value::Object(attributes));
        }
        Value::Object(object)
    });
    Value::Array(list.collect()).to_string()
}
