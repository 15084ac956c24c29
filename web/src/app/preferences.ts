import { savePreferences, showPreferences, type Preferences } from '@/api/workspaces';
import { setTheme } from '@/app/theme';
import { toastError } from '@/components/toasts';
import { FORMATS_KEY, setFormats } from '@/lib/format';
import { writeStored } from '@/lib/storage';
import { createStore } from '@/lib/store';

/** What holds until the server has told what the user prefers. */
export const DEFAULTS: Preferences = {
  theme: 'system',
  time_zone: '',
  language: '',
  editor: { font_size: 13, tab_size: 2, line_numbers: true, word_wrap: true },
};

export const preferences = createStore<Preferences>(DEFAULTS);

/** Counts how often other formats came with the preferences: what is shown is drawn anew then. */
export const loadedFormats = createStore(0);

/** Says whether numbers and times are written another way than before. */
function apply(next: Preferences): boolean {
  setTheme(next.theme);
  const other = setFormats(next.language, next.time_zone);
  writeStored(FORMATS_KEY, [next.language, next.time_zone]);
  document.documentElement.style.setProperty('--editor-font-size', `${next.editor.font_size}px`);
  preferences.set(next);
  return other;
}

let loaded = false;

/** After signing in: the same on every device. */
export async function loadPreferences(): Promise<true> {
  const { editor, ...rest } = await showPreferences();
  const other = apply({ ...DEFAULTS, ...rest, editor: { ...DEFAULTS.editor, ...editor } });
  if (other) loadedFormats.set((count) => count + 1);
  loaded = true;
  return true;
}

/** Applies at once, and keeps it on the server. */
export async function changePreferences(next: Preferences): Promise<void> {
  apply(next);
  await savePreferences(next);
}

/** As changePreferences, telling of a failure by itself. */
export function chooseTheme(theme: Preferences['theme']): void {
  const keep = async () => {
    // Or the others would be overwritten by what holds without them.
    if (!loaded) await loadPreferences();
    await changePreferences({ ...preferences.get(), theme });
  };
  keep().catch((error: unknown) => toastError('Could not keep the theme', error));
}
