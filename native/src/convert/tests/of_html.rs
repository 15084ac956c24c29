use serde_json::json;

use super::*;

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
    for sign in ["&", "&amp;", "&nbsp;", "§"] {
        from_html(&sign.repeat(300_000)).unwrap();
    }
}

#[test]
fn a_formula_in_markdown_is_no_html_and_ends_where_it_ends() {
    for (formula, written) in [
        ("e=mc^2", "e=mc^2"),
        ("a<b, a < 2", "a< b, a < 2"),
        (
            "<img src=x onerror=alert(1)></p><!--",
            "< img src=x onerror=alert(1)>< /p>< !--",
        ),
        ("a\n\n# b", "a # b"),
        ("5$ and \\$ and \\\\$", "5\\$ and \\$ and \\\\\\$"),
        ("a\\", "a"),
    ] {
        let ops = json!([{"insert": {"formula": formula}}, {"insert": "\n"}]);
        assert_eq!(markdown_of(&ops), format!("${written}$\n"));
    }
    let cell =
        json!([{"insert": {"formula": "a|b"}}, {"insert": "\n", "attributes": {"table": "1"}}]);
    assert!(
        markdown_of(&cell).contains("| $a\\|b$ |"),
        "{}",
        markdown_of(&cell)
    );
}

#[test]
fn long_texts_stay_in_one_piece() {
    let text = "a & b« §<".repeat(3000);
    let html = format!(
        "<p><b>{}</b></p>",
        text.replace('&', "&amp;").replace('<', "&lt;")
    );
    let ops = ops_of(from_html(&html).unwrap());
    assert_eq!(
        ops[0],
        json!({"insert": text, "attributes": {"bold": true}})
    );
}
