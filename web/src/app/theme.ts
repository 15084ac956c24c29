import { createStore } from '@/lib/store';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'openbricks.theme'; // read by public/theme.js before the first paint

function stored(): Theme {
  const value = document.documentElement.dataset.theme;
  return value === 'light' || value === 'dark' ? value : 'system';
}

export const theme = createStore<Theme>(stored());

export function setTheme(next: Theme): void {
  theme.set(next);
  if (next === 'system') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  }
}

/** Whether the page is dark now, whoever chose it. */
export function isDark(): boolean {
  const chosen = theme.get();
  return chosen === 'system'
    ? matchMedia('(prefers-color-scheme: dark)').matches
    : chosen === 'dark';
}
