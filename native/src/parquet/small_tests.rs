//! Small files that are made to do harm, or that are not what they should be.
use super::footer::MAGIC;
use super::schema::{Kind, Physical, leaves};
use super::small::{MOST_HELD, Reader, Wanted};
use super::thrift::{LIST_OF_I32, LIST_OF_STRUCTS, Struct, Value, write_struct};
use super::values::encoding;
use super::{Fail, Outcome, delta};

fn fields(list: Vec<(i16, Value)>) -> Struct {
    Struct(list)
}

fn int(value: usize) -> Value {
    Value::I32(value as i32)
}

fn text(name: &str) -> Value {
    Value::Binary(name.as_bytes().to_vec())
}

fn structs(list: Vec<Struct>) -> Value {
    Value::List(
        LIST_OF_STRUCTS,
        list.into_iter().map(Value::Struct).collect(),
    )
}

/// A column of a file of one row group, all of whose values are there.
struct Made {
    name: String,
    physical: Physical,
    /// Further fields of its schema element.
    about: Vec<(i16, Value)>,
    codec: usize,
    pages: Vec<u8>,
}

fn column(name: &str, physical: Physical, pages: Vec<u8>) -> Made {
    Made {
        name: name.to_string(),
        physical,
        about: Vec::new(),
        codec: 0,
        pages,
    }
}

fn page(values: usize, encoding: i64, size: usize, body: &[u8]) -> Vec<u8> {
    let data = fields(vec![
        (1, int(values)),
        (2, Value::I32(encoding as i32)),
        (3, int(3)),
        (4, int(3)),
    ]);
    let header = fields(vec![
        (1, int(0)),
        (2, int(size)),
        (3, int(body.len())),
        (5, Value::Struct(data)),
    ]);
    let mut out = Vec::new();
    write_struct(&mut out, &header);
    out.extend_from_slice(body);
    out
}

fn plain(values: usize, body: &[u8]) -> Vec<u8> {
    page(values, encoding::PLAIN, body.len(), body)
}

/// A text behind its length.
fn long_text(bytes: usize) -> Vec<u8> {
    let mut out = (bytes as u32).to_le_bytes().to_vec();
    out.resize(4 + bytes, b'x');
    out
}

fn file(rows: usize, columns: &[Made]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    let root = fields(vec![(4, text("root")), (5, int(columns.len()))]);
    let mut schema = vec![root];
    let mut chunks = Vec::new();
    for made in columns {
        let physical = made.physical.number() as usize;
        let mut element = vec![(1, int(physical)), (3, int(0)), (4, text(&made.name))];
        element.extend(made.about.clone());
        schema.push(fields(element));
        let meta = fields(vec![
            (1, int(physical)),
            (2, Value::List(LIST_OF_I32, vec![int(0)])),
            (3, Value::List(8, vec![text(&made.name)])),
            (4, int(made.codec)),
            (5, Value::I64(rows as i64)),
            (6, Value::I64(made.pages.len() as i64)),
            (7, Value::I64(made.pages.len() as i64)),
            (9, Value::I64(out.len() as i64)),
        ]);
        chunks.push(fields(vec![(2, Value::I64(0)), (3, Value::Struct(meta))]));
        out.extend_from_slice(&made.pages);
    }
    let group = fields(vec![
        (1, structs(chunks)),
        (2, Value::I64(0)),
        (3, Value::I64(rows as i64)),
    ]);
    let tree = fields(vec![
        (1, int(1)),
        (2, structs(schema)),
        (3, Value::I64(rows as i64)),
        (4, structs(vec![group])),
    ]);
    let start = out.len();
    write_struct(&mut out, &tree);
    let length = (out.len() - start) as u32;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(MAGIC);
    out
}

fn wanted(name: &str, physical: Physical, kind: Kind) -> Wanted {
    Wanted {
        name: name.to_string(),
        physical,
        kind,
    }
}

fn number(name: &str) -> Wanted {
    wanted(name, Physical::Int64, Kind::Integer)
}

fn binary(name: &str) -> Wanted {
    wanted(name, Physical::Bytes, Kind::Binary)
}

fn read(list: Vec<Wanted>, file: &[u8]) -> Outcome<Reader> {
    let mut reader = Reader::new(list);
    reader.read(file)?;
    Ok(reader)
}

fn refusal(list: Vec<Wanted>, file: &[u8]) -> String {
    match read(list, file) {
        Err(Fail::NotPossible(why)) => why,
        Err(other) => format!("{other:?}"),
        Ok(reader) => format!("{} rows were read", reader.rows),
    }
}

fn zeros(bytes: usize) -> Vec<u8> {
    zstd::bulk::compress(&vec![0; bytes], 3).expect("zeros are compressed")
}

#[test]
fn a_file_as_it_should_be() {
    let numbers = plain(
        2,
        &[[7u8, 0, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0]].concat(),
    );
    let texts = plain(2, &[long_text(3), long_text(0)].concat());
    let made = [
        column("n", Physical::Int64, numbers),
        column("b", Physical::Bytes, texts),
    ];
    let reader = read(vec![binary("b"), number("n")], &file(2, &made)).expect("it is read");
    assert_eq!(reader.rows, 2);
    assert_eq!(reader.columns[0].bytes, b"xxx");
    assert_eq!(reader.columns[0].ends, [3, 3]);
    assert_eq!(reader.columns[1].bytes[8], 9);
}

#[test]
fn many_rows() {
    let made = |rows: usize| file(rows, &[column("n", Physical::Int64, Vec::new())]);
    assert!(read(Vec::new(), &made(10_000)).is_ok());
    assert!(refusal(Vec::new(), &made(10_001)).contains("too many rows"));
}

#[test]
fn pages_without_values() {
    let pages = [plain(0, &[]), plain(1, &[0; 8])].concat();
    let made = file(1, &[column("n", Physical::Int64, pages)]);
    assert!(refusal(vec![number("n")], &made).contains("no values"));
}

/// Pages that stand for much more than a file of their size should.
#[test]
fn pages_of_many_bytes() {
    let size = 3 << 20;
    let mut made = ["a", "b"].map(|name| {
        let pages = page(1, encoding::PLAIN, size, &zeros(size));
        column(name, Physical::Int64, pages)
    });
    made.iter_mut().for_each(|column| column.codec = 6);
    let made = file(1, &made);
    assert!(made.len() < 64 << 10);
    assert!(read(vec![number("a")], &made).is_ok());
    assert!(refusal(vec![number("a"), number("b")], &made).contains("too much"));
}

/// Texts that each repeat the one before.
fn repeating(count: usize, length: usize) -> Vec<u8> {
    let mut prefixes = vec![length as i64; count];
    prefixes[0] = 0;
    let mut lengths = vec![0; count];
    lengths[0] = length as i64;
    let mut out = Vec::new();
    delta::write(&mut out, &prefixes);
    delta::write(&mut out, &lengths);
    out.resize(out.len() + length, b'x');
    page(count, encoding::DELTA_BYTES, out.len(), &out)
}

#[test]
fn texts_that_go_on_and_on() {
    let made = |length| {
        file(
            10_000,
            &[column("b", Physical::Bytes, repeating(10_000, length))],
        )
    };
    let reader = read(vec![binary("b")], &made(100)).expect("it is read");
    assert_eq!(reader.columns[0].bytes.len(), 1_000_000);
    let mut reader = Reader::new(vec![binary("b")]);
    assert!(reader.read(&made(10_000)).is_err());
    assert!(reader.held() < 16 << 20, "{} bytes are held", reader.held());
}

/// Each file has another column that is large.
#[test]
fn room_is_given_back() {
    let names: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
    let mut reader = Reader::new(names.iter().map(|name| binary(name)).collect());
    for large in 0..names.len() {
        let made: Vec<Made> = (0..names.len())
            .map(|i| {
                let bytes = if i == large { 3 << 20 } else { 1 };
                column(&names[i], Physical::Bytes, plain(1, &long_text(bytes)))
            })
            .collect();
        reader.read(&file(1, &made)).expect("it is read");
        assert_eq!(reader.columns[large].bytes.len(), 3 << 20);
    }
    assert!(
        reader.held() < 2 * MOST_HELD,
        "{} bytes are held",
        reader.held()
    );
}

#[test]
fn names_that_many_columns_share() {
    let schema = |name: usize| {
        let mut out = vec![fields(vec![(4, text("root")), (5, int(1))])];
        let group = vec![(3, int(0)), (4, text(&"g".repeat(name))), (5, int(1000))];
        out.push(fields(group));
        out.extend((0..1000).map(|_| fields(vec![(1, int(2)), (3, int(0)), (4, text("n"))])));
        out
    };
    let count = |name| leaves(&schema(name).iter().collect::<Vec<_>>()).map(|list| list.len());
    assert!(matches!(count(1 << 10), Ok(1000)));
    assert!(matches!(count(64 << 10), Err(Fail::NotPossible(why)) if why.contains("names")));
}

/// As writers of today tell it, as those of old did, and in the new way alone.
fn decimal(scale: usize, precision: usize) -> [Vec<(i16, Value)>; 3] {
    let logical = fields(vec![(1, int(scale)), (2, int(precision))]);
    let logical = fields(vec![(5, Value::Struct(logical))]);
    let alone = vec![(10, Value::Struct(logical))];
    let converted = vec![(6, int(5)), (7, int(scale)), (8, int(precision))];
    let both = [converted.clone(), alone.clone()].concat();
    [both, converted, alone]
}

#[test]
fn decimals_of_more_digits() {
    let list = || vec![wanted("d", Physical::Int64, Kind::Decimal(2, 10))];
    let made = |about| {
        let mut column = column("d", Physical::Int64, plain(1, &[1; 8]));
        column.about = about;
        file(1, &[column])
    };
    let [both, converted, alone] = decimal(2, 10);
    for about in [both, converted] {
        assert!(read(list(), &made(about)).is_ok());
    }
    // DuckDB takes it for a number.
    assert!(refusal(list(), &made(alone)).contains("another type"));
    for about in [decimal(2, 18), decimal(3, 10)].concat() {
        assert!(refusal(list(), &made(about)).contains("another type"));
    }
}

#[test]
fn texts_of_other_meaning() {
    let made = |about: Vec<(i16, Value)>| {
        let mut column = column("s", Physical::Bytes, plain(1, &long_text(2)));
        column.about = about;
        file(1, &[column])
    };
    let logical = |id| {
        let inner = fields(vec![(id, Value::Struct(Struct::default()))]);
        vec![(10, Value::Struct(inner))]
    };
    let converted = |number| vec![(6, int(number))];
    let string = || vec![wanted("s", Physical::Bytes, Kind::Text)];
    for about in [[converted(0), logical(1)].concat(), converted(0)] {
        assert!(read(string(), &made(about)).is_ok());
    }
    // ENUM, JSON and BSON; and a string that DuckDB takes for bytes.
    for about in [1, 4, 12, 13]
        .map(logical)
        .into_iter()
        .chain([4, 19, 20].map(converted))
    {
        let made = made(about);
        assert!(refusal(string(), &made).contains("another type"));
        assert!(refusal(vec![binary("s")], &made).contains("another type"));
    }
}

#[test]
fn noise_does_not_panic() {
    let numbers = plain(2, &[1; 16]);
    let good = file(
        2,
        &[
            column("n", Physical::Int64, numbers),
            column("b", Physical::Bytes, repeating(2, 5)),
        ],
    );
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    let mut reader = Reader::new(vec![number("n"), binary("b")]);
    for _ in 0..20_000 {
        let mut bad = good.clone();
        for _ in 0..1 + next(4) {
            let at = next(bad.len());
            bad[at] = next(256) as u8;
        }
        let _ = reader.read(&bad);
    }
    assert!(reader.read(&good).is_ok());
}
