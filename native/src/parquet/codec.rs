//! Compression of pages.
use super::{MOST_PAGE, Outcome, not_possible, room};
use std::io::{Read, Write};

#[derive(Clone, Copy, PartialEq)]
pub enum Codec {
    None,
    Snappy,
    Gzip,
    Lz4,
    Zstd,
}

impl Codec {
    /// By its number in the footer.
    pub fn of(number: i64) -> Outcome<Self> {
        Ok(match number {
            0 => Self::None,
            1 => Self::Snappy,
            2 => Self::Gzip,
            6 => Self::Zstd,
            7 => Self::Lz4,
            _ => return not_possible("a column is compressed in a way that is not written here"),
        })
    }
}

/// A worker's, with what zstd keeps between pages.
pub struct Codecs {
    zstd_in: Option<zstd::bulk::Decompressor<'static>>,
    zstd_out: Option<zstd::bulk::Compressor<'static>>,
}

fn broken<T>(_: impl std::fmt::Debug) -> Outcome<T> {
    not_possible("a page cannot be decompressed")
}

fn zeros(out: &mut Vec<u8>, bytes: usize) -> Outcome<&mut [u8]> {
    room(out, bytes)?;
    out.resize(bytes, 0);
    Ok(out)
}

impl Codecs {
    pub fn new() -> Self {
        Self {
            zstd_in: None,
            zstd_out: None,
        }
    }

    /// Gives the `size` bytes that `data` stands for; `out` is emptied before.
    pub fn unpack(
        &mut self,
        codec: Codec,
        data: &[u8],
        size: usize,
        out: &mut Vec<u8>,
    ) -> Outcome<()> {
        out.clear();
        if size > MOST_PAGE {
            return not_possible("a page is too large");
        }
        if size == 0 {
            return Ok(());
        }
        room(out, size)?;
        let got = match codec {
            Codec::None if data.len() == size => {
                out.extend_from_slice(data);
                size
            }
            Codec::None => 0,
            Codec::Snappy => match snap::raw::decompress_len(data) {
                Ok(length) if length == size => {
                    let read = snap::raw::Decoder::new().decompress(data, zeros(out, size)?);
                    read.or_else(broken)?
                }
                _ => 0,
            },
            Codec::Lz4 => {
                lz4_flex::block::decompress_into(data, zeros(out, size)?).or_else(broken)?
            }
            Codec::Zstd => {
                let zstd = match &mut self.zstd_in {
                    Some(zstd) => zstd,
                    none => none.insert(zstd::bulk::Decompressor::new().or_else(broken)?),
                };
                zstd.decompress_to_buffer(data, out).or_else(broken)?
            }
            Codec::Gzip => {
                let mut reader = flate2::bufread::MultiGzDecoder::new(data);
                reader.read_exact(zeros(out, size)?).or_else(broken)?;
                let more = reader.read(&mut [0]).or_else(broken)?;
                size + more
            }
        };
        if got != size {
            return not_possible("a page has another size than it tells");
        }
        Ok(())
    }

    /// Gives the compressed bytes; `out` is emptied before.
    pub fn pack(&mut self, codec: Codec, data: &[u8], out: &mut Vec<u8>) -> Outcome<()> {
        out.clear();
        let length = match codec {
            Codec::None => {
                room(out, data.len())?;
                out.extend_from_slice(data);
                data.len()
            }
            Codec::Snappy => {
                let target = zeros(out, snap::raw::max_compress_len(data.len()))?;
                let written = snap::raw::Encoder::new().compress(data, target);
                written.or_else(broken)?
            }
            Codec::Lz4 => {
                let target = zeros(out, lz4_flex::block::get_maximum_output_size(data.len()))?;
                lz4_flex::block::compress_into(data, target).or_else(broken)?
            }
            Codec::Zstd => {
                let zstd = match &mut self.zstd_out {
                    Some(zstd) => zstd,
                    none => none.insert(zstd::bulk::Compressor::new(1).or_else(broken)?),
                };
                room(out, zstd::zstd_safe::compress_bound(data.len()))?;
                zstd.compress_to_buffer(data, out).or_else(broken)?
            }
            Codec::Gzip => {
                let level = flate2::Compression::fast();
                let mut writer = flate2::write::GzEncoder::new(&mut *out, level);
                writer.write_all(data).or_else(broken)?;
                writer.finish().or_else(broken)?.len()
            }
        };
        out.truncate(length);
        Ok(())
    }
}
