import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { openPalette, openShortcuts } from '@/app/overlays';
import { PAGES } from '@/app/pages';

const SEQUENCE = 1000; // milliseconds between "g" and the letter that follows

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Shortcuts that work everywhere: Ctrl/Cmd-K, "?", and "g" followed by a page's letter. */
export function useGlobalKeys(): void {
  const navigate = useNavigate();
  useEffect(() => {
    let started = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role=dialog]')) return;
      if (event.key === '?') openShortcuts();
      else if (event.key === 'g') started = Date.now();
      else if (Date.now() - started < SEQUENCE) {
        const page = PAGES.find(({ keys }) => keys === `g then ${event.key}`);
        if (page) void navigate({ to: page.to });
        started = 0;
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate]);
}
