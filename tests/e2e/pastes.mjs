// What other programs put on the clipboard as HTML.

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const wordItem = (id, level, mark, text, place = "CxSpMiddle") => `
<p class=MsoListParagraph${place} style='margin-left:${level * 0.5}in;mso-add-space:auto;text-indent:-.25in;mso-list:l${id} level${level} lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-fareast-font-family:Symbol;mso-bidi-font-family:Symbol'><span style='mso-list:Ignore'>${mark}<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>${text}<o:p></o:p></p>
`;

/** Word for Windows. */
export const word = `<html xmlns:v="urn:schemas-microsoft-com:vml"
xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word"
xmlns:m="http://schemas.microsoft.com/office/2004/12/omml"
xmlns="http://www.w3.org/TR/REC-html40">
<head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8">
<meta name=Generator content="Microsoft Word 15">
<link rel=File-List href="file:///C:/Users/ann/AppData/Local/Temp/msohtmlclip1/01/clip_filelist.xml">
<!--[if gte mso 9]><xml>
 <w:WordDocument><w:View>Normal</w:View><w:Zoom>0</w:Zoom></w:WordDocument>
</xml><![endif]-->
<style>
<!--
 /* Font Definitions */
 @font-face {font-family:Wingdings; panose-1:5 0 0 0 0 0 0 0 0 0;}
 p.MsoNormal, li.MsoNormal, div.MsoNormal
	{mso-style-unhide:no; margin:0in; font-size:11.0pt; font-family:"Calibri",sans-serif;}
 /* List Definitions */
 @list l0
	{mso-list-id:1036541211; mso-list-type:hybrid; mso-list-template-ids:-113 67698689;}
@list l0:level1
	{mso-level-number-format:bullet; mso-level-text:\uF0B7; mso-level-tab-stop:none;}
@list l0:level2
	{mso-level-number-format:bullet; mso-level-text:o; mso-level-tab-stop:none;}
@list l1
	{mso-list-id:1721005213; mso-list-type:hybrid;}
@list l1:level1
	{mso-level-tab-stop:none; mso-level-number-position:left;}
@list l1:level2
	{mso-level-number-format:alpha-lower; mso-level-tab-stop:none;}
-->
</style>
<!--[if gte mso 10]>
<style> table.MsoNormalTable {mso-style-name:"Table Normal";} </style>
<![endif]-->
</head>
<body lang=EN-US link="#0563C1" vlink="#954F72" style='tab-interval:.5in;word-wrap:break-word'>
<!--StartFragment-->

<p class=MsoTitle>Annual report<o:p></o:p></p>

<h1>Findings<o:p></o:p></h1>

<h2><span style='mso-spacerun:yes'> </span>In short<o:p></o:p></h2>

<p class=MsoNormal>The \u201csmart\u201d quotes, a dash \u2013 and <b style='mso-bidi-font-weight:
normal'>bold<span style='mso-spacerun:yes'>  </span>words</b>, <i style='mso-bidi-font-style:normal'>italic</i>,
<u>underlined</u>, <s>struck</s>, H<sub>2</sub>O, m<sup>2</sup>, Donau\u00addampf\u00adschiff.<o:p></o:p></p>

<p class=MsoNormal><o:p>&nbsp;</o:p></p>

<p class=MsoNormal>Name:<span style='mso-tab-count:1'>       </span>Ann <span style='background:yellow;mso-highlight:
yellow'>marked</span><a href="https://example.com/a?b=1&amp;c=2"><span
style='mso-bidi-font-size:12.0pt'>our site</span></a><a style='mso-footnote-id:ftn1' href="#_ftn1"
name="_ftnref1" title=""><span class=MsoFootnoteReference><span style='mso-special-character:
footnote'><![if !supportFootnotes]>[1]<![endif]></span></span></a><o:p></o:p></p>
${wordItem(0, 1, "\u00b7", "Fruit", "CxSpFirst")}${wordItem(0, 2, "o", "Apples, <b>red</b>")}${wordItem(0, 1, "\u00b7", "Bread", "CxSpLast")}
<p class=MsoNormal>Then:<o:p></o:p></p>
${wordItem(1, 1, "1.", "First", "CxSpFirst")}${wordItem(1, 2, "a.", "Within")}${wordItem(1, 1, "2.", "Second", "CxSpLast")}
<p class=MsoQuote>Quoted words.<o:p></o:p></p>

<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0
 style='border-collapse:collapse;border:none;mso-border-alt:solid windowtext .5pt'>
 <tr style='mso-yfti-irow:0;mso-yfti-firstrow:yes'>
  <td width=208 valign=top style='width:155.8pt;border:solid windowtext 1.0pt;padding:0in 5.4pt 0in 5.4pt'>
  <p class=MsoNormal><b>City<o:p></o:p></b></p>
  </td>
  <td width=208 valign=top style='width:155.8pt;border:solid windowtext 1.0pt'>
  <p class=MsoNormal><b>People<o:p></o:p></b></p>
  </td>
 </tr>
 <tr style='mso-yfti-irow:1;mso-yfti-lastrow:yes'>
  <td width=208 valign=top style='width:155.8pt;border:solid windowtext 1.0pt'>
  <p class=MsoNormal>Ulm<o:p></o:p></p>
  <p class=MsoNormal>on the Danube<o:p></o:p></p>
  </td>
  <td width=208 valign=top style='width:155.8pt;border:solid windowtext 1.0pt'>
  <p class=MsoNormal>126,000<o:p></o:p></p>
  </td>
 </tr>
</table>

<p class=MsoNormal>A deleted <span class=msoDel><del cite="mailto:Ann" datetime="2026-01-02T03:04">old </del></span><span
class=msoIns><ins cite="mailto:Ann" datetime="2026-01-02T03:04">new </ins></span>word. <!--[if gte vml 1]><v:shape
id="Picture_x0020_1" o:spid="_x0000_i1025" type="#_x0000_t75" style='width:96pt' onload="globalThis.ran=1"><v:imagedata
src="file:///C:/Users/ann/AppData/Local/Temp/msohtmlclip1/01/clip_image001.png"/></v:shape><![endif]--><![if !vml]><img
width=128 height=64 src="file:///C:/Users/ann/AppData/Local/Temp/msohtmlclip1/01/clip_image001.png"
v:shapes="Picture_x0020_1" onerror="globalThis.ran=1"><![endif]>End.<o:p></o:p></p>

<!--EndFragment-->
</body>

</html>`;

const run = (text, style = "") =>
  `<span style="font-size:11pt;font-family:Arial,sans-serif;color:#000000;background-color:transparent;font-weight:400;font-style:normal;font-variant:normal;text-decoration:none;vertical-align:baseline;white-space:pre;white-space:pre-wrap;${style}">${text}</span>`;
const paragraph = (inner) =>
  `<p dir="ltr" style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;">${inner}</p>`;
const item = (level, text, more = "") =>
  `<li dir="ltr" style="list-style-type:disc;font-size:11pt;font-family:Arial,sans-serif;white-space:pre;" aria-level="${level}"${more}><p dir="ltr" style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;" role="presentation">${run(text)}</p></li>`;
const task = (done, text, level = 1) =>
  `<li dir="ltr" role="checkbox" aria-checked="${done}" style="list-style-type:none;font-size:11pt;white-space:pre;margin-left:-18pt;" aria-level="${level}"><img src="data:image/png;base64,${PIXEL}" width="18.4px" height="18.4px" alt="${done ? "checked" : "unchecked"}" aria-roledescription="checkbox" style="margin-right:3px;" /><p dir="ltr" style="line-height:1.38;display:inline-block;vertical-align:top;" role="presentation">${run(text)}</p></li>`;

/** Google Docs. */
export const google = `<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-0a1b2c3d-7fff-1111-2222-333344445555"><h1 dir="ltr" style="line-height:1.38;margin-top:20pt;margin-bottom:6pt;">${run("Plans", "font-size:20pt;")}</h1>${paragraph(
  run("Plain, ") +
    run("bold", "font-weight:700;") +
    run(", ") +
    run("italic", "font-style:italic;") +
    run(", ") +
    run("both lines", "text-decoration:underline line-through;") +
    run(" and ") +
    run("E=mc") +
    run('<span style="font-size:0.6em;vertical-align:super;">2</span>') +
    run("."),
)}<br />${paragraph(
  `<a href="https://www.google.com/url?q=https://example.com/page?x%3D1%26y%3D2&amp;sa=D&amp;source=editors&amp;ust=1700000000000000&amp;usg=AOvVaw0" style="text-decoration:none;">${run("a link", "color:#1155cc;text-decoration:underline;-webkit-text-decoration-skip:none;text-decoration-skip-ink:none;")}</a>` +
    `<a href="https://www.google.com/url?q=javascript:globalThis.ran%3D1&amp;sa=D" style="text-decoration:none;">${run(" and none", "color:#1155cc;")}</a>`,
)}<ul style="margin-top:0;margin-bottom:0;padding-inline-start:48px;">${item(1, "One")}<ul style="margin-top:0;margin-bottom:0;padding-inline-start:48px;">${item(2, "One and a half")}<ol style="margin-top:0;margin-bottom:0;">${item(3, "Deep")}</ol></ul>${item(1, "Two")}</ul><ol style="margin-top:0;margin-bottom:0;padding-inline-start:48px;">${item(1, "First")}${item(1, "Second")}</ol>${paragraph(run("Tasks"))}<ul style="margin-top:0;margin-bottom:0;padding-inline-start:28px;">${task(true, "Buy milk")}${task(false, "Write")}</ul><div dir="ltr" style="margin-left:0pt;" align="left"><table style="border:none;border-collapse:collapse;"><colgroup><col width="301"><col width="301"></colgroup><tbody><tr style="height:0pt"><td style="border-left:solid #000000 1pt;vertical-align:top;padding:5pt;">${paragraph(run("Name", "font-weight:700;"))}</td><td style="border-left:solid #000000 1pt;">${paragraph(run("Age", "font-weight:700;"))}</td></tr><tr style="height:0pt"><td style="border-left:solid #000000 1pt;">${paragraph(run("Ann"))}${paragraph(run("Smith"))}</td><td>${paragraph(run("42"))}</td></tr></tbody></table></div><br />${paragraph(run(`<span style="border:none;display:inline-block;overflow:hidden;width:10px;height:10px;"><img src="data:image/png;base64,${PIXEL}" width="10" height="10" style="margin-left:0px;margin-top:0px;" /></span>`))}<hr />${paragraph(run("The end."))}</b><br class="Apple-interchange-newline">`;

const onlineItem = (kind, level, text) =>
  `<div class="ListContainerWrapper SCXW1 BCX0" style="margin:0px;padding:0px;"><${kind} class="BulletListStyle1 SCXW1" role="list" style="margin:0px;"><li class="OutlineElement Ltr SCXW1" role="listitem" data-leveltext="" data-font="Symbol" data-listid="1" data-aria-posinset="1" data-aria-level="${level}" aria-setsize="-1" style="margin:0px 0px 0px 24px;"><p class="Paragraph SCXW1" style="margin:0px;white-space:pre-wrap;"><span class="TextRun SCXW1" data-contrast="auto" style="font-size:11pt;"><span class="NormalTextRun SCXW1">${text}</span></span><span class="EOP SCXW1">&nbsp;</span></p></li></${kind}></div>`;

/** Word in a browser: each item is a list of its own. */
export const wordOnline = `<html><body><!--StartFragment--><div class="OutlineElement Ltr SCXW1 BCX0" style="margin:0px;"><p class="Paragraph SCXW1" role="heading" aria-level="2" style="margin:0px;"><span class="TextRun SCXW1" style="font-size:16pt;"><span class="NormalTextRun SCXW1" data-ccp-parastyle="heading 2">A heading</span></span><span class="EOP SCXW1">&nbsp;</span></p></div>${onlineItem("ul", 1, "Outer")}${onlineItem("ul", 2, "Inner")}${onlineItem("ol", 1, "Number")}<!--EndFragment--></body></html>`;

/** An editor of code: lines of coloured pieces. */
export const code = `<meta charset='utf-8'><div style="color: #d4d4d4;background-color: #1e1e1e;font-family: Menlo, Monaco, 'Courier New', monospace;font-weight: normal;font-size: 12px;line-height: 18px;white-space: pre;"><div><span style="color: #569cd6;">def</span><span style="color: #d4d4d4;"> </span><span style="color: #dcdcaa;">f</span><span>(x):</span></div><div><span style="color: #d4d4d4;">    </span><span style="color: #c586c0;">if</span><span> x &lt; 1:  </span></div><div><span>        </span><span style="color: #c586c0;">return</span><span> "</span><span>&lt;b&gt;"</span></div><br><div><span>f(</span><span style="color: #b5cea8;">1</span><span>)</span></div></div>`;

/** Pages: code with its language, tasks with boxes, wide and high cells, a table within a table. */
export const page = `<html><body><!--StartFragment--><div class="highlight highlight-source-js"><pre><code class="language-js"><span class="pl-k">const</span> a = 1;
  if (a) {
    run();
  }
</code></pre></div><p>Use <code>npm&nbsp;ci</code>.</p><ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" class="task-list-item-checkbox" checked="" disabled=""> Done</li><li class="task-list-item"><input type="checkbox" disabled=""> Open<ul><li><input type="checkbox"> Below</li></ul></li></ul><table><thead><tr><th>Wide <a href="https://example.com/h">head</a></th><th>B</th><th>C</th></tr></thead><tbody><tr><td colspan="2">a</td><td rowspan="2">c</td></tr><tr><td>d</td><td><table><tr><td>in</td><td>side</td></tr></table></td></tr></tbody></table><p>gone <del>was</del> here</p><!--EndFragment--></body></html>`;

/** What would run, if anything did. */
export const hostile = `<html xmlns:w="urn:schemas-microsoft-com:office:word"><body><p style="mso-list:l0 level1 lfo1" onclick="globalThis.ran=1">item<img src=x onerror="globalThis.ran=1"></p><b id="docs-internal-guid-1" style="font-weight:normal"><li role="checkbox" aria-checked="true"><img src="javascript:globalThis.ran=1" aria-roledescription="checkbox"><svg><script>globalThis.ran=1</script></svg>task</li></b><pre class="language-js" data-language="x' onload='globalThis.ran=1"><code><script>globalThis.ran=1</script>code</code></pre><table><tr><td colspan="100000000" rowspan="100000000">cell<iframe srcdoc="<script>parent.ran=1</script>"></iframe></td></tr></table><a href="https://www.google.com/url?q=javascript%3AglobalThis.ran%3D1">link</a><a href="data:text/html,<script>1</script>">data</a><math><mi xlink:href="javascript:globalThis.ran=1">m</mi></math><style>@import 'javascript:globalThis.ran=1'</style><base href="https://evil.example/"><form action="javascript:globalThis.ran=1"><button>go</button></form></body></html>`;

/** What a second parse, in a page with scripts, would read in another way. */
export const mutating = `<html xmlns:w="urn:schemas-microsoft-com:office:word"><body><p style="mso-list:l0 level1 lfo1">item<noscript><!--</noscript><img src="/mutated.png" onerror="globalThis.ran=1">--></noscript><noembed><img src="/mutated.png"></noembed></p></body></html>`;

const picture = (alt, more = "") =>
  `<img alt="${alt}" src="data:image/png;base64,${PIXEL}"${more}>`;
/** Three images, the first two beside one another. */
export const pictures = `<p>one <a href="https://example.com/">${picture("first", ' width="20" height="30"')}</a>${picture("second")} two ${picture("third")} three</p>`;
export const pictureInCell = `<table><tr><td>a${picture("in")}b</td><td>c</td></tr></table><p>behind</p>`;
