"""Documents as files and back, and the pages that readers without a script get."""

from __future__ import annotations

import base64
import io
import re
import uuid
import zipfile
import zlib

import pytest

from tests.harness.client import Client
from tests.harness.server import Server

PASSWORD = "a long password"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAEklEQVR4AQEHAPj/AP8AAAAA/wcAAf9VNrrHAAAAAElFTkSuQmCC"
)
OPS = [
    {"insert": "Numbers"},
    {"insert": "\n", "attributes": {"header": 1}},
    {"insert": "Some "},
    {"insert": "bold", "attributes": {"bold": True}},
    {"insert": " text with <tags> & "},
    {"insert": "a link", "attributes": {"link": "https://example.com/"}},
    {"insert": "\n"},
    {"insert": "Next"},
    {"insert": "\n", "attributes": {"header": 2}},
    {"insert": "one"},
    {"insert": "\n", "attributes": {"list": "ordered"}},
    {"insert": "done"},
    {"insert": "\n", "attributes": {"list": "checked"}},
    {"insert": "k"},
    {"insert": "\n", "attributes": {"table": "r1"}},
    {"insert": "v"},
    {"insert": "\n", "attributes": {"table": "r1"}},
    {"insert": "select 1"},
    {"insert": "\n", "attributes": {"code-block": "sql"}},
    {"insert": "Last"},
    {"insert": "\n", "attributes": {"header": 2}},
    {"insert": "The end.\n"},
]


@pytest.fixture()
def ann(server: Server, admin: Client) -> Client:
    email = f"ann-{uuid.uuid4().hex[:8]}@example.org"
    admin.ok("POST", "users", json={"email": email, "name": "Ann", "password": PASSWORD})
    return Client(server.url).login(email, PASSWORD)


@pytest.fixture()
def nobody(server: Server) -> Client:
    return Client(server.url)


def make(client: Client, title: str = "Report", ops: list | None = None) -> str:
    document = client.ok("POST", "documents", json={"title": title})["id"]
    client.ok("PUT", f"documents/{document}/content", json={"delta": {"ops": ops or OPS}})
    return document


def export(client: Client, document: str, form: str) -> bytes:
    answer = client.get(f"documents/{document}/export", params={"format": form})
    assert answer.status_code == 200, answer.text
    return answer.content


def bring(client: Client, name: str, data: bytes, kind: str = "", **more: str):
    headers = {"Content-Type": kind or "application/octet-stream"}
    params = {"name": name, **more} if name else more
    return client.request("POST", "documents/import", params=params, data=data, headers=headers)


def ops_of(client: Client, document: str) -> list:
    answer = client.get(f"documents/{document}/content")
    assert answer.ok, answer.text
    return answer.json()["ops"]


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


def texts_of_pdf(data: bytes) -> int:
    """How many streams of it unpack: their text is in glyphs of embedded fonts."""
    found = 0
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S):
        try:
            zlib.decompress(stream)
            found += 1
        except zlib.error:
            pass
    return found


def test_exports_say_what_they_are(ann: Client) -> None:
    document = make(ann, 'Größe "x"/y')
    for form, kind, ending, start in (
        ("html", "text/html; charset=utf-8", "html", b"<!doctype html>"),
        ("markdown", "text/markdown; charset=utf-8", "md", b"# Numbers"),
        ("docx", DOCX, "docx", b"PK"),
        ("pdf", "application/pdf", "pdf", b"%PDF-"),
        ("text", "text/plain; charset=utf-8", "txt", b"Numbers\n"),
    ):
        answer = ann.get(f"documents/{document}/export", params={"format": form})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == kind
        named = answer.headers["Content-Disposition"]
        assert named.startswith("attachment; ") and named.endswith(
            f"UTF-8''Gr%C3%B6%C3%9Fe%20%22x%22_y.{ending}"
        )
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.content.startswith(start), answer.content[:100]
    assert texts_of_pdf(export(ann, document, "pdf")) > 0
    answer = ann.get(f"documents/{document}/export", params={"format": "xls"})
    assert (answer.status_code, answer.json()["id"]) == (400, "documents.badFormat")


def test_content_as_html_and_markdown(ann: Client) -> None:
    document = make(ann)
    for form, kind, piece in (
        ("html", "text/html; charset=utf-8", "<strong>bold</strong> text with &lt;tags&gt; &amp;"),
        ("markdown", "text/markdown; charset=utf-8", "Some **bold** text with \\<tags> &"),
    ):
        answer = ann.get(f"documents/{document}/content", params={"format": form})
        assert answer.headers["Content-Type"] == kind
        assert piece in answer.content.decode()


@pytest.mark.parametrize(
    "form, name", [("html", "x.html"), ("markdown", "x.md"), ("docx", "x.docx")]
)
def test_what_goes_out_comes_back(ann: Client, form: str, name: str) -> None:
    document = make(ann)
    answer = bring(ann, name, export(ann, document, form))
    assert answer.status_code == 201, answer.text
    back = answer.json()
    assert back["title"] == ("x" if form == "markdown" else "Report")
    again = export(ann, back["id"], "markdown").decode()
    first = export(ann, document, "markdown").decode()
    # DOCX does not say which language code is in.
    assert again == (first.replace("```sql", "```") if form == "docx" else first)


def test_import_of_each_kind(ann: Client) -> None:
    for name, kind, data, title, text in (
        ("notes.txt", "", b"a\r\nb", "notes", "a\nb\n"),
        ("", "text/plain; charset=utf-8", b"a", "Untitled", "a\n"),
        ("dir/Plan.MD", "text/plain", b"# A\n\nb", "Plan", "A\nb\n"),
        ("", "text/markdown", b"* a", "Untitled", "a\n"),
        ("", "text/html", b"<title>T</title><p>x<p>y", "T", "x\ny\n"),
    ):
        answer = bring(ann, name, data, kind)
        assert answer.status_code == 201, answer.text
        assert answer.json()["title"] == title
        content = ann.get(f"documents/{answer.json()['id']}/content", params={"format": "text"})
        assert content.content.decode() == text


def test_what_cannot_be_read_is_refused_and_leaves_nothing(ann: Client) -> None:
    bomb = archive(word__document_xml=b" " * (60 << 20))
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><document>&a;</document>'
    for name, kind, data, status, word in (
        ("x.doc", "", b"x", 415, ".docx"),
        ("x.exe", "text/plain", b"x", 415, ".docx"),
        ("", "", b"x", 415, ".docx"),
        ("x.docx", "", b"not a zip", 400, "no DOCX"),
        ("x.docx", "", archive(x=b"y"), 400, "no word/document.xml"),
        ("x.docx", "", bomb, 400, "unpacks to too much"),
        ("x.docx", "", archive(word__document_xml=entities), 400, "entities"),
        ("x.docx", "", archive(word__document_xml=b"<a>" * 100_000), 400, "too deep"),
        ("x.txt", "", b"\xff\xfe\x00", 400, "UTF-8"),
        ("x.md", "", b"x" * ((20 << 20) + 1), 413, ""),
    ):
        answer = bring(ann, name, data, kind)
        assert answer.status_code == status, (name, answer.text)
        assert word in answer.json()["detail"], answer.text
    assert ann.ok("GET", "documents")["documents"] == []
    assert ann.ok("GET", "documents", params={"filter": "trash"})["documents"] == []


def test_hostile_nesting_ends(ann: Client) -> None:
    for name, data in (
        ("x.html", b"<div>" * 200_000 + b"x"),
        ("x.html", b"<b><i><a href=x><p>" * 20_000 + b"x"),
        ("x.md", b">" * 50_000 + b" x"),
        ("x.md", b"[" * 50_000 + b"x"),
        ("x.md", b"*a **b " * 20_000),
    ):
        answer = bring(ann, name, data)
        assert answer.status_code in (201, 400), (name, answer.text[:300])


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jAva&#9;script:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<style>*{background:url(//evil)}</style><link rel=stylesheet href=//evil><base href=//evil>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<form action="javascript:alert(1)"><button>x</button></form><meta http-equiv=refresh content=0>',
]


def runs(page: str) -> list[str]:
    """What of a page could run or load something."""
    found = re.findall(r"<(script|svg|iframe|object|embed|form|link|base|math)\b", page, re.I)
    for tag in re.findall(r"<[a-z][^<>]*>", page, re.I):
        outside = re.sub(r"\"[^\"]*\"", "", tag)
        found += re.findall(r"\son\w+\s*=", outside, re.I)
        found += re.findall(r"(?:href|src)=\"\s*(?:javascript|data:text|vbscript)[^\"]*", tag, re.I)
        found += re.findall(r"style=\"[^\"]*url\([^\"]*", tag, re.I)
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_is_imported_runs(ann: Client, nobody: Client, attack: str) -> None:
    for name, data in (
        ("x.html", f"<title>{attack}</title>{attack}<p>end"),
        ("x.md", f"# {attack}\n\n{attack}\n\n[x]({attack})\n\nend"),
    ):
        answer = bring(ann, name, data.encode())
        assert answer.status_code == 201, answer.text
        document = answer.json()["id"]
        ann.ok(
            "PATCH", f"documents/{document}", json={"title": attack[:190], "link_access": "view"}
        )
        page = nobody.get(f"/d/{document}")
        assert page.status_code == 200
        assert runs(page.text) == [], page.text
        assert runs(export(ann, document, "html").decode()) == []
        fragment = ann.get(f"documents/{document}/content", params={"format": "html"})
        assert runs(fragment.text) == []


def test_a_hostile_delta_does_not_run(ann: Client, nobody: Client) -> None:
    attack = '"><script>alert(1)</script>'
    ops = [
        {"insert": attack, "attributes": {"link": "javascript:alert(1)", "color": attack}},
        {"insert": {"image": f"x{attack}"}, "attributes": {"alt": attack, "width": attack}},
        {"insert": {"video": "javascript:alert(1)"}},
        {"insert": {"embed": {"title": attack, "url": "javascript:alert(1)"}}},
        {"insert": "\n", "attributes": {"code-block": attack}},
        {"insert": "\n"},
    ]
    document = make(ann, attack, ops)
    ann.ok("PATCH", f"documents/{document}", json={"link_access": "view"})
    assert runs(nobody.get(f"/d/{document}").text) == []


def test_page_of_a_document(ann: Client, nobody: Client) -> None:
    document = make(ann, "Größe <b> & Zahl")
    hidden = nobody.get(f"/d/{document}")
    unknown = nobody.get(f"/d/{uuid.uuid4()}")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    nonce = r"nonce(=\"|-)[\w-]+"
    assert re.sub(nonce, "", hidden.text) == re.sub(nonce, "", unknown.text)
    assert "There is nothing to read here" in hidden.text

    ann.ok("PATCH", f"documents/{document}", json={"link_access": "view"})
    page = nobody.get(f"/d/{document}", params={"utm_source": "x"})
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    given = re.search(r"style-src 'nonce-([\w-]+)'", policy)
    assert given and f'<style nonce="{given[1]}">' in page.text
    assert policy.startswith("default-src 'none';") and "script" not in policy
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for piece in (
        "<title>Größe &lt;b&gt; &amp; Zahl</title>",
        '<meta name="robots" content="noindex">',
        '<meta property="og:title" content="Größe &lt;b&gt; &amp; Zahl">',
        '<meta name="description" content="Numbers Some bold text with &lt;tags&gt; &amp; a link',
        '<h2 id="h-next">Next</h2>',
        '<a href="#h-next">Next</a>',
        "<strong>bold</strong> text with &lt;tags&gt; &amp; ",
    ):
        assert piece in page.text, piece
    assert "style=" not in page.text and "Open in editor" not in page.text
    second = nobody.get(f"/d/{document}").headers["Content-Security-Policy"]
    assert second != policy

    ann.ok("PATCH", f"documents/{document}", json={"link_access": "edit"})
    assert f'href="/documents/{document}">Open in editor</a>' in nobody.get(f"/d/{document}").text
    ann.ok("DELETE", f"documents/{document}")
    assert nobody.get(f"/d/{document}").status_code in (404, 410)


def test_page_of_a_link(ann: Client, nobody: Client) -> None:
    document = make(ann)
    link = ann.ok("POST", f"documents/{document}/links", json={"level": "edit"})
    page = nobody.get(f"/s/{link['token']}")
    assert page.status_code == 200 and "The end." in page.text
    editor = re.search(r'href="(/documents/[^"]+)">Open in editor', page.text)
    assert editor and editor[1].startswith(f"/documents/{document}?share=")
    ann.ok("DELETE", f"documents/{document}/links/{link['id']}")
    assert nobody.get(f"/s/{link['token']}").status_code == 404
    assert nobody.get(f"/s/{'x' * 5000}").status_code == 404


def test_page_of_a_link_with_a_password(ann: Client, nobody: Client) -> None:
    document = make(ann)
    body = {"level": "view", "password": "open sesame & more"}
    link = ann.ok("POST", f"documents/{document}/links", json=body)
    path = f"/s/{link['token']}"
    asked = nobody.get(path)
    assert asked.status_code == 403 and '<form method="post">' in asked.text
    assert "The end." not in asked.text and "Report" not in asked.text
    assert "form-action 'self'" in asked.headers["Content-Security-Policy"]
    wrong = nobody.request("POST", path, data={"password": "<wrong>"})
    assert wrong.status_code == 403 and "not the password" in wrong.text
    right = nobody.request("POST", path, data={"password": "open sesame & more"})
    assert right.status_code == 200 and "The end." in right.text


def test_guests_export_what_they_may_read(ann: Client, nobody: Client) -> None:
    document = make(ann)
    path = f"documents/{document}/export"
    assert nobody.get(path).status_code == 401
    link = ann.ok("POST", f"documents/{document}/links", json={"level": "view"})
    answer = nobody.get(path, params={"format": "text", "share": link["token"]})
    assert answer.status_code == 200 and b"The end." in answer.content
    assert bring(nobody, "x.txt", b"x").status_code == 401


def test_pictures_of_a_docx(ann: Client) -> None:
    inline = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    ops = [{"insert": {"image": inline}, "attributes": {"alt": "two"}}, {"insert": "\n"}]
    document = make(ann, "Pictures", ops)
    data = export(ann, document, "docx")
    assert zipfile.ZipFile(io.BytesIO(data)).read("word/media/image1.png") == PICTURE
    answer = bring(ann, "x.docx", data)
    assert answer.status_code == 201, answer.text
    images = [op["insert"] for op in ops_of(ann, answer.json()["id"]) if op["insert"] != "\n"]
    url = images[0]["image"]
    if url.startswith("data:"):
        assert url == inline
    else:
        found = ann.get(url)
        assert (found.content, found.headers["Content-Type"]) == (PICTURE, "image/png")
