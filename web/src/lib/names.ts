/** The parts of a dotted name whose parts may be quoted with backticks or double quotes. */
export function splitName(text: string): string[] {
  const parts = text.match(/`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^.]+/g) ?? [];
  return parts.map((part) => {
    const quote = part[0];
    if (quote !== '`' && quote !== '"') return part;
    return part.slice(1, -1).replaceAll(quote + quote, quote);
  });
}
