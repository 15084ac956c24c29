import { useState } from 'react';

/** What has the focus now; of a menu's entry, which is about to go, the menu's button. */
function opener(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest('[role=menu]')?.getAttribute('aria-labelledby');
  return (menu ? document.getElementById(menu) : active) as HTMLElement | null;
}

/** For a dialog without a trigger of its own: gives the focus back to where it was before. */
export function useReturnFocus(): (event: Event) => void {
  const [before] = useState(opener);
  return (event) => {
    event.preventDefault();
    if (before?.isConnected) before.focus();
  };
}
