// Writes delta_cases.json: random deltas and what npm's quill-delta makes of them. By hand:
//   npm install quill-delta@5.1.0 && node delta_cases.mjs > delta_cases.json
import Delta from "quill-delta";

let seed = 20_261_122;
function random(below) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}
const pick = (list) => list[random(list.length)];

const PIECES = ["a", "bc", "def ", "\n", "ö", "日本", "😀", "x\ny", "word and word\n", "👩‍👧"];
const EMBEDS = [{ image: "/a.png" }, { image: "/b.png" }, { video: { src: "v", at: 3 } }];
const VALUES = { bold: [true], color: ["red", "blue"], header: [1, 2], link: ["https://x.org"] };

function attributes(withNull) {
  if (random(2) === 0) return undefined;
  const out = {};
  for (const key of Object.keys(VALUES)) {
    if (random(3) === 0) out[key] = withNull && random(3) === 0 ? null : pick(VALUES[key]);
  }
  return out;
}

function text() {
  let out = "";
  for (let i = 0; i <= random(3); i++) out += pick(PIECES);
  return out;
}

function document() {
  const out = new Delta();
  for (let i = 0; i < random(6); i++) out.insert(random(6) === 0 ? pick(EMBEDS) : text(), attributes(false));
  return out;
}

function change(length) {
  const out = new Delta();
  let left = length;
  while (left > 0 && random(8) !== 0) {
    const n = 1 + random(Math.min(left, 5));
    const kind = random(4);
    if (kind === 0) {
      out.insert(random(6) === 0 ? pick(EMBEDS) : text(), attributes(false));
    } else if (kind === 1) {
      out.delete(n);
      left -= n;
    } else {
      out.retain(n, attributes(true));
      left -= n;
    }
  }
  if (random(3) === 0) out.insert(text(), attributes(false));
  return out;
}

function pieceOf(doc) {
  // A document that is like `doc`, as the next version of a text is.
  return doc.compose(change(doc.length()));
}

const cases_wanted = Number(process.argv[2] ?? 800);
const cases = [];
for (let i = 0; i < cases_wanted; i++) {
  const doc = document();
  const a = change(doc.length());
  const b = change(doc.length());
  const after = doc.compose(a);
  const c = change(after.length());
  const position = random(doc.length() + 2);
  cases.push([
    doc.ops,
    a.ops,
    b.ops,
    c.ops,
    position,
    pieceOf(doc).ops,
    // What comes of them.
    after.ops,
    a.compose(c).ops,
    a.transform(b, true).ops,
    a.transform(b, false).ops,
    a.transformPosition(position, true),
    a.transformPosition(position, false),
    a.invert(doc).ops,
  ]);
}
// Half of a surrogate pair is not JSON that everybody reads: such cases are left out.
const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const whole = cases.filter((one) => !half.test(JSON.stringify(one)) && !/\\ud[89a-f]/.test(JSON.stringify(one)));
process.stdout.write("[\n" + whole.map((one) => JSON.stringify(one)).join(",\n") + "\n]\n");
