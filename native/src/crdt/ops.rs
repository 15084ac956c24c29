//! Quill's ops: JSON to and from what `yrs` holds.
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Number as JsonNumber, Value};
use yrs::types::{Attrs, Delta};
use yrs::{Any, Number, Out};

use super::document::{Fail, Outcome};

/// How deep a value within an op may nest.
pub const MOST_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(String),
    Embed(Any),
}

impl Content {
    /// As Quill counts: UTF-16 units; an embed is one.
    pub fn len(&self) -> u32 {
        match self {
            Self::Text(text) => text.encode_utf16().count() as u32,
            Self::Embed(_) => 1,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Insert(Content, Attrs),
    Retain(u32, Attrs),
    Delete(u32),
}

fn fail<T>(place: usize, what: &str) -> Outcome<T> {
    Err(Fail::new(format!("op {place} of the delta {what}")))
}

pub fn parse(ops: &str) -> Outcome<Vec<Op>> {
    let value: Value = serde_json::from_str(ops)
        .map_err(|error| Fail::new(format!("the delta is not JSON: {error}")))?;
    let Value::Array(list) = value else {
        return Err(Fail::new("the delta must be a JSON array of ops"));
    };
    list.into_iter()
        .enumerate()
        .map(|(place, op)| parse_op(place, op))
        .collect()
}

fn parse_op(place: usize, op: Value) -> Outcome<Op> {
    let Value::Object(mut op) = op else {
        return fail(place, "must be an object");
    };
    let attributes = match op.remove("attributes") {
        None | Some(Value::Null) => Attrs::new(),
        Some(Value::Object(attributes)) => attrs_of(place, attributes)?,
        Some(_) => return fail(place, "has \"attributes\" that are not an object"),
    };
    let parsed = match (
        op.remove("insert"),
        op.remove("retain"),
        op.remove("delete"),
    ) {
        (Some(insert), None, None) => Op::Insert(content_of(place, insert)?, attributes),
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

fn content_of(place: usize, insert: Value) -> Outcome<Content> {
    match insert {
        Value::String(text) if text.is_empty() => fail(place, "inserts an empty text"),
        Value::String(text) => Ok(Content::Text(text)),
        embed @ Value::Object(_) => Ok(Content::Embed(any_of(place, embed, 0)?)),
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

fn attrs_of(place: usize, attributes: Map<String, Value>) -> Outcome<Attrs> {
    attributes
        .into_iter()
        .map(|(key, value)| Ok((Arc::from(key), any_of(place, value, 1)?)))
        .collect()
}

fn any_of(place: usize, value: Value, depth: usize) -> Outcome<Any> {
    if depth > MOST_DEPTH {
        return fail(place, &format!("nests deeper than {MOST_DEPTH} levels"));
    }
    Ok(match value {
        Value::Null => Any::Null,
        Value::Bool(value) => Any::Bool(value),
        Value::Number(number) => Any::Number(match number.as_i64() {
            Some(value) => Number::Int(value),
            None => Number::try_i64(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Any::String(Arc::from(text)),
        Value::Array(list) => Any::Array(
            list.into_iter()
                .map(|value| any_of(place, value, depth + 1))
                .collect::<Outcome<Vec<_>>>()?
                .into(),
        ),
        Value::Object(map) => Any::Map(Arc::new(
            map.into_iter()
                .map(|(key, value)| Ok((key, any_of(place, value, depth + 1)?)))
                .collect::<Outcome<HashMap<_, _>>>()?,
        )),
    })
}

fn json_number(number: &Number) -> Value {
    match number {
        Number::Int(value) => Value::from(*value),
        Number::Float(value) => match Number::try_i64(*value) {
            Number::Int(value) => Value::from(value),
            Number::Float(value) => JsonNumber::from_f64(value).map_or(Value::Null, Value::Number),
        },
    }
}

fn json_of(any: &Any) -> Value {
    match any {
        Any::Null | Any::Undefined | Any::Buffer(_) => Value::Null,
        Any::Bool(value) => Value::Bool(*value),
        Any::Number(number) => json_number(number),
        Any::String(text) => Value::String(text.to_string()),
        Any::Array(list) => Value::Array(list.iter().map(json_of).collect()),
        Any::Map(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), json_of(value)))
                .collect(),
        ),
    }
}

fn json_of_attrs(attrs: &Attrs) -> Value {
    Value::Object(
        attrs
            .iter()
            .map(|(key, value)| (key.to_string(), json_of(value)))
            .collect(),
    )
}

/// A shared type within the text, which ops cannot tell.
fn unknown() -> Any {
    Any::Map(Arc::new(HashMap::from([(
        "unknown".to_string(),
        Any::Bool(true),
    )])))
}

pub fn content_of_out(out: &Out) -> Content {
    match out {
        Out::Any(Any::String(text)) => Content::Text(text.to_string()),
        Out::Any(any) => Content::Embed(any.clone()),
        _ => Content::Embed(unknown()),
    }
}

/// Adds an op; one that goes on as the last one did becomes a part of it.
pub fn push(ops: &mut Vec<Op>, op: Op) {
    match (ops.last_mut(), &op) {
        (
            Some(Op::Insert(Content::Text(text), attrs)),
            Op::Insert(Content::Text(more), more_attrs),
        ) if attrs == more_attrs => text.push_str(more),
        (Some(Op::Retain(length, attrs)), Op::Retain(more, more_attrs)) if attrs == more_attrs => {
            *length += more;
        }
        (Some(Op::Delete(length)), Op::Delete(more)) => *length += more,
        _ => ops.push(op),
    }
}

pub fn ops_of_event(delta: &[Delta]) -> Vec<Op> {
    let mut ops = Vec::with_capacity(delta.len());
    for change in delta {
        let attrs = |attrs: &Option<Box<Attrs>>| attrs.as_deref().cloned().unwrap_or_default();
        push(
            &mut ops,
            match change {
                Delta::Inserted(out, with) => Op::Insert(content_of_out(out), attrs(with)),
                Delta::Deleted(length) => Op::Delete(*length),
                Delta::Retain(length, with) => Op::Retain(*length, attrs(with)),
            },
        );
    }
    ops
}

pub fn to_json(ops: &[Op]) -> String {
    let list = ops.iter().map(|op| {
        let mut object = Map::new();
        let attrs = match op {
            Op::Insert(content, attrs) => {
                let insert = match content {
                    Content::Text(text) => Value::String(text.clone()),
                    Content::Embed(any) => json_of(any),
                };
                object.insert("insert".to_string(), insert);
                Some(attrs)
            }
            Op::Retain(length, attrs) => {
                object.insert("retain".to_string(), Value::from(*length));
                Some(attrs)
            }
            Op::Delete(length) => {
                object.insert("delete".to_string(), Value::from(*length));
                None
            }
        };
        if let Some(attrs) = attrs.filter(|attrs| !attrs.is_empty()) {
            object.insert("attributes".to_string(), json_of_attrs(attrs));
        }
        Value::Object(object)
    });
    Value::Array(list.collect()).to_string()
}
