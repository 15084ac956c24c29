import { useEffect, useEffectEvent } from 'react';

/** The shortcuts of a document: find, replace, link, comment. */
export function useEditorKeys(
  readOnly: boolean,
  find: (what: 'find' | 'replace') => void,
  link: () => void,
  comment: () => void,
): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (document.querySelector('[role=dialog]')) return;
    const key = event.key.toLowerCase();
    if (event.altKey && event.code === 'KeyM') comment();
    else if (event.altKey) return;
    else if (key === 'f' && !event.shiftKey) find('find');
    else if (key === 'h' && !event.shiftKey && !readOnly) find('replace');
    else if (key === 'k' && event.shiftKey && !readOnly) link();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener('keydown', listener, true);
    return () => window.removeEventListener('keydown', listener, true);
  }, []);
}
