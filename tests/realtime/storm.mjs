// Random edits by many editors at once, some of whom lose their connection now and then.
const WORDS = ["a", "bc ", "déjà ", "漢字", "😀", "\n", "the quick ", "x".repeat(40), "é\n"];
const FORMATS = [{ bold: true }, { italic: true }, { bold: null }, { color: "red" }, { header: 2 }];
const LONGEST = 4000;

// Numbers that a seed determines (mulberry32).
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function change(editor, next) {
  const below = (most) => Math.floor(next() * most);
  const length = editor.length;
  const what = next();
  if (length > LONGEST) return editor.edit({ at: below(length - 400), remove: 1 + below(400) });
  if (what < 0.6 || length < 5) {
    const format = next() < 0.2 ? FORMATS[below(2)] : undefined;
    return editor.edit({ insert: WORDS[below(WORDS.length)], at: below(length + 1), format });
  }
  const at = below(length - 2);
  if (what < 0.75) return editor.edit({ at, remove: 1 + below(Math.min(6, length - at)) });
  if (what < 0.87) return editor.edit({ at, length: 1 + below(length - at), format: FORMATS[below(FORMATS.length)] });
  if (what < 0.92) return editor.edit({ at, embed: { image: `https://example.com/${below(9)}.png` } });
  return editor.edit({ undo: true });
}

// `edits` changes by the named editors; `drops` is the share of changes that also cut a connection.
export async function storm(editors, { names, seed, edits, drops = 0.01, breath = 1 }) {
  const next = random(seed);
  const away = new Map(); // editor → after which edit it comes back
  for (let i = 0; i < edits; ++i) {
    const name = names[Math.floor(next() * names.length)];
    const editor = editors.get(name);
    change(editor, next);
    if (next() < drops && !away.has(editor)) {
      editor.disconnect();
      away.set(editor, i + Math.floor(next() * 100));
    }
    for (const [gone, until] of away) {
      if (until > i) continue;
      gone.connect();
      away.delete(gone);
    }
    if (i % 4 === 3) await pause(breath);
  }
  for (const gone of away.keys()) gone.connect();
  return edits;
}
