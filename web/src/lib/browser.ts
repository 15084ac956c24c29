/** Puts text on the clipboard, also where the browser offers no clipboard API (plain http). */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('The browser does not let this page copy. Select the text instead.');
}

export const isMac = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? '');

/** "mod+k" as people read it here: "⌘ K" or "Ctrl K". */
export function keyLabel(keys: string): string {
  return keys
    .split('+')
    .map((key) => {
      if (key === 'mod') return isMac ? '⌘' : 'Ctrl';
      if (key === 'shift') return isMac ? '⇧' : 'Shift';
      if (key === 'alt') return isMac ? '⌥' : 'Alt';
      if (key === 'enter') return '↵';
      return key.length === 1 ? key.toUpperCase() : key;
    })
    .join(' ');
}

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
