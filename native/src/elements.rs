//! A list in JSON, one element after the other: only one is in memory as a value at a time.
use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

struct Elements<'a, E, F> {
    take: F,
    failure: &'a mut Option<E>,
}

impl<'de, E, F: FnMut(usize, Value) -> Result<(), E>> Visitor<'de> for Elements<'_, E, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let mut place = 0;
        while let Some(value) = list.next_element()? {
            if let Err(error) = (self.take)(place, value) {
                *self.failure = Some(error);
                return Err(A::Error::custom("refused"));
            }
            place += 1;
        }
        Ok(())
    }
}

/// The member of an object with a name, or the list itself.
struct Member<'a, E, F>(Elements<'a, E, F>, &'static str);

impl<'de, E, F: FnMut(usize, Value) -> Result<(), E>> serde::de::DeserializeSeed<'de>
    for Elements<'_, E, F>
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, E, F: FnMut(usize, Value) -> Result<(), E>> Visitor<'de> for Member<'_, E, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a list, or an object with {:?}", self.1)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut list = Some(self.0);
        while let Some(key) = map.next_key::<String>()? {
            match list.take_if(|_| key == self.1) {
                Some(list) => map.next_value_seed(list)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match list {
            Some(_) => Err(A::Error::missing_field(self.1)),
            None => Ok(()),
        }
    }
}

/// Why not all elements were taken.
pub enum Stop<E> {
    NoJson(serde_json::Error),
    NoList,
    Refused(E),
}

/// Hands each element with its place to `take`, until that fails. `member`: the list may also be
/// that member of an object.
pub fn each<E>(
    json: &str,
    member: Option<&'static str>,
    take: impl FnMut(usize, Value) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let mut failure = None;
    let list = Elements {
        take,
        failure: &mut failure,
    };
    let mut from = serde_json::Deserializer::from_str(json);
    let read = match member {
        Some(name) => from.deserialize_any(Member(list, name)),
        None => from.deserialize_any(list),
    }
    .and_then(|()| from.end());
    match (failure, read) {
        (Some(failure), _) => Err(Stop::Refused(failure)),
        (None, Err(error)) if error.is_data() => Err(Stop::NoList),
        (None, Err(error)) => Err(Stop::NoJson(error)),
        (None, Ok(())) => Ok(()),
    }
}
