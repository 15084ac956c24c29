//! Files that are made here, as they are read here.
use super::create::{Column, Created, Type, create};
use super::schema::{Kind, Physical};
use super::small::{Reader, Wanted};
use super::{Fail, footer, remove};
use std::sync::atomic::AtomicBool;

fn column<'a>(name: &'a str, of: Type, values: &'a [u8], valid: &'a [u8]) -> Column<'a> {
    Column {
        name,
        id: None,
        of,
        values,
        valid,
    }
}

fn wanted(name: &str, physical: Physical, kind: Kind) -> Wanted {
    Wanted {
        name: name.to_string(),
        physical,
        kind,
    }
}

struct Bytes<'a>(&'a [u8]);

impl footer::Source for Bytes<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> super::Outcome<()> {
        out.copy_from_slice(&self.0[offset as usize..][..out.len()]);
        Ok(())
    }
}

/// Every third row, or every row, or none has a value.
fn valids(rows: usize) -> [Vec<u8>; 3] {
    [
        (0..rows).map(|row| u8::from(row % 3 == 0)).collect(),
        vec![1; rows],
        vec![0; rows],
    ]
}

fn made(columns: &[Column], rows: usize) -> Created {
    create(columns, rows).expect("the file is made")
}

/// That the column has the values that were given, PLAIN, in the rows that have one.
fn check(column: &super::decode::Column, given: &[u8], valid: &[u8]) {
    let width = column.bytes.len() / valid.len();
    let (mut rest, mut start) = (given, 0);
    for (row, wanted) in valid.iter().enumerate() {
        let found = column.valid.is_empty() || column.valid[row] != 0;
        assert_eq!(found, *wanted == 1, "row {row}");
        let end = column.ends.get(row).map(|end| *end as usize);
        let here = match end {
            Some(end) => &column.bytes[start..end],
            None => &column.bytes[row * width..][..width],
        };
        start = end.unwrap_or(0);
        if !found {
            continue;
        }
        if end.is_some() {
            let (length, texts) = rest.split_first_chunk::<4>().expect("a length");
            assert_eq!(
                u32::from_le_bytes(*length) as usize,
                here.len(),
                "row {row}"
            );
            rest = texts;
        }
        assert_eq!(here, &rest[..here.len()], "row {row}");
        rest = &rest[here.len()..];
    }
    assert!(rest.is_empty());
}

#[test]
fn values_of_all_types_are_read_again() {
    for rows in [1, 2, 7, 8, 9, 63, 64, 65, 1000] {
        for valid in valids(rows) {
            let count = valid.iter().filter(|valid| **valid == 1).count();
            let ints: Vec<u8> = (0..count as i32)
                .flat_map(|i| (i - 3).to_le_bytes())
                .collect();
            let longs: Vec<u8> = (0..count as i64)
                .flat_map(|i| (i << 40).to_le_bytes())
                .collect();
            let floats: Vec<u8> = (0..count)
                .flat_map(|i| (i as f32 / 4.0).to_le_bytes())
                .collect();
            let doubles: Vec<u8> = (0..count)
                .flat_map(|i| (i as f64 / 3.0).to_le_bytes())
                .collect();
            let bools: Vec<u8> = (0..count).map(|i| u8::from(i % 5 == 1)).collect();
            let mut texts = Vec::new();
            for i in 0..count {
                let text = "é".repeat(i % 4);
                texts.extend((text.len() as u32).to_le_bytes());
                texts.extend(text.bytes());
            }
            let of = |name, of, values| column(name, of, values, &valid);
            let file = made(
                &[
                    of("b", Type::Boolean, &bools),
                    of("i8", Type::Integer(8), &ints),
                    of("i32", Type::Integer(32), &ints),
                    of("i64", Type::Integer(64), &longs),
                    of("f", Type::Float, &floats),
                    of("d", Type::Double, &doubles),
                    of("s", Type::Text, &texts),
                    of("date", Type::Date, &ints),
                    of("at", Type::Timestamp(true), &longs),
                    of("d9", Type::Decimal(9, 2), &ints),
                    of("d10", Type::Decimal(10, 3), &longs),
                ],
                rows,
            );
            let mut reader = Reader::new(vec![
                wanted("b", Physical::Boolean, Kind::Boolean),
                wanted("i8", Physical::Int32, Kind::Integer),
                wanted("i32", Physical::Int32, Kind::Integer),
                wanted("i64", Physical::Int64, Kind::Integer),
                wanted("f", Physical::Float, Kind::Float),
                wanted("d", Physical::Double, Kind::Float),
                wanted("s", Physical::Bytes, Kind::Text),
                wanted("date", Physical::Int32, Kind::Date),
                wanted("at", Physical::Int64, Kind::Instant(Some(1_000_000))),
                wanted("d9", Physical::Int32, Kind::Decimal(2, 9)),
                wanted("d10", Physical::Int64, Kind::Decimal(3, 10)),
            ]);
            reader.read(&file.bytes).expect("the file is read");
            assert_eq!(reader.rows, rows);
            let given = [
                &bools, &ints, &ints, &longs, &floats, &doubles, &texts, &ints, &longs, &ints,
                &longs,
            ];
            for (column, given) in reader.columns.iter().zip(given) {
                check(column, given, &valid);
            }
        }
    }
}

#[test]
fn statistics_are_those_of_the_values() {
    let ints: Vec<u8> = [7i32, -5, 12]
        .iter()
        .flat_map(|i| i.to_le_bytes())
        .collect();
    let texts = [&[1, 0, 0, 0, b'b'][..], &[2, 0, 0, 0, b'a', b'z']].concat();
    let file = made(
        &[
            column("i", Type::Decimal(5, 2), &ints, &[1, 0, 1, 1]),
            column("s", Type::Text, &texts, &[1, 1, 0, 0]),
            column("none", Type::Double, &[], &[0, 0, 0, 0]),
        ],
        4,
    );
    let told = |number: usize| {
        let facts = &file.facts[number];
        (facts.min.as_deref(), facts.max.as_deref(), facts.nulls)
    };
    assert_eq!(told(0), (Some("-0.05"), Some("0.12"), 1));
    assert_eq!(told(1), (Some("az"), Some("b"), 2));
    assert_eq!(told(2), (None, None, 4));
    let footer = footer::read(&Bytes(&file.bytes)).expect("the footer is read");
    assert!(footer.ordered);
    let statistics = |number: usize| {
        let meta = footer.groups[0].chunks[number].meta();
        meta.inner(footer::column::STATISTICS)
            .cloned()
            .expect("statistics")
    };
    assert_eq!(statistics(0).binary(5), Some(&12i32.to_le_bytes()[..]));
    assert_eq!(statistics(0).binary(6), Some(&(-5i32).to_le_bytes()[..]));
    assert_eq!(statistics(1).binary(6), Some(&b"az"[..]));
    assert_eq!(statistics(2).int(3), Some(4));
    assert_eq!(statistics(2).binary(5), None);
}

#[test]
fn rows_are_cut_out_of_them() {
    let longs: Vec<u8> = (0..100i64).flat_map(i64::to_le_bytes).collect();
    let valid = [vec![1; 50], vec![0; 20], vec![1; 50]].concat();
    let file = made(&[column("n", Type::Integer(64), &longs, &valid)], 120);
    let mut out = Vec::new();
    let gone: Vec<u64> = (0..119).collect();
    remove::remove(
        &Bytes(&file.bytes),
        &gone,
        &mut out,
        1,
        &AtomicBool::new(false),
    )
    .expect("rows are cut out");
    let mut reader = Reader::new(vec![wanted("n", Physical::Int64, Kind::Integer)]);
    reader.read(&out).expect("the file is read");
    assert_eq!(reader.rows, 1);
    assert_eq!(reader.columns[0].bytes, 99i64.to_le_bytes());
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let refused =
        |columns: &[Column], rows| matches!(create(columns, rows), Err(Fail::NotPossible(_)));
    assert!(refused(&[], 1));
    assert!(refused(&[column("a", Type::Date, &[], &[])], 0));
    assert!(refused(&[column("a", Type::Date, &[0; 4], &[1])], 2));
    assert!(refused(&[column("a", Type::Date, &[0; 4], &[0])], 1));
    assert!(refused(&[column("a", Type::Date, &[0; 3], &[1])], 1));
    assert!(refused(&[column("a", Type::Boolean, &[1, 1], &[1])], 1));
    assert!(refused(&[column("a", Type::Text, &[0; 3], &[1])], 1));
    assert!(refused(&[column("a", Type::Text, &[0; 5], &[1])], 1));
    assert!(refused(
        &[column("a", Type::Text, &[2, 0, 0, 0, b'a'], &[1])],
        1
    ));
    assert!(refused(&[column("a", Type::Text, &[255; 4], &[1])], 1));
    assert!(!refused(&[column("a", Type::Text, &[0; 4], &[1])], 1));
}
