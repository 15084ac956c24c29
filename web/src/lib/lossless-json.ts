const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
const LONG_RUN = /\d{16}/;

/**
 * Parses JSON without losing digits: an integer that a JavaScript number cannot hold exactly
 * becomes a string of its digits; everything else is as `JSON.parse` gives it.
 */
export function parseLossless(text: string): unknown {
  if (!LONG_RUN.test(text)) return JSON.parse(text);
  const guarded = text.replace(TOKEN, (token) => {
    if (token.length < 16 || token.startsWith('"') || /[.eE]/.test(token)) return token;
    return Number.isSafeInteger(Number(token)) ? token : `"${token}"`;
  });
  return JSON.parse(guarded);
}
