// Random edits by many editors at once, some of whom lose their connection now and then.
const WORDS = ["a", "bc ", "déjà ", "漢字", "😀", "\n", "the quick ", "x".repeat(40), "é\n"];
const FORMATS = [{ bold: true }, { italic: true }, { bold: null }, { color: "red" }, { header: 2 }];
// Editors of text in jsdom take time with its length, and what is to be found does not need it.
const LONGEST = 1500;

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

// Nobody's cursor stands within a character of two units.
function place(units, at) {
  const unit = units.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000 ? at - 1 : at;
}

function change(editor, next) {
  const below = (most) => Math.floor(next() * most);
  const units = editor.units();
  const what = next();
  const at = place(units, below(units.length + 1));
  const until = (most) => place(units, Math.min(units.length, at + 1 + below(most)));
  if (units.length > LONGEST) return editor.edit({ at: 0, remove: place(units, 500) });
  if (what < 0.6 || units.length < 5) {
    const format = next() < 0.2 ? FORMATS[below(2)] : undefined;
    return editor.edit({ insert: WORDS[below(WORDS.length)], at, format });
  }
  const end = until(what < 0.75 ? 6 : 200);
  if (what < 0.87 && end <= at) return;
  if (what < 0.75) return editor.edit({ at, remove: end - at });
  if (what < 0.87) return editor.edit({ at, length: end - at, format: FORMATS[below(FORMATS.length)] });
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
