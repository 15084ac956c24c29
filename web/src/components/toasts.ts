import { messageOf } from '@/api/errors';
import { copyText } from '@/lib/browser';
import { createStore } from '@/lib/store';

export interface Toast {
  id: number;
  title: string;
  detail?: string;
  tone?: 'neutral' | 'success' | 'danger';
  action?: { label: string; run(): unknown };
}

export const toasts = createStore<Toast[]>([]);
let last = 0;

export const dismissToast = (id: number): void =>
  toasts.set((all) => all.filter((toast) => toast.id !== id));

/** Shows a short message. One with an action stays ten seconds, an error eight, others four. */
export function toast(content: Omit<Toast, 'id'>): number {
  last += 1;
  const id = last;
  toasts.set((all) => [...all.slice(-3), { ...content, id }]);
  const stay = content.action ? 10_000 : content.tone === 'danger' ? 8_000 : 4_000;
  setTimeout(() => dismissToast(id), stay);
  return id;
}

export const toastError = (title: string, error: unknown): number =>
  toast({ title, detail: messageOf(error), tone: 'danger' });

export function copyWithToast(text: string, what: string): void {
  copyText(text).then(
    () => toast({ title: `${what} copied` }),
    (error: unknown) => toastError('Could not copy', error),
  );
}
