use super::*;

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
