const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** An address that may be linked to; undefined for one that would run something. */
export function safeLink(text: string): string | undefined {
  const typed = text.trim();
  if (!typed) return undefined;
  const mail = /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(typed);
  const bare = /^[\w-]+(\.[\w-]+)+([/?#:].*)?$/.test(typed);
  const whole = mail ? `mailto:${typed}` : bare ? `https://${typed}` : typed;
  if (/^[/#](?!\/)/.test(whole)) return whole;
  try {
    return SCHEMES.has(new URL(whole).protocol) ? whole : undefined;
  } catch {
    return undefined;
  }
}
