//! The columns of a file: its schema's leaves.
use super::thrift::Struct;
use super::{Outcome, not_possible};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    /// So many bytes each.
    Fixed(usize),
}

impl Physical {
    /// As files tell it.
    pub fn number(self) -> i64 {
        match self {
            Self::Boolean => 0,
            Self::Int32 => 1,
            Self::Int64 => 2,
            Self::Int96 => 3,
            Self::Float => 4,
            Self::Double => 5,
            Self::Bytes => 6,
            Self::Fixed(_) => 7,
        }
    }
    /// Bytes of a value; none where it varies, or is less than one.
    pub fn width(self) -> Option<usize> {
        match self {
            Self::Boolean | Self::Bytes => None,
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(width) => Some(width),
        }
    }
}

/// What values mean, as far as statistics need to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Other,
    Boolean,
    Integer,
    Unsigned,
    Float,
    /// Digits after the point, and all.
    Decimal(u32, u32),
    Text,
    /// Text with a meaning of its own: JSON, ENUM.
    OtherText,
    Binary,
    /// Days since 1970.
    Date,
    /// So many a second, since 1970; none: INT96.
    Instant(Option<i64>),
}

#[derive(Clone, Debug)]
pub struct Leaf {
    pub path: Vec<String>,
    /// Field ids of the path's parts; -1: none.
    pub ids: Vec<i32>,
    pub physical: Physical,
    pub kind: Kind,
    /// The kind is told in the way of old, too, which is the only one that DuckDB knows.
    pub converted: bool,
    pub max_def: u8,
    pub max_rep: u8,
}

const MOST_LEVELS: u8 = 64;
const MOST_LEAVES: usize = 20_000;
const MOST_FIXED: i64 = 1 << 20;
/// Bytes of the leaves' paths, of which each repeats its groups' names.
const MOST_PATHS: usize = 16 << 20;

pub mod element {
    pub const TYPE: i16 = 1;
    pub const LENGTH: i16 = 2;
    pub const REPETITION: i16 = 3;
    pub const NAME: i16 = 4;
    pub const CHILDREN: i16 = 5;
    pub const CONVERTED: i16 = 6;
    pub const SCALE: i16 = 7;
    pub const PRECISION: i16 = 8;
    pub const FIELD_ID: i16 = 9;
    pub const LOGICAL: i16 = 10;
}

fn physical(element: &Struct) -> Outcome<Physical> {
    Ok(match element.int(element::TYPE) {
        Some(0) => Physical::Boolean,
        Some(1) => Physical::Int32,
        Some(2) => Physical::Int64,
        Some(3) => Physical::Int96,
        Some(4) => Physical::Float,
        Some(5) => Physical::Double,
        Some(6) => Physical::Bytes,
        Some(7) => match element.int(element::LENGTH) {
            Some(length @ 1..=MOST_FIXED) => Physical::Fixed(length as usize),
            _ => return not_possible("a type of fixed length has none"),
        },
        _ => return not_possible("a column is of an unknown type"),
    })
}

fn of_logical(physical: Physical, logical: &Struct) -> Option<Kind> {
    let (id, value) = logical.0.first()?;
    let super::thrift::Value::Struct(details) = value else {
        return None;
    };
    Some(match (id, physical) {
        (1, Physical::Bytes) => Kind::Text,
        (4 | 12, Physical::Bytes) => Kind::OtherText,
        (5, _) => Kind::Decimal(
            u32::try_from(details.int(1)?).ok()?,
            u32::try_from(details.int(2)?).ok()?,
        ),
        (6, Physical::Int32) => Kind::Date,
        (8, Physical::Int64) => match details.inner(2)?.0.first()?.0 {
            1 => Kind::Instant(Some(1_000)),
            2 => Kind::Instant(Some(1_000_000)),
            3 => Kind::Instant(Some(1_000_000_000)),
            _ => Kind::Other,
        },
        (10, Physical::Int32 | Physical::Int64) if details.bool(2)? => Kind::Integer,
        (10, Physical::Int32 | Physical::Int64) => Kind::Unsigned,
        _ => Kind::Other,
    })
}

fn kind(physical: Physical, element: &Struct) -> Kind {
    if let Some(logical) = element.inner(element::LOGICAL) {
        return of_logical(physical, logical).unwrap_or(Kind::Other);
    }
    match (element.int(element::CONVERTED), physical) {
        (None, Physical::Boolean) => Kind::Boolean,
        (None, Physical::Int32 | Physical::Int64) => Kind::Integer,
        (None, Physical::Float | Physical::Double) => Kind::Float,
        (None, Physical::Int96) => Kind::Instant(None),
        (None, Physical::Bytes | Physical::Fixed(_)) => Kind::Binary,
        (Some(0), Physical::Bytes) => Kind::Text,
        (Some(4 | 19), Physical::Bytes) => Kind::OtherText,
        (Some(5), _) => Kind::Decimal(
            element.int(element::SCALE).unwrap_or(0) as u32,
            element.int(element::PRECISION).unwrap_or(0) as u32,
        ),
        (Some(6), Physical::Int32) => Kind::Date,
        (Some(9), Physical::Int64) => Kind::Instant(Some(1_000)),
        (Some(10), Physical::Int64) => Kind::Instant(Some(1_000_000)),
        (Some(11..=14), Physical::Int32 | Physical::Int64) => Kind::Unsigned,
        (Some(15..=18), Physical::Int32 | Physical::Int64) => Kind::Integer,
        _ => Kind::Other,
    }
}

/// A group whose children are still to come.
struct Open {
    children: i64,
    name: String,
    id: i32,
    def: u8,
    rep: u8,
}

/// The leaves of a schema in the order of its elements, which is depth first.
pub fn leaves(elements: &[&Struct]) -> Outcome<Vec<Leaf>> {
    let mut out = Vec::new();
    let mut paths = 0;
    let mut open: Vec<Open> = Vec::new();
    for (number, element) in elements.iter().enumerate() {
        while open.last().is_some_and(|group| group.children == 0) {
            open.pop();
        }
        let root = number == 0;
        let (def, rep) = match open.last_mut() {
            Some(group) => {
                group.children -= 1;
                (group.def, group.rep)
            }
            None if root => (0, 0),
            None => return not_possible("the schema has more than one root"),
        };
        let (def, rep) = match element.int(element::REPETITION) {
            _ if root => (0, 0),
            Some(0) => (def, rep),
            Some(1) => (def + 1, rep),
            Some(2) => (def + 1, rep + 1),
            _ => return not_possible("a column has an unknown repetition"),
        };
        if open.len() > usize::from(MOST_LEVELS) || out.len() == MOST_LEAVES {
            return not_possible("the schema is too deep or too wide");
        }
        let Some(Ok(name)) = element.binary(element::NAME).map(std::str::from_utf8) else {
            return not_possible("a column has no name");
        };
        let id = element.int(element::FIELD_ID).unwrap_or(-1) as i32;
        if root || element.int(element::CHILDREN).unwrap_or(0) > 0 {
            open.push(Open {
                children: element.int(element::CHILDREN).unwrap_or(0),
                name: name.to_string(),
                id,
                def,
                rep,
            });
            continue;
        }
        let physical = physical(element)?;
        let above = &open[1.min(open.len())..];
        let own = |name: &str| name.len() + size_of::<String>();
        paths += own(name) + above.iter().map(|group| own(&group.name)).sum::<usize>();
        if paths > MOST_PATHS {
            return not_possible("the schema's names take too much room");
        }
        let names = above.iter().map(|group| group.name.clone());
        let ids = above.iter().map(|group| group.id);
        out.push(Leaf {
            path: names.chain([name.to_string()]).collect(),
            ids: ids.chain([id]).collect(),
            physical,
            kind: kind(physical, element),
            converted: element.int(element::CONVERTED).is_some(),
            max_def: def,
            max_rep: rep,
        });
    }
    if open.iter().any(|group| group.children > 0) {
        return not_possible("the schema ends too early");
    }
    Ok(out)
}
