//! What C++ sees. Every function may fail with a text of the form "0 <what is wrong>", which may be shown, or
//! "1 <what happened>", which is a fault of ours.
use std::collections::HashMap;

use serde_json::Value;

use super::html::Look;
use super::{Imported, Outcome, Picture, blocks, docx, html, markdown, model, pdf, refuse, text};
use crate::runtime::guard;

#[cxx::bridge(namespace = "ob::native::convert")]
pub mod ffi {
    /// What an image's address stands for.
    struct Image {
        url: String,
        bytes: Vec<u8>,
    }

    struct Html {
        body: String,
        /// Rules for the classes of `body`; empty unless it was made with classes.
        style: String,
    }

    struct Heading {
        level: u8,
        text: String,
        /// The id of its element in HTML with classes.
        anchor: String,
    }

    struct Document {
        /// A JSON array of ops.
        ops: String,
        /// Of the file itself; empty: it tells none.
        title: String,
        /// What images "image:<n>" of the ops stand for; without bytes: nothing that can be shown.
        images: Vec<Image>,
        /// What was left out, for people.
        notes: Vec<String>,
    }

    extern "Rust" {
        fn to_text(ops: &str) -> Result<String>;
        /// `base`: this server's address, for what documents link on it; empty: none.
        fn to_markdown(ops: &str, base: &str) -> Result<String>;
        /// `images` stand in the HTML itself. With `classes` there are no style attributes. `share` is added
        /// to addresses of this server's files.
        fn to_html(ops: &str, images: &[Image], classes: bool, share: &str) -> Result<Html>;
        fn to_docx(ops: &str, title: &str, base: &str, images: &[Image]) -> Result<Vec<u8>>;
        fn to_pdf(ops: &str, title: &str, base: &str, images: &[Image]) -> Result<Vec<u8>>;
        fn outline(ops: &str) -> Result<Vec<Heading>>;
        /// Addresses of the images that the document shows, each once.
        fn image_urls(ops: &str) -> Result<Vec<String>>;

        fn from_text(text: &str) -> Result<Document>;
        fn from_markdown(text: &str) -> Result<Document>;
        fn from_html(html: &str) -> Result<Document>;
        fn from_docx(bytes: &[u8]) -> Result<Document>;
        /// Images "image:<n>" with the n-th of these addresses; those with an empty one go.
        fn place_images(ops: &str, urls: &[String]) -> Result<String>;
    }
}

impl From<Imported> for ffi::Document {
    fn from(it: Imported) -> Self {
        let image = |it: Picture| ffi::Image {
            url: it.url,
            bytes: it.bytes,
        };
        Self {
            ops: it.ops,
            title: it.title,
            images: it.images.into_iter().map(image).collect(),
            notes: it.notes,
        }
    }
}

fn by_url(images: &[ffi::Image]) -> HashMap<String, Vec<u8>> {
    images
        .iter()
        .map(|it| (it.url.clone(), it.bytes.clone()))
        .collect()
}

fn to_text(ops: &str) -> Outcome<String> {
    guard(|| Ok(text::to_text(&model::read(ops)?)))
}

fn to_markdown(ops: &str, base: &str) -> Outcome<String> {
    guard(|| Ok(markdown::to_markdown(&model::read(ops)?, base)))
}

fn to_html(ops: &str, images: &[ffi::Image], classes: bool, share: &str) -> Outcome<ffi::Html> {
    guard(|| {
        let images = by_url(images);
        let html = html::to_html(
            &model::read(ops)?,
            &Look {
                classes,
                images: &images,
                share,
            },
        );
        Ok(ffi::Html {
            body: html.body,
            style: html.style,
        })
    })
}

fn to_docx(ops: &str, title: &str, base: &str, images: &[ffi::Image]) -> Outcome<Vec<u8>> {
    guard(|| docx::to_docx(&model::read(ops)?, title, base, &by_url(images)))
}

fn to_pdf(ops: &str, title: &str, base: &str, images: &[ffi::Image]) -> Outcome<Vec<u8>> {
    guard(|| pdf::to_pdf(&model::read(ops)?, title, base, &by_url(images)))
}

fn outline(ops: &str) -> Outcome<Vec<ffi::Heading>> {
    guard(|| {
        let found = blocks::outline(&model::read(ops)?).into_iter();
        Ok(found
            .map(|it| ffi::Heading {
                level: it.level,
                text: it.text,
                anchor: it.anchor,
            })
            .collect())
    })
}

fn image_urls(ops: &str) -> Outcome<Vec<String>> {
    guard(|| Ok(model::pictures(&model::read(ops)?)))
}

fn from_text(text: &str) -> Outcome<ffi::Document> {
    guard(|| Ok(text::from_text(text)?.into()))
}

fn from_markdown(text: &str) -> Outcome<ffi::Document> {
    guard(|| Ok(markdown::from_markdown(text)?.into()))
}

fn from_html(html: &str) -> Outcome<ffi::Document> {
    guard(|| Ok(html::from_html(html)?.into()))
}

fn from_docx(bytes: &[u8]) -> Outcome<ffi::Document> {
    guard(|| Ok(docx::from_docx(bytes)?.into()))
}

fn place_images(ops: &str, urls: &[String]) -> Outcome<String> {
    guard(|| {
        let Ok(Value::Array(mut ops)) = serde_json::from_str::<Value>(ops) else {
            return refuse("a delta is an array of ops");
        };
        ops.retain_mut(|op| {
            let number = op.pointer("/insert/image").and_then(Value::as_str);
            let number = number
                .and_then(|it| it.strip_prefix("image:"))
                .and_then(|it| it.parse::<usize>().ok());
            match number.map(|it| urls.get(it).filter(|it| !it.is_empty())) {
                None => true,
                Some(None) => false,
                Some(Some(url)) => {
                    op["insert"]["image"] = Value::String(url.clone());
                    true
                }
            }
        });
        Ok(Value::Array(ops).to_string())
    })
}
