//! The least and the greatest of values, in the order that their type has.
use std::cmp::Ordering;

use super::schema::{Kind, Leaf, Physical};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Has none that all readers agree on.
    None,
    Boolean,
    Int32,
    UInt32,
    Int64,
    UInt64,
    /// Instants, told as microseconds.
    Int96,
    Float,
    Double,
    /// Of bytes, from the highest one.
    Decimal,
    Bytes,
}

impl Order {
    pub fn of(leaf: &Leaf) -> Self {
        match (leaf.physical, leaf.kind) {
            (Physical::Boolean, _) => Self::Boolean,
            (Physical::Int32, Kind::Unsigned) => Self::UInt32,
            (Physical::Int32, _) => Self::Int32,
            (Physical::Int64, Kind::Unsigned) => Self::UInt64,
            (Physical::Int64, _) => Self::Int64,
            (Physical::Int96, _) => Self::Int96,
            (Physical::Float, _) => Self::Float,
            (Physical::Double, _) => Self::Double,
            (Physical::Fixed(17..), Kind::Decimal(..)) => Self::None,
            (Physical::Fixed(_) | Physical::Bytes, Kind::Decimal(..)) => Self::Decimal,
            (Physical::Fixed(_) | Physical::Bytes, Kind::Text | Kind::OtherText | Kind::Binary) => {
                Self::Bytes
            }
            (Physical::Fixed(_) | Physical::Bytes, _) => Self::None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    Int(i128),
    Float(f64),
    Bytes(Vec<u8>),
}

impl Bound {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Bounds {
    pub min: Option<Bound>,
    pub max: Option<Bound>,
    pub nulls: u64,
    /// Of the values some are no number.
    pub nan: bool,
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out[..bytes.len().min(N)].copy_from_slice(&bytes[..bytes.len().min(N)]);
    out
}

const MICROS_A_DAY: i128 = 86_400_000_000;
const JULIAN_1970: i128 = 2_440_588;

fn of_int96(bytes: &[u8]) -> i128 {
    let nanos = i128::from(u64::from_le_bytes(array(bytes)));
    let day = i128::from(i32::from_le_bytes(array(&bytes[8..])));
    (day - JULIAN_1970) * MICROS_A_DAY + nanos / 1000
}

/// Of at most 16 bytes.
fn of_decimal(bytes: &[u8]) -> i128 {
    let sign = bytes.first().is_some_and(|b| *b >= 0x80);
    let start = if sign { -1 } else { 0 };
    bytes.iter().fold(start, |sum, b| sum << 8 | i128::from(*b))
}

impl Bounds {
    fn add(&mut self, low: Bound, high: Bound) {
        match &self.min {
            Some(min) if low.compare(min) != Ordering::Less => (),
            _ => self.min = Some(low),
        }
        match &self.max {
            Some(max) if high.compare(max) != Ordering::Greater => (),
            _ => self.max = Some(high),
        }
    }

    fn add_range<T: Copy + Ord>(&mut self, values: impl Iterator<Item = T>, of: fn(T) -> i128) {
        let mut range: Option<(T, T)> = None;
        for value in values {
            range = Some(match range {
                None => (value, value),
                Some((low, high)) => (low.min(value), high.max(value)),
            });
        }
        if let Some((low, high)) = range {
            self.add(Bound::Int(of(low)), Bound::Int(of(high)));
        }
    }

    fn add_floats(&mut self, values: impl Iterator<Item = f64>) {
        let (mut low, mut high, mut some) = (f64::INFINITY, f64::NEG_INFINITY, false);
        for value in values {
            if value.is_nan() {
                self.nan = true;
                continue;
            }
            some = true;
            low = low.min(value);
            high = high.max(value);
        }
        if some {
            self.add(Bound::Float(low), Bound::Float(high));
        }
    }

    /// Values of a fixed width, one after the other.
    pub fn add_plain(&mut self, order: Order, width: usize, bytes: &[u8]) {
        let (fours, eights) = (bytes.as_chunks::<4>().0, bytes.as_chunks::<8>().0);
        let (fours, eights) = (fours.iter().copied(), eights.iter().copied());
        let values = bytes.chunks_exact(width);
        match order {
            Order::Int32 => self.add_range(fours.map(i32::from_le_bytes), i128::from),
            Order::UInt32 => self.add_range(fours.map(u32::from_le_bytes), i128::from),
            Order::Int64 => self.add_range(eights.map(i64::from_le_bytes), i128::from),
            Order::UInt64 => self.add_range(eights.map(u64::from_le_bytes), i128::from),
            Order::Int96 => self.add_range(values.map(of_int96), |v| v),
            Order::Decimal => self.add_range(values.map(of_decimal), |v| v),
            Order::Float => self.add_floats(fours.map(|v| f64::from(f32::from_le_bytes(v)))),
            Order::Double => self.add_floats(eights.map(f64::from_le_bytes)),
            Order::Bytes => values.for_each(|value| self.add_bytes(order, value)),
            Order::None | Order::Boolean => (),
        }
    }

    /// Whole numbers of a column's type, as they come from differences.
    pub fn add_ints(&mut self, order: Order, values: &[i64]) {
        let values = values.iter().copied();
        match order {
            Order::Int32 => self.add_range(values.map(|v| v as i32), i128::from),
            Order::UInt32 => self.add_range(values.map(|v| v as u32), i128::from),
            Order::UInt64 => self.add_range(values.map(|v| v as u64), i128::from),
            Order::Int64 | Order::Boolean => self.add_range(values, i128::from),
            _ => (),
        }
    }

    pub fn add_bools(&mut self, values: &[u8]) {
        self.add_range(values.iter().copied(), i128::from);
    }

    pub fn add_bytes(&mut self, order: Order, value: &[u8]) {
        match order {
            Order::Bytes => (),
            Order::Decimal if value.len() <= 16 => {
                let value = of_decimal(value);
                return self.add(Bound::Int(value), Bound::Int(value));
            }
            _ => return,
        }
        match &self.min {
            Some(Bound::Bytes(min)) if value >= min.as_slice() => (),
            _ => self.min = Some(Bound::Bytes(value.to_vec())),
        }
        match &self.max {
            Some(Bound::Bytes(max)) if value <= max.as_slice() => (),
            _ => self.max = Some(Bound::Bytes(value.to_vec())),
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.nulls = self.nulls.saturating_add(other.nulls);
        self.nan |= other.nan;
        if let (Some(min), Some(max)) = (other.min, other.max) {
            self.add(min, max);
        }
    }
}

/// A bound as the statistics of a column chunk hold it.
pub fn to_plain(leaf: &Leaf, bound: &Bound) -> Option<Vec<u8>> {
    // Longer ones are left out rather than cut.
    const MOST: usize = 256;
    Some(match (Order::of(leaf), bound) {
        (Order::Boolean, Bound::Int(v)) => vec![*v as u8],
        (Order::Int32 | Order::UInt32, Bound::Int(v)) => (*v as u32).to_le_bytes().to_vec(),
        (Order::Int64 | Order::UInt64, Bound::Int(v)) => (*v as u64).to_le_bytes().to_vec(),
        (Order::Float, Bound::Float(v)) => (*v as f32).to_le_bytes().to_vec(),
        (Order::Double, Bound::Float(v)) => v.to_le_bytes().to_vec(),
        (Order::Decimal, Bound::Int(v)) => {
            let Physical::Fixed(width) = leaf.physical else {
                return None;
            };
            v.to_be_bytes().get(16 - width.min(16)..)?.to_vec()
        }
        (Order::Bytes, Bound::Bytes(v)) if v.len() <= MOST => v.clone(),
        _ => return None,
    })
}

pub fn from_plain(leaf: &Leaf, bytes: &[u8]) -> Option<Bound> {
    let order = Order::of(leaf);
    let width = match order {
        Order::Boolean => Some(1),
        _ => leaf.physical.width(),
    };
    if width.is_some_and(|width| width != bytes.len()) {
        return None;
    }
    let mut bounds = Bounds::default();
    match (order, width) {
        (Order::Boolean, _) => bounds.add_bools(bytes),
        (_, Some(width)) => bounds.add_plain(order, width, bytes),
        (_, None) => bounds.add_bytes(order, bytes),
    }
    bounds.min
}
