//! What a file's columns hold, as texts that DuckDB would show.
use super::schema::{Kind, Leaf, Physical};
use super::stats::{Bound, Bounds};

#[derive(Debug)]
pub struct Facts {
    pub leaf: Leaf,
    pub min: Option<String>,
    pub max: Option<String>,
    pub nulls: u64,
    pub nan: bool,
}

/// Year, month and day of a number of days since 1970.
fn civil(days: i128) -> (i128, i128, i128) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + carry, month, date)
}

fn date(days: i128) -> Option<String> {
    let (year, month, day) = civil(days);
    (1..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn instant(micros: i128) -> Option<String> {
    const SECOND: i128 = 1_000_000;
    let date = date(micros.div_euclid(86_400 * SECOND))?;
    let time = micros.rem_euclid(86_400 * SECOND);
    let (seconds, micros) = (time / SECOND, time % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(format!(
        "{date} {hour:02}:{minute:02}:{second:02}.{micros:06}"
    ))
}

fn decimal(value: i128, scale: u32) -> Option<String> {
    let digits = value.unsigned_abs().to_string();
    let scale = usize::try_from(scale).ok().filter(|scale| *scale <= 38)?;
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    Some(format!("{sign}{whole}{point}{rest}"))
}

fn text(leaf: &Leaf, bound: &Bound, upper: bool) -> Option<String> {
    match (leaf.kind, bound) {
        (Kind::Integer | Kind::Unsigned, Bound::Int(v)) => Some(v.to_string()),
        (Kind::Decimal(scale, _), Bound::Int(v)) => decimal(*v, scale),
        (Kind::Date, Bound::Int(v)) => date(*v),
        (Kind::Instant(None), Bound::Int(v)) => instant(*v),
        (Kind::Instant(Some(a_second)), Bound::Int(v)) => {
            let scaled = v * 1_000_000;
            let rest = scaled.rem_euclid(i128::from(a_second)) != 0;
            instant(scaled.div_euclid(i128::from(a_second)) + i128::from(upper && rest))
        }
        (Kind::Float, Bound::Float(v)) if leaf.physical == Physical::Float => {
            Some(format!("{:e}", *v as f32))
        }
        (Kind::Float, Bound::Float(v)) => Some(format!("{v:e}")),
        (Kind::Text | Kind::OtherText, Bound::Bytes(v)) => String::from_utf8(v.clone()).ok(),
        _ => None,
    }
}

impl Facts {
    pub fn of(leaf: &Leaf, bounds: Bounds) -> Self {
        Self {
            leaf: leaf.clone(),
            min: bounds.min.as_ref().and_then(|b| text(leaf, b, false)),
            max: bounds.max.as_ref().and_then(|b| text(leaf, b, true)),
            nulls: bounds.nulls,
            nan: bounds.nan,
        }
    }
}
