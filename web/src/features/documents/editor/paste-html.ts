import { isAttachment } from '@/features/documents/editor/image-urls';
import { languageOf } from '@/features/documents/editor/languages';

// HTML of other programs, told in the way that Quill's clipboard understands. The document is one of
// a DOMParser: nothing in it runs or loads.

const all = (root: ParentNode, selector: string) => [
  ...root.querySelectorAll<HTMLElement>(selector),
];

function renamed(node: Element, tag: string): HTMLElement {
  const fresh = node.ownerDocument.createElement(tag);
  fresh.append(...node.childNodes);
  node.replaceWith(fresh);
  return fresh;
}

function wrapInside(node: Element, tag: string): void {
  const inner = node.ownerDocument.createElement(tag);
  inner.append(...node.childNodes);
  node.append(inner);
}

const UNWANTED = [
  'script, template, iframe, object, embed, svg, math, base, link, meta, form > button',
  // Quill parses the items of Word's lists again, within our page: what is read in another way there
  // could come to life. Its definitions of lists are a style of the head.
  'noscript, noembed, noframes, xmp, plaintext, [style*="mso-list" i] style',
].join();

/** Takes away what would run or load in a page; Quill puts parts of it into ours. */
export function disarm(doc: Document): void {
  for (const node of all(doc, UNWANTED)) node.remove();
  const comments: Node[] = [];
  const walker = doc.createTreeWalker(doc, NodeFilter.SHOW_COMMENT);
  while (walker.nextNode()) comments.push(walker.currentNode);
  for (const comment of comments) comment.parentNode?.removeChild(comment);
  for (const node of all(doc, '*'))
    for (const { name } of [...node.attributes])
      if (/^on|^(srcdoc|srcset|action|formaction|background)$/i.test(name))
        node.removeAttribute(name);
  for (const image of all(doc, 'img[src]')) {
    // Those of a document are shown from a copy in memory.
    if (!isAttachment(image.dataset.src ?? '')) image.dataset.src = image.getAttribute('src')!;
    image.removeAttribute('src');
  }
}

function lists(doc: Document): void {
  for (const item of all(doc, 'li')) {
    // Google Docs; and pages, such as GitHub's.
    const box = item.querySelector<HTMLElement>(
      ':is(:scope, :scope > p, :scope > label) > input[type="checkbox"]',
    );
    const checked = box
      ? box.hasAttribute('checked')
      : item.getAttribute('aria-checked') === 'true';
    if (box || item.getAttribute('role') === 'checkbox')
      item.dataset.list = checked ? 'checked' : 'unchecked';
    box?.remove();
    for (const picture of all(item, 'img[aria-roledescription="checkbox"]')) picture.remove();
    // Word in a browser: each item is a list of its own.
    const level = Number(item.dataset.ariaLevel ?? item.getAttribute('aria-level'));
    let depth = 0;
    for (let above = item.parentElement; above; above = above.parentElement)
      if (above.matches('ol, ul')) depth += 1;
    if (level > Math.max(depth, 1) && level < 10)
      item.classList.add(`ql-indent-${Math.floor(level) - 1}`);
  }
}

const MARKS = new Map(
  Object.entries({
    ...{ yellow: 'yellow', lime: 'green', green: 'green', aqua: 'blue', cyan: 'blue' },
    ...{ blue: 'blue', red: 'red', fuchsia: 'purple', magenta: 'purple' },
  }),
);

/** Strikes what is in it; where only certain children may be, what is in those. */
function strike(node: HTMLElement): void {
  const framed = node.matches('table, thead, tbody, tfoot, tr, ul, ol');
  for (const inner of framed ? all(node, 'td, th, li') : [node]) wrapInside(inner, 's');
}

function looks(doc: Document): void {
  for (const node of all(doc, 'body[style], body [style]')) {
    const name = /mso-highlight:\s*(\w+)/i.exec(node.getAttribute('style')!)?.[1];
    const mark = MARKS.get(name?.toLowerCase() ?? '');
    if (mark) node.classList.add(`ob-mark-${mark}`);
    const line = node.style.textDecorationLine || node.style.textDecoration;
    const linked = node.closest('a') !== null;
    if (line.includes('line-through') && line.includes('underline')) {
      node.style.textDecoration = linked ? 'none' : 'underline';
      strike(node);
    } else if (linked && line.includes('underline')) node.style.textDecoration = 'none';
    const height = node.style.verticalAlign;
    if (node.tagName === 'SPAN' && (height === 'super' || height === 'sub'))
      wrapInside(node, height === 'super' ? 'sup' : 'sub');
  }
}

function links(doc: Document): void {
  for (const link of all(doc, 'a[href]')) {
    const href = link.getAttribute('href')!;
    // Footnotes and bookmarks of Word lead nowhere here.
    if (href.startsWith('#_')) link.replaceWith(...link.childNodes);
    if (!/^https?:\/\/(www\.)?google\.[a-z.]+\/url\?/i.test(href)) continue;
    const { searchParams } = new URL(href);
    const target = searchParams.get('q') ?? searchParams.get('url');
    if (target) link.setAttribute('href', target);
  }
}

function styles(doc: Document): void {
  for (const node of all(doc, 'p.MsoTitle')) renamed(node, 'h1');
  for (const node of all(doc, 'p.MsoQuote, p.MsoIntenseQuote')) renamed(node, 'blockquote');
  for (const node of all(doc, '[role="heading"][aria-level]')) {
    const level = Number(node.getAttribute('aria-level'));
    if (node.matches('p, div') && level >= 1 && level <= 6) renamed(node, `h${Math.floor(level)}`);
  }
  for (const node of all(doc, 'body .msoDel, span.EOP, br.Apple-interchange-newline'))
    node.remove();
  for (const node of all(doc, 'del')) if (!node.hasAttributes()) renamed(node, 's');
}

const MONOSPACED = /mono|courier|consolas|menlo/i;

/** The lines of an editor of code, each an element of its own; undefined where it is one alone. */
function codeLines(node: HTMLElement): string | undefined {
  if (node.style.whiteSpace !== 'pre' || !MONOSPACED.test(node.style.fontFamily)) return undefined;
  const lines = [...node.children].filter((child) => child.matches('div, br'));
  if (lines.length < 2 || lines.length !== node.children.length) return undefined;
  return lines.map((line) => line.textContent).join('\n');
}

function code(doc: Document): void {
  for (const node of all(doc, 'div[style]')) {
    const lines = codeLines(node);
    if (lines !== undefined) renamed(node, 'pre').textContent = lines;
  }
  for (const pre of all(doc, 'pre')) {
    const around = [pre, pre.querySelector('code'), pre.parentElement];
    const name = around
      .map((node) => /\b(?:language|lang|highlight-source)-([\w+#]+)/.exec(node?.className ?? ''))
      .find((found) => found)?.[1];
    pre.dataset.language = languageOf(name ?? pre.dataset.language ?? '');
  }
}

const LINES = 'p, div, br, li, ul, ol, blockquote, pre, h1, h2, h3, h4, h5, h6';
const WIDEST = 64; // columns that a cell may span
const MOST_ADDED = 20_000; // cells that make the rows of a wider table even

/** A cell holds one line. */
function oneLine(cell: Element): HTMLElement {
  const td = cell.ownerDocument.createElement('td');
  td.append(...cell.childNodes);
  for (const line of all(td, LINES)) line.replaceWith(' ', ...line.childNodes, ' ');
  td.normalize();
  const texts: Text[] = [];
  const walker = td.ownerDocument.createTreeWalker(td, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  let blank = true; // what is before
  for (const text of texts) {
    text.data = text.data.replace(/[ \t\r\n]+/g, ' ');
    if (blank) text.data = text.data.trimStart();
    blank = text.data === '' ? blank : text.data.endsWith(' ');
  }
  for (const text of texts.reverse()) {
    text.data = text.data.trimEnd();
    if (text.data) break;
  }
  if (cell.tagName === 'TH') wrapInside(td, 'b');
  // Quill takes no notice of a cell with nothing in it.
  if (!td.textContent && !td.querySelector('img'))
    td.replaceChildren(td.ownerDocument.createElement('br'));
  return td;
}

type Grid = (HTMLElement | undefined)[][];

/** Its rows as lines of their own. */
function asLines(table: HTMLTableElement, grid: Grid): void {
  for (const cells of [[table.caption], ...grid]) {
    const line = table.ownerDocument.createElement('p');
    for (const cell of cells)
      if (cell && (cell.textContent || cell.querySelector('img')))
        line.append(...cell.childNodes, ' ');
    if (line.hasChildNodes()) table.before(line);
  }
  table.remove();
}

/** Rows of as many cells; those that a cell also takes are empty. */
function evenly(table: HTMLTableElement): void {
  const rows = [...table.rows];
  const grid: Grid = rows.map(() => []);
  const empty = () => oneLine(table.ownerDocument.createElement('td'));
  rows.forEach((row, y) => {
    let x = 0;
    for (const cell of [...row.cells]) {
      while (grid[y]![x]) x += 1;
      const right = Math.max(Math.min(x + cell.colSpan, WIDEST), x + 1);
      const below = x < WIDEST ? Math.min(y + Math.max(cell.rowSpan, 1), rows.length) : y + 1;
      for (let down = y; down < below; down += 1)
        for (let across = x; across < right; across += 1)
          grid[down]![across] ??= down === y && across === x ? oneLine(cell) : empty();
      x = right;
    }
  });
  const width = grid.reduce((most, row) => Math.max(most, row.length), 0);
  const given = grid.reduce((sum, row) => sum + row.length, 0);
  if (width > WIDEST && width * rows.length - given > MOST_ADDED) return asLines(table, grid);
  rows.forEach((row, y) => {
    row.replaceChildren();
    for (let x = 0; x < width; x += 1) row.append(grid[y]![x] ?? empty());
  });
}

function tables(doc: Document): void {
  // A table in a cell is its words; the innermost first.
  for (const inner of all(doc, 'table table').reverse()) {
    const words = all(inner, 'td, th').map((cell) => cell.textContent.trim());
    inner.replaceWith(` ${words.filter(Boolean).join(' ')} `);
  }
  for (const table of all(doc, 'table')) evenly(table as HTMLTableElement);
}

export function shape(doc: Document): void {
  styles(doc);
  links(doc);
  lists(doc);
  looks(doc);
  code(doc);
  tables(doc);
}
