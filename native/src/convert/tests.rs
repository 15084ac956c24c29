//! Golden pieces of every form, round trips, and what must never come out.
use std::collections::HashMap;
use std::io::{Cursor, Write};

use serde_json::{Value, json};

use super::html::{Look, from_html, to_html};
use super::style::to_data;
use super::{Imported, docx, markdown, model, pdf, text};

fn html_of(ops: &Value) -> String {
    let images = HashMap::new();
    let look = Look {
        classes: false,
        images: &images,
        share: "",
    };
    to_html(&model::read(&ops.to_string()).unwrap(), &look).body
}

fn ops_of(imported: Imported) -> Value {
    serde_json::from_str(&imported.ops).unwrap()
}

fn from(html: &str) -> Value {
    ops_of(from_html(html).unwrap())
}

fn markdown_of(ops: &Value) -> String {
    markdown::to_markdown(&model::read(&ops.to_string()).unwrap(), "")
}

/// A small picture: 2×1 pixels, red and blue.
fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[255, 0, 0, 0, 0, 255]).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Something of everything.
fn sample() -> Value {
    let ops = r##"[
        {"insert": "Quarterly report"}, {"insert": "\n", "attributes": {"header": 1}},
        {"insert": "Plain, "}, {"insert": "bold", "attributes": {"bold": true}}, {"insert": ", "},
        {"insert": "italic", "attributes": {"italic": true}}, {"insert": ", "},
        {"insert": "underlined", "attributes": {"underline": true}}, {"insert": ", "},
        {"insert": "struck", "attributes": {"strike": true}}, {"insert": ", "},
        {"insert": "x", "attributes": {"code": true}}, {"insert": ", H"},
        {"insert": "2", "attributes": {"script": "sub"}}, {"insert": "O, m"},
        {"insert": "2", "attributes": {"script": "super"}}, {"insert": ", "},
        {"insert": "a link", "attributes": {"link": "https://example.com/?a=1&b=2"}}, {"insert": ", "},
        {"insert": "red", "attributes": {"color": "#e60000"}}, {"insert": " on "},
        {"insert": "yellow", "attributes": {"background": "#ffff00"}}, {"insert": ", "},
        {"insert": "big", "attributes": {"size": "18pt"}}, {"insert": ".\n"},
        {"insert": "Ελληνικά, Кириллица, žluťoučký kůň\n"},
        {"insert": "First"}, {"insert": "\n", "attributes": {"list": "ordered"}},
        {"insert": "Inner"}, {"insert": "\n", "attributes": {"list": "bullet", "indent": 1}},
        {"insert": "Second"}, {"insert": "\n", "attributes": {"list": "ordered"}},
        {"insert": "Tasks"}, {"insert": "\n", "attributes": {"header": 2}},
        {"insert": "Done"}, {"insert": "\n", "attributes": {"list": "checked"}},
        {"insert": "Open"}, {"insert": "\n", "attributes": {"list": "unchecked"}},
        {"insert": "Said by somebody"}, {"insert": "\n", "attributes": {"blockquote": true}},
        {"insert": "fn main() {"}, {"insert": "\n", "attributes": {"code-block": "rust"}},
        {"insert": "    1 < 2;"}, {"insert": "\n", "attributes": {"code-block": "rust"}},
        {"insert": "}"}, {"insert": "\n", "attributes": {"code-block": "rust"}},
        {"insert": "Name"}, {"insert": "\n", "attributes": {"table": "r1"}},
        {"insert": "Value"}, {"insert": "\n", "attributes": {"table": "r1"}},
        {"insert": "one"}, {"insert": "\n", "attributes": {"table": "r2"}},
        {"insert": "1 | 2"}, {"insert": "\n", "attributes": {"table": "r2"}},
        {"insert": "Centred"}, {"insert": "\n", "attributes": {"align": "center"}},
        {"insert": {"divider": true}},
        {"insert": {"image": "PNG"}, "attributes": {"alt": "two pixels", "width": "40"}},
        {"insert": "\n"},
        {"insert": {"mention": {"id": "1", "name": "Ada"}}}, {"insert": " wrote "},
        {"insert": {"formula": "e=mc^2"}}, {"insert": "\n"},
        {"insert": {"embed": {"title": "Sales by month", "url": "/query/1"}}},
        {"insert": {"video": "https://example.com/v"}},
        {"insert": "The end.\n"}
    ]"##;
    serde_json::from_str(&ops.replace("PNG", &to_data(&png()).unwrap())).unwrap()
}

#[test]
fn a_delta_as_html() {
    let html = html_of(&sample());
    for piece in [
        "<h1>Quarterly report</h1>",
        "<strong>bold</strong>, <em>italic</em>, <u>underlined</u>, <s>struck</s>, <code>x</code>",
        "H<sub>2</sub>O, m<sup>2</sup>",
        "<a href=\"https://example.com/?a=1&amp;b=2\" rel=\"noopener noreferrer nofollow\">a link</a>",
        "<span style=\"color:#e60000\">red</span>",
        "<ol><li>First<ul><li>Inner</li></ul></li>\n<li>Second</li></ol>",
        "<li><input type=\"checkbox\" disabled checked> Done</li>",
        "<blockquote>\n<p>Said by somebody</p>\n</blockquote>",
        "<pre><code class=\"language-rust\">fn main() {\n    1 &lt; 2;\n}\n</code></pre>",
        "<tr><td>Name</td><td>Value</td></tr>",
        "<p style=\"text-align:center\">Centred</p>\n<hr>",
        "alt=\"two pixels\" width=\"40\">",
        "<span class=\"mention\">@Ada</span> wrote <span class=\"formula\">e=mc^2</span>",
        "<p class=\"result\"><a href=\"/query/1\">Sales by month</a></p>",
    ] {
        assert!(html.contains(piece), "{piece}\nis not in\n{html}");
    }
}

#[test]
fn a_page_has_classes_and_anchors_instead_of_styles() {
    let images = HashMap::new();
    let look = Look {
        classes: true,
        images: &images,
        share: "t0k",
    };
    let ops = json!([
        {"insert": "Two words"}, {"insert": "\n", "attributes": {"header": 2}},
        {"insert": "Two words"}, {"insert": "\n", "attributes": {"header": 2, "align": "right"}},
        {"insert": "x", "attributes": {"color": "#e60000", "size": "10.5pt"}},
        {"insert": {"image": "/api/v1/documents/d/files/f"}}, {"insert": "\n"}]);
    let html = to_html(&model::read(&ops.to_string()).unwrap(), &look);
    assert!(!html.body.contains("style="), "{}", html.body);
    assert!(
        html.body.contains("<h2 id=\"h-two-words\">"),
        "{}",
        html.body
    );
    assert!(
        html.body
            .contains("<h2 id=\"h-two-words--2\" class=\"a-right\">"),
        "{}",
        html.body
    );
    assert!(html.body.contains("/files/f?share=t0k\""), "{}", html.body);
    assert_eq!(
        html.style,
        ".a-right{text-align:right}\n.c-e60000{color:#e60000}\n.s-10_5pt{font-size:10.5pt}"
    );
}

#[test]
fn html_comes_back_as_the_same_delta() {
    let ops = sample();
    let back = from(&html_of(&ops));
    assert_eq!(html_of(&back).replace("<p>@Ada", ""), {
        // A mention and live results come back as the text and the link that they were shown as.
        html_of(&ops)
            .replace("<span class=\"mention\">@Ada</span>", "@Ada")
            .replace("<p>@Ada", "")
            .replace(
                "<p class=\"result\"><a href=\"/query/1\">",
                "<p><a href=\"/query/1\" rel=\"noopener noreferrer nofollow\">",
            )
            .replace("<p class=\"video\">", "<p>")
    });
}

#[test]
fn html_as_a_delta() {
    let cases = [
        ("a<br>b", json!([{"insert": "a\nb\n"}])),
        (
            "<p>a<br></p><p><br></p><p>b</p>",
            json!([{"insert": "a\n\nb\n"}]),
        ),
        (
            "<p>  a \n b  <b> c </b></p>",
            json!([
            {"insert": "a b "}, {"insert": "c", "attributes": {"bold": true}}, {"insert": "\n"}]),
        ),
        (
            "<ul><li><p>a</p><p>b</p></li><li></li></ul>",
            json!([
            {"insert": "a"}, {"insert": "\n", "attributes": {"list": "bullet"}},
            {"insert": "b"}, {"insert": "\n", "attributes": {"indent": 1}},
            {"insert": "\n", "attributes": {"list": "bullet"}}]),
        ),
        (
            "<ol><li data-list=\"bullet\" class=\"ql-indent-1\">a</li></ol>",
            json!([
            {"insert": "a"}, {"insert": "\n", "attributes": {"indent": 1, "list": "bullet"}}]),
        ),
        (
            "<table><tr><th>a<td>b<p>c<tr><td colspan=9>d</table>e",
            json!([
            {"insert": "a", "attributes": {"bold": true}}, {"insert": "\n", "attributes": {"table": "row-1"}},
            {"insert": "b c"}, {"insert": "\n", "attributes": {"table": "row-1"}},
            {"insert": "d"}, {"insert": "\n", "attributes": {"table": "row-2"}}, {"insert": "e\n"}]),
        ),
        (
            "<b style='font-weight:normal'><p style='text-align:center'>a</p></b>",
            json!([
            {"insert": "a"}, {"insert": "\n", "attributes": {"align": "center"}}]),
        ),
        (
            "<pre><code class='language-sql'>select\n 1</code></pre>",
            json!([
            {"insert": "select"}, {"insert": "\n", "attributes": {"code-block": "sql"}},
            {"insert": " 1"}, {"insert": "\n", "attributes": {"code-block": "sql"}}]),
        ),
        ("", json!([{"insert": "\n"}])),
    ];
    for (html, ops) in cases {
        assert_eq!(from(html), ops, "{html}");
    }
}

#[test]
fn the_title_of_a_page_is_that_of_the_document() {
    let imported = from_html("<title>a</title><h1 class=\"title\">b</h1><p>c</p>").unwrap();
    assert_eq!(imported.title, "b");
    assert_eq!(ops_of(imported), json!([{"insert": "c\n"}]));
    assert_eq!(
        from_html("<title>a &amp; b</title>c").unwrap().title,
        "a & b"
    );
}

const ATTACKS: [&str; 26] = [
    "<script>alert(1)</script>x",
    "<img src=x onerror=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" jAva\tscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"vbscript:x\">x</a>",
    "<img src=\"javascript:alert(1)\">",
    "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">",
    "<img src=\"data:text/html;base64,PHN2Zz4=\">",
    "<svg onload=alert(1)><script>alert(1)</script></svg>x",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<iframe src=\"javascript:alert(1)\"></iframe><iframe srcdoc=\"<script>\">",
    "<object data=\"x.swf\"></object><embed src=x><applet code=x>",
    "<form action=\"javascript:alert(1)\"><input type=submit><button formaction=x>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<p style=\"color:red;behavior:url(x);-moz-binding:url(y)\">x</p>",
    "<p style='font-family:\"x</style><script>alert(1)</script>\"'>x</p>",
    "<style>@import 'x'; </style><link rel=stylesheet href=x><base href=\"//evil\">x",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea></textarea><img src=x onerror=alert(1)></textarea>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<xmp><p title=\"</xmp><script>alert(1)</script>\">",
    "<template><script>alert(1)</script></template>",
    "<p class=\"x\" onclick=\"alert(1)\" id=\"y\" is=\"z\">x</p><meta http-equiv=refresh content=0>",
    "<<script>script>alert(1)<</script>/script>",
];

#[test]
fn nothing_of_html_runs() {
    for attack in ATTACKS {
        let ops = from(attack);
        for classes in [false, true] {
            let images = HashMap::new();
            let look = Look {
                classes,
                images: &images,
                share: "",
            };
            let html = to_html(&model::read(&ops.to_string()).unwrap(), &look)
                .body
                .to_lowercase();
            for bad in [
                "<script",
                "<svg",
                "<iframe",
                "<object",
                "<style",
                "<form",
                "href=\"java",
                "href=\"data",
                "<meta",
            ] {
                assert!(!html.contains(bad), "{attack}\n{html}");
            }
            let tags = html
                .split('<')
                .skip(1)
                .filter_map(|it| it.split('>').next());
            for tag in tags {
                let outside_quotes: String = tag.split('"').step_by(2).collect();
                assert!(!outside_quotes.contains(" on"), "{attack}\n{html}");
                assert!(
                    !tag.contains("url(") && !tag.contains("javascript:"),
                    "{attack}\n{html}"
                );
            }
        }
    }
}

#[test]
fn a_hostile_delta_is_no_html() {
    let ops = json!([
        {"insert": "<script>alert(1)</script>", "attributes": {
            "link": "javascript:alert(1)", "color": "red;background:url(x)", "font": "x\"><script>",
            "size": "1px;}</style>", "background": "url(javascript:x)"}},
        {"insert": {"image": "x\" onerror=\"alert(1)"}, "attributes": {"alt": "\"><script>", "width": "1\" onload=\"x"}},
        {"insert": {"video": "javascript:alert(1)"}},
        {"insert": {"embed": {"title": "<img src=x onerror=alert(1)>", "url": "javascript:alert(1)"}}},
        {"insert": {"formula": "</span><script>"}}, {"insert": {"mention": {"name": "<script>"}}},
        {"insert": "x"}, {"insert": "\n", "attributes": {"code-block": "\"><script>", "align": "\"><script>"}},
        {"insert": "x"}, {"insert": "\n", "attributes": {"table": "\"><script>"}},
        {"insert": "\n"}]);
    let html = html_of(&ops);
    assert!(!html.contains("<script"), "{html}");
    assert!(
        !html.contains("javascript:") && !html.contains("url("),
        "{html}"
    );
    assert!(
        html.contains("src=\"x&quot; onerror=&quot;alert(1)\""),
        "{html}"
    );
}

#[test]
fn hostile_html_is_bounded() {
    let deep = from_html(&"<div>".repeat(300_000)).unwrap();
    assert_eq!(deep.notes.len(), 1);
    let formats: String = (0..20_000)
        .map(|it| format!("<font color=#{it:06x}><p>x"))
        .collect();
    from_html(&formats).unwrap();
    from_html(&"<b><i><a href=x><p>".repeat(50_000)).unwrap();
    from_html(&"<table><tr><td>".repeat(100_000)).unwrap();
    from_html(&"<ul><li>x".repeat(100_000)).unwrap();
    let attributes: String = (0..20_000).map(|it| format!(" a{it}=1")).collect();
    from_html(&format!("<p{attributes}>x</p>")).unwrap();
    let many = from_html(&"<b></b>".repeat(600_000)).err();
    assert!(many.is_some_and(|it| it.to_string().contains("too many elements")));
}

#[test]
fn files_are_links_and_lines_that_are_to_go_are_joined() {
    let ops = json!([
        {"insert": {"file": {"url": "/api/v1/documents/d/files/f", "name": "a.csv", "bytes": 7}}},
        {"insert": "\n", "attributes": {"suggest-cut": "s|1|Ann"}}, {"insert": " and more\n"}]);
    assert_eq!(
        markdown::to_markdown(
            &model::read(&ops.to_string()).unwrap(),
            "https://b.example/"
        ),
        "[a.csv](https://b.example/api/v1/documents/d/files/f) and more\n"
    );
}

#[test]
fn suggestions_are_shown_as_accepted() {
    let ops = json!([
        {"insert": "old", "attributes": {"suggest-delete": {"by": "1"}}},
        {"insert": "new", "attributes": {"suggest-insert": {"by": "1"}}}, {"insert": " text\n"}]);
    assert_eq!(html_of(&ops), "<p>new text</p>\n");
}

#[test]
fn a_delta_as_markdown() {
    let markdown = markdown_of(&sample());
    for piece in [
        "# Quarterly report\n",
        "Plain, **bold**, *italic*, <u>underlined</u>, ~~struck~~, `x`, H<sub>2</sub>O",
        "[a link](https://example.com/?a=1&b=2)",
        "1. First\n   - Inner\n2. Second\n",
        "- [x] Done\n- [ ] Open\n",
        "> Said by somebody\n",
        "```rust\nfn main() {\n    1 < 2;\n}\n```\n",
        "| Name | Value |\n| --- | --- |\n| one | 1 \\| 2 |\n",
        "\n---\n",
        "@Ada wrote $e=mc^2$",
        "[Sales by month](/query/1)",
    ] {
        assert!(markdown.contains(piece), "{piece}\nis not in\n{markdown}");
    }
}

#[test]
fn markdown_comes_back() {
    let once = markdown_of(&sample());
    let again = markdown_of(&ops_of(markdown::from_markdown(&once).unwrap()));
    assert_eq!(once, again);
}

#[test]
fn text_that_looks_like_markdown_stays_text() {
    for text in [
        "# no heading",
        "* no item",
        "1. no item",
        "12) x",
        "a * b * c",
        "snake_case_name and _this_",
        "`x`",
        "[x](y)",
        "> x",
        "+ x",
        "- x",
        "=== x",
        "<b>x</b>",
        "&amp; &copy;",
        "![x](y)",
        "~~x~~",
        "a | b",
        "$x$",
        "\\*",
        "-",
        "#",
        "2 < 3 && 4 > 3",
        "https://example.com/a_b_c",
        "---",
        "a\\",
    ] {
        let ops = json!([{ "insert": format!("{text}\n") }]);
        let markdown = markdown_of(&ops);
        assert_eq!(
            ops_of(markdown::from_markdown(&markdown).unwrap()),
            ops,
            "{markdown}"
        );
    }
}

#[test]
fn markdown_as_a_delta() {
    let markdown = "---\ntitle: \"My notes\"\n---\n# A\n\nb **c** ~~d~~ `e` [f](https://g.h)\n\n- [ ] i\n- [x] j\n\n\
                    | k | l |\n|---|---|\n| m | n |\n\nText[^1].\n\n[^1]: The note.\n\n<script>alert(1)</script>\n";
    let imported = markdown::from_markdown(markdown).unwrap();
    assert_eq!(imported.title, "My notes");
    let text = imported.ops.clone();
    for piece in [
        "\"header\":1",
        "\"list\":\"unchecked\"",
        "\"list\":\"checked\"",
        "\"table\":\"row-2\"",
        "The note.",
    ] {
        assert!(text.contains(piece), "{piece}\nis not in\n{text}");
    }
    assert!(!text.contains("alert"), "{text}");
}

#[test]
fn plain_text() {
    let lines = model::read(&sample().to_string()).unwrap();
    let plain = text::to_text(&lines);
    for piece in [
        "1. First\n  • Inner\n2. Second\n",
        "[x] Done\n",
        "Name\tValue\none\t1 | 2\n",
        "@Ada wrote e=mc^2\n",
    ] {
        assert!(plain.contains(piece), "{piece}\nis not in\n{plain}");
    }
    let back = text::from_text("\u{feff}a\r\nb\r\n").unwrap();
    assert_eq!(ops_of(back), json!([{"insert": "a\nb\n"}]));
}

fn docx_of(ops: &Value) -> Vec<u8> {
    let lines = model::read(&ops.to_string()).unwrap();
    docx::to_docx(
        &lines,
        "Title & more",
        "https://bricks.example",
        &HashMap::new(),
    )
    .unwrap()
}

#[test]
fn docx_comes_back() {
    let imported = docx::from_docx(&docx_of(&sample())).unwrap();
    assert_eq!(imported.title, "Title & more");
    assert_eq!(imported.images.len(), 1);
    assert_eq!(imported.images[0].bytes, png());
    let back = ops_of(imported);
    let html = html_of(&back);
    for piece in [
        "<h1>Quarterly report</h1>",
        "<strong>bold</strong>, <em>italic</em>, <u>underlined</u>, <s>struck</s>, <code>x</code>",
        "H<sub>2</sub>O, m<sup>2</sup>",
        "<a href=\"https://example.com/?a=1&amp;b=2\" rel=\"noopener noreferrer nofollow\">a link</a>",
        "<span style=\"color:#e60000\">red</span>",
        "<span style=\"background-color:#ffff00\">yellow</span>",
        "<span style=\"font-size:18pt\">big</span>",
        "<ol><li>First<ul><li>Inner</li></ul></li>\n<li>Second</li></ol>",
        "disabled checked> Done</li>\n<li><input type=\"checkbox\" disabled> Open</li>",
        "<blockquote>\n<p>Said by somebody</p>\n</blockquote>",
        "<pre><code>fn main() {\n    1 &lt; 2;\n}\n</code></pre>",
        "<tr><td>Name</td><td>Value</td></tr>\n<tr><td>one</td><td>1 | 2</td></tr>",
        "<p style=\"text-align:center\">Centred</p>\n<hr>\n<p><img src=\"image:0\" alt=\"two pixels\"></p>",
        "<span class=\"formula\">e=mc^2</span>",
    ] {
        assert!(html.contains(piece), "{piece}\nis not in\n{html}");
    }
    // A second time nothing changes any more.
    let placed = back
        .to_string()
        .replace("image:0", &to_data(&png()).unwrap());
    let again = docx::from_docx(&docx_of(&serde_json::from_str(&placed).unwrap())).unwrap();
    assert_eq!(ops_of(again), back);
}

fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn hostile_docx_is_refused() {
    let bomb = vec![b' '; 30 << 20];
    let entities = b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><document>&a;</document>";
    let deep = "<a>".repeat(100_000);
    let cases: [(&[u8], &str); 6] = [
        (b"no zip", "no DOCX"),
        (&zip_of(&[("x", b"y")]), "no word/document.xml"),
        (
            &zip_of(&[("word/document.xml", &bomb)]),
            "unpacks to too much",
        ),
        (&zip_of(&[("word/document.xml", entities)]), "entities"),
        (
            &zip_of(&[("word/document.xml", deep.as_bytes())]),
            "too deep",
        ),
        (
            &zip_of(&[("word/document.xml", b"<a><b></a>")]),
            "broken XML",
        ),
    ];
    for (bytes, reason) in cases {
        let error = docx::from_docx(bytes)
            .err()
            .map(|it| it.to_string())
            .unwrap_or_default();
        assert!(error.contains(reason), "{error} has no {reason}");
    }
}

fn pdf_of(ops: &Value) -> Vec<u8> {
    let lines = model::read(&ops.to_string()).unwrap();
    pdf::to_pdf(&lines, "Title", "https://bricks.example", &HashMap::new()).unwrap()
}

#[test]
fn a_delta_as_pdf() {
    let bytes = pdf_of(&sample());
    assert!(bytes.starts_with(b"%PDF-"));
    assert!(
        bytes.len() < 200_000,
        "fonts are embedded in part: {}",
        bytes.len()
    );
    for ops in [
        json!([]),
        json!([{"insert": "\n"}]),
        json!([{"insert": "x".repeat(20_000)}]),
        json!([{"insert": "漢字かな 한국어 עברית العربية 😀 e\u{301}\u{302}\n"}]),
        json!([{"insert": "a\n", "attributes": {"table": "r"}}]),
        json!([{"insert": "word ".repeat(9_000)}, {"insert": "\n", "attributes": {"table": "r"}}]),
        json!([{"insert": "a"}, {"insert": "\n".repeat(3000), "attributes": {"table": "r"}}]),
        json!([{"insert": "a", "attributes": {"size": "96pt"}}, {"insert": "\n", "attributes": {"list": "ordered", "indent": 8}}]),
    ] {
        pdf_of(&ops);
    }
}

#[test]
fn a_delta_that_is_none_is_refused() {
    for ops in [
        "",
        "{}",
        "[{\"delete\":1}]",
        "[{\"insert\":1}]",
        "[1]",
        "{\"ops\":1}",
        "[{\"insert\":null}]",
    ] {
        assert!(model::read(ops).is_err(), "{ops}");
    }
    assert!(model::read(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

#[test]
fn broken_input_breaks_nothing() {
    let good_docx = docx_of(&sample());
    let good_html = html_of(&sample());
    let good_markdown = markdown_of(&sample());
    let mut random = Random(7);
    for _ in 0..300 {
        let mut bytes = good_docx.clone();
        let mut html = good_html.clone().into_bytes();
        let mut markdown = good_markdown.clone().into_bytes();
        for _ in 0..1 + random.below(20) {
            for text in [&mut bytes, &mut html, &mut markdown] {
                let at = random.below(text.len());
                match random.below(3) {
                    0 => text[at] = random.below(256) as u8,
                    1 => drop(text.drain(at..(at + random.below(40)).min(text.len()))),
                    _ => {
                        let part = text[at..(at + random.below(40)).min(text.len())].to_vec();
                        text.splice(at..at, part);
                    }
                }
            }
        }
        let _ = docx::from_docx(&bytes);
        for text in [html, markdown] {
            let text = String::from_utf8_lossy(&text).into_owned();
            for imported in [
                from_html(&text).unwrap(),
                markdown::from_markdown(&text).unwrap(),
            ] {
                let lines = model::read(&imported.ops).unwrap();
                markdown::to_markdown(&lines, "");
                text::to_text(&lines);
                html_of(&serde_json::from_str(&imported.ops).unwrap());
            }
        }
    }
    // Parts of a DOCX, broken within the archive.
    let document = {
        let mut archive = zip::ZipArchive::new(Cursor::new(&good_docx)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut archive.by_name("word/document.xml").unwrap(),
            &mut text,
        )
        .unwrap();
        text
    };
    for _ in 0..300 {
        let mut text = document.clone().into_bytes();
        for _ in 0..1 + random.below(6) {
            let at = random.below(text.len());
            let part = text[random.below(text.len())..]
                .iter()
                .take(random.below(60))
                .copied()
                .collect::<Vec<_>>();
            text.splice(at..(at + random.below(30)).min(text.len()), part);
        }
        if let Ok(imported) = docx::from_docx(&zip_of(&[("word/document.xml", &text)])) {
            let lines = model::read(&imported.ops).unwrap();
            docx::to_docx(&lines, "x", "", &HashMap::new()).unwrap();
        }
    }
}

/// Writes the sample in every form into the folder OPENBRICKS_SAMPLES, to be looked at.
#[test]
fn samples() {
    let Some(folder) = std::env::var_os("OPENBRICKS_SAMPLES").map(std::path::PathBuf::from) else {
        return;
    };
    let mut ops = sample();
    if let Some(file) = std::env::var_os("OPENBRICKS_DELTA") {
        ops = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    std::fs::write(folder.join("sample.html"), html_of(&ops)).unwrap();
    std::fs::write(folder.join("sample.md"), markdown_of(&ops)).unwrap();
    std::fs::write(folder.join("sample.docx"), docx_of(&ops)).unwrap();
    std::fs::write(folder.join("sample.pdf"), pdf_of(&ops)).unwrap();
}
