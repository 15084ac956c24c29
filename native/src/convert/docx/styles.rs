//! The parts of a DOCX that are the same for every document.
use std::fmt::Write;

/// Points of ordinary text.
pub const TEXT: f32 = 11.0;
pub const BULLETS: usize = 1;
pub const CHECKED: usize = 2;
pub const UNCHECKED: usize = 3;
pub const FIRST_ORDERED: usize = 4;

pub const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

pub const DOCUMENT_START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><w:body>";

pub const DOCUMENT_END: &str = "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
<w:pgMar w:top=\"1440\" w:right=\"1440\" w:bottom=\"1440\" w:left=\"1440\" w:header=\"708\" w:footer=\"708\" w:gutter=\"0\"/>\
</w:sectPr></w:body></w:document>";

pub const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
<Relationship Id=\"document\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>\
<Relationship Id=\"properties\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>\
</Relationships>";

pub fn content_types(images: &str) -> String {
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    format!(
        "{XML}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{images}\
         <Override PartName=\"/word/document.xml\" ContentType=\"{word}.document.main+xml\"/>\
         <Override PartName=\"/word/styles.xml\" ContentType=\"{word}.styles+xml\"/>\
         <Override PartName=\"/word/numbering.xml\" ContentType=\"{word}.numbering+xml\"/>\
         <Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>\
         </Types>"
    )
}

pub fn properties(title: &str) -> String {
    format!(
        "{XML}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{title}</dc:title></cp:coreProperties>"
    )
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

pub fn styles() -> String {
    let mut out = format!(
        "{XML}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr>\
         <w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:eastAsia=\"Calibri\" w:cs=\"Calibri\"/>\
         <w:sz w:val=\"22\"/><w:szCs w:val=\"22\"/></w:rPr></w:rPrDefault>\
         <w:pPrDefault><w:pPr><w:spacing w:after=\"120\" w:line=\"276\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault>\
         </w:docDefaults>"
    );
    out.push_str("<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/></w:style>");
    let sizes = [36, 30, 26, 24, 22, 22];
    for (index, size) in sizes.into_iter().enumerate() {
        let level = index + 1;
        let _ = write!(
            out,
            "<w:style w:type=\"paragraph\" w:styleId=\"Heading{level}\"><w:name w:val=\"heading {level}\"/>\
             <w:basedOn w:val=\"Normal\"/><w:next w:val=\"Normal\"/><w:qFormat/>\
             <w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before=\"240\" w:after=\"80\"/><w:outlineLvl w:val=\"{index}\"/></w:pPr>\
             <w:rPr><w:b/><w:bCs/><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr></w:style>"
        );
    }
    let border = |side: &str, color: &str| {
        format!("<w:{side} w:val=\"single\" w:sz=\"6\" w:space=\"4\" w:color=\"{color}\"/>")
    };
    let paragraphs = [
        (
            "Title",
            "Title",
            "<w:spacing w:after=\"240\"/>".to_string(),
            "<w:b/><w:bCs/><w:sz w:val=\"48\"/><w:szCs w:val=\"48\"/>",
        ),
        ("ListParagraph", "List Paragraph", "<w:contextualSpacing/>".to_string(), ""),
        (
            "Quote",
            "Quote",
            format!("<w:pBdr>{}</w:pBdr><w:ind w:left=\"360\"/>", border("left", "A0A0A0")),
            "<w:color w:val=\"555555\"/>",
        ),
        (
            "Code",
            "Code",
            "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F3F4F6\"/><w:spacing w:after=\"0\" w:line=\"240\" w:lineRule=\"auto\"/>".to_string(),
            "<w:rFonts w:ascii=\"Consolas\" w:hAnsi=\"Consolas\" w:cs=\"Consolas\"/><w:sz w:val=\"19\"/><w:szCs w:val=\"19\"/>",
        ),
        ("Divider", "Divider", format!("<w:pBdr>{}</w:pBdr>", border("bottom", "A0A0A0")), ""),
        (
            "Result",
            "Result",
            format!(
                "<w:pBdr>{}{}{}{}</w:pBdr>",
                border("top", "A0A0A0"),
                border("left", "A0A0A0"),
                border("bottom", "A0A0A0"),
                border("right", "A0A0A0")
            ),
            "",
        ),
        (
            "AfterTable",
            "After Table",
            "<w:spacing w:after=\"0\" w:line=\"120\" w:lineRule=\"exact\"/>".to_string(),
            "",
        ),
    ];
    for (id, name, paragraph, run) in paragraphs {
        let run = if run.is_empty() {
            String::new()
        } else {
            format!("<w:rPr>{run}</w:rPr>")
        };
        let _ = write!(
            out,
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
             <w:qFormat/><w:pPr>{paragraph}</w:pPr>{run}</w:style>"
        );
    }
    let mono = "<w:rFonts w:ascii=\"Consolas\" w:hAnsi=\"Consolas\" w:cs=\"Consolas\"/>";
    let characters = [
        (
            "Hyperlink",
            "Hyperlink",
            "<w:color w:val=\"1155CC\"/><w:u w:val=\"single\"/>".to_string(),
        ),
        (
            "CodeText",
            "Code Text",
            format!("{mono}<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F3F4F6\"/>"),
        ),
        (
            "Formula",
            "Formula",
            "<w:rFonts w:ascii=\"Cambria Math\" w:hAnsi=\"Cambria Math\"/>".to_string(),
        ),
        ("Mention", "Mention", "<w:b/>".to_string()),
    ];
    for (id, name, run) in characters {
        let _ = write!(
            out,
            "<w:style w:type=\"character\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:rPr>{run}</w:rPr></w:style>"
        );
    }
    let sides = ["top", "left", "bottom", "right", "insideH", "insideV"];
    let borders: String = sides
        .iter()
        .map(|it| format!("<w:{it} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"A0A0A0\"/>"))
        .collect();
    let _ = write!(
        out,
        "<w:style w:type=\"table\" w:styleId=\"TableGrid\"><w:name w:val=\"Table Grid\"/>\
         <w:pPr><w:spacing w:after=\"0\"/></w:pPr>\
         <w:tblPr><w:tblBorders>{borders}</w:tblBorders><w:tblCellMar><w:left w:w=\"108\" w:type=\"dxa\"/>\
         <w:right w:w=\"108\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style>"
    );
    out + "</w:styles>"
}

fn abstract_number(id: usize, level: impl Fn(usize) -> (&'static str, String)) -> String {
    let mut out = format!(
        "<w:abstractNum w:abstractNumId=\"{id}\"><w:multiLevelType w:val=\"hybridMultilevel\"/>"
    );
    for depth in 0..9 {
        let (format, text) = level(depth);
        let left = 720 * (depth + 1);
        let _ = write!(
            out,
            "<w:lvl w:ilvl=\"{depth}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/><w:lvlText w:val=\"{text}\"/>\
             <w:lvlJc w:val=\"left\"/><w:pPr><w:ind w:left=\"{left}\" w:hanging=\"360\"/></w:pPr></w:lvl>"
        );
    }
    out + "</w:abstractNum>"
}

pub fn numbering(ordered: usize) -> String {
    let mut out = format!("{XML}<w:numbering {W}>");
    out += &abstract_number(BULLETS, |depth| {
        ("bullet", ["•", "◦", "▪"][depth % 3].to_string())
    });
    out += &abstract_number(CHECKED, |_| ("bullet", "☑".to_string()));
    out += &abstract_number(UNCHECKED, |_| ("bullet", "☐".to_string()));
    out += &abstract_number(FIRST_ORDERED, |depth| {
        (
            ["decimal", "lowerLetter", "lowerRoman"][depth % 3],
            format!("%{}.", depth + 1),
        )
    });
    for id in [BULLETS, CHECKED, UNCHECKED] {
        let _ = write!(
            out,
            "<w:num w:numId=\"{id}\"><w:abstractNumId w:val=\"{id}\"/></w:num>"
        );
    }
    for id in FIRST_ORDERED..FIRST_ORDERED + ordered {
        let _ = write!(
            out,
            "<w:num w:numId=\"{id}\"><w:abstractNumId w:val=\"{FIRST_ORDERED}\"/>\
             <w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"1\"/></w:lvlOverride></w:num>"
        );
    }
    out + "</w:numbering>"
}
