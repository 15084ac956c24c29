//! Pictures of a document. Their sizes are known before anything is decoded.
use std::collections::HashMap;
use std::io::Cursor;

use krilla::image::Image;

use crate::convert::style::{data_of, picture_type};

const MAX_PIXELS: usize = 40 << 20;
const MAX_ALL_PIXELS: usize = 160 << 20;

pub struct Pictures<'a> {
    given: &'a HashMap<String, Vec<u8>>,
    known: HashMap<String, Option<usize>>,
    images: Vec<Image>,
    pixels: usize,
}

impl<'a> Pictures<'a> {
    pub fn new(given: &'a HashMap<String, Vec<u8>>) -> Self {
        Self {
            given,
            known: HashMap::new(),
            images: Vec::new(),
            pixels: 0,
        }
    }

    /// None: there is none that can be shown.
    pub fn find(&mut self, url: &str) -> Option<usize> {
        if let Some(known) = self.known.get(url) {
            return *known;
        }
        let bytes = self.given.get(url).cloned().or_else(|| data_of(url));
        let found = bytes.and_then(|it| self.decode(it)).map(|it| {
            self.images.push(it);
            self.images.len() - 1
        });
        self.known.insert(url.to_string(), found);
        found
    }

    fn decode(&mut self, bytes: Vec<u8>) -> Option<Image> {
        let pixels = pixels_of(&bytes)?;
        self.pixels += pixels;
        if pixels > MAX_PIXELS || self.pixels > MAX_ALL_PIXELS {
            return None;
        }
        let kind = picture_type(&bytes)?;
        let data = bytes.into();
        match kind {
            "image/png" => Image::from_png(data, true),
            "image/jpeg" => Image::from_jpeg(data, true),
            "image/gif" => Image::from_gif(data, true),
            _ => Image::from_webp(data, true),
        }
        .ok()
    }

    pub fn image(&self, index: usize) -> Image {
        self.images[index].clone()
    }

    /// In pixels.
    pub fn size(&self, index: usize) -> (f32, f32) {
        let (width, height) = self.images[index].size();
        (width.max(1) as f32, height.max(1) as f32)
    }
}

fn pixels_of(bytes: &[u8]) -> Option<usize> {
    let size = imagesize::blob_size(bytes).ok()?;
    size.width.checked_mul(size.height).filter(|it| *it > 0)
}

/// A WebP as a PNG.
pub fn as_png(webp: &[u8]) -> Option<Vec<u8>> {
    if pixels_of(webp)? > MAX_PIXELS {
        return None;
    }
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(webp)).ok()?;
    decoder.set_memory_limit(MAX_PIXELS * 8);
    let (width, height) = decoder.dimensions();
    let mut pixels = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut pixels).ok()?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(if decoder.has_alpha() {
        png::ColorType::Rgba
    } else {
        png::ColorType::Rgb
    });
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
