//! Thrift's compact protocol, as trees: what is not known here stays as it is.
use super::{Outcome, not_possible};

const MOST_NODES: usize = 2_000_000;
const MOST_DEPTH: usize = 32;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Byte(u8),
    I16(i16),
    I32(i32),
    I64(i64),
    Double([u8; 8]),
    Binary(Vec<u8>),
    /// With the type of its elements, which an empty one keeps.
    List(u8, Vec<Value>),
    Struct(Struct),
}

/// Fields in ascending order of their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Struct(pub Vec<(i16, Value)>);

impl Struct {
    pub fn get(&self, id: i16) -> Option<&Value> {
        self.0
            .iter()
            .find(|(at, _)| *at == id)
            .map(|(_, value)| value)
    }
    pub fn has(&self, id: i16) -> bool {
        self.get(id).is_some()
    }
    pub fn int(&self, id: i16) -> Option<i64> {
        match self.get(id)? {
            Value::Byte(v) => Some(i64::from(*v as i8)),
            Value::I16(v) => Some(i64::from(*v)),
            Value::I32(v) => Some(i64::from(*v)),
            Value::I64(v) => Some(*v),
            _ => None,
        }
    }
    pub fn bool(&self, id: i16) -> Option<bool> {
        match self.get(id)? {
            Value::Bool(v) => Some(*v),
            _ => None,
        }
    }
    pub fn binary(&self, id: i16) -> Option<&[u8]> {
        match self.get(id)? {
            Value::Binary(v) => Some(v),
            _ => None,
        }
    }
    pub fn list(&self, id: i16) -> Option<&[Value]> {
        match self.get(id)? {
            Value::List(_, v) => Some(v),
            _ => None,
        }
    }
    pub fn inner(&self, id: i16) -> Option<&Struct> {
        match self.get(id)? {
            Value::Struct(v) => Some(v),
            _ => None,
        }
    }
    pub fn set(&mut self, id: i16, value: Value) {
        match self.0.iter().position(|(at, _)| *at >= id) {
            Some(at) if self.0[at].0 == id => self.0[at].1 = value,
            Some(at) => self.0.insert(at, (id, value)),
            None => self.0.push((id, value)),
        }
    }
    pub fn remove(&mut self, ids: &[i16]) {
        self.0.retain(|(id, _)| !ids.contains(id));
    }
}

pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            nodes: 0,
        }
    }
    /// How far it has read.
    pub fn at(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Outcome<u8> {
        let Some(byte) = self.bytes.get(self.at) else {
            return not_possible("the metadata ends too early");
        };
        self.at += 1;
        Ok(*byte)
    }
    fn take(&mut self, count: usize) -> Outcome<&'a [u8]> {
        if count > self.bytes.len() - self.at {
            return not_possible("the metadata ends too early");
        }
        self.at += count;
        Ok(&self.bytes[self.at - count..self.at])
    }
    fn varint(&mut self) -> Outcome<u64> {
        let mut out = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            out |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(out);
            }
        }
        not_possible("a number of the metadata is too long")
    }
    fn zigzag(&mut self) -> Outcome<i64> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    pub fn read_struct(&mut self) -> Outcome<Struct> {
        self.struct_at(0)
    }

    fn struct_at(&mut self, depth: usize) -> Outcome<Struct> {
        let mut out = Struct::default();
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(out);
            }
            let by = i16::from(head >> 4);
            let next = match by {
                0 => self.zigzag()?,
                by => i64::from(id) + i64::from(by),
            };
            match i16::try_from(next) {
                Ok(next) if next > id => id = next,
                _ => return not_possible("the metadata has fields out of order"),
            }
            let value = match head & 0x0f {
                TRUE => Value::Bool(true),
                FALSE => Value::Bool(false),
                kind => self.value(kind, depth + 1)?,
            };
            out.0.push((id, value));
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Outcome<Value> {
        self.nodes += 1;
        if depth > MOST_DEPTH || self.nodes > MOST_NODES {
            return not_possible("the metadata is too large");
        }
        Ok(match kind {
            TRUE | FALSE => Value::Bool(self.byte()? == TRUE),
            BYTE => Value::Byte(self.byte()?),
            I16 => Value::I16(self.zigzag()? as i16),
            I32 => Value::I32(self.zigzag()? as i32),
            I64 => Value::I64(self.zigzag()?),
            DOUBLE => {
                let mut out = [0; 8];
                out.copy_from_slice(self.take(8)?);
                Value::Double(out)
            }
            BINARY => {
                let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                Value::Binary(self.take(length)?.to_vec())
            }
            LIST => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.varint()?,
                    few => u64::from(few),
                };
                let mut out = Vec::new();
                for _ in 0..count {
                    out.push(self.value(head & 0x0f, depth + 1)?);
                }
                Value::List(head & 0x0f, out)
            }
            STRUCT => Value::Struct(self.struct_at(depth)?),
            _ => return not_possible("the metadata has a value of an unknown type"),
        })
    }
}

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

fn kind_of(value: &Value) -> u8 {
    match value {
        Value::Bool(true) => TRUE,
        Value::Bool(false) => FALSE,
        Value::Byte(_) => BYTE,
        Value::I16(_) => I16,
        Value::I32(_) => I32,
        Value::I64(_) => I64,
        Value::Double(_) => DOUBLE,
        Value::Binary(_) => BINARY,
        Value::List(..) => LIST,
        Value::Struct(_) => STRUCT,
    }
}

pub fn write_struct(out: &mut Vec<u8>, fields: &Struct) {
    let mut last = 0i16;
    for (id, value) in &fields.0 {
        match id.wrapping_sub(last) {
            by @ 1..=15 => out.push((by as u8) << 4 | kind_of(value)),
            _ => {
                out.push(kind_of(value));
                put_zigzag(out, i64::from(*id));
            }
        }
        last = *id;
        if !matches!(value, Value::Bool(_)) {
            write_value(out, value);
        }
    }
    out.push(0);
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(v) => out.push(if *v { TRUE } else { FALSE }),
        Value::Byte(v) => out.push(*v),
        Value::I16(v) => put_zigzag(out, i64::from(*v)),
        Value::I32(v) => put_zigzag(out, i64::from(*v)),
        Value::I64(v) => put_zigzag(out, *v),
        Value::Double(v) => out.extend_from_slice(v),
        Value::Binary(v) => {
            put_varint(out, v.len() as u64);
            out.extend_from_slice(v);
        }
        Value::List(kind, values) => {
            if values.len() < 15 {
                out.push((values.len() as u8) << 4 | kind);
            } else {
                out.push(0xf0 | kind);
                put_varint(out, values.len() as u64);
            }
            for value in values {
                write_value(out, value);
            }
        }
        Value::Struct(fields) => write_struct(out, fields),
    }
}

pub const LIST_OF_BINARIES: u8 = BINARY;
pub const LIST_OF_I32: u8 = I32;
pub const LIST_OF_STRUCTS: u8 = STRUCT;
