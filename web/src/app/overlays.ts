import { createStore } from '@/lib/store';

export type Overlay = 'palette' | 'shortcuts' | undefined;

/** What lies over the page: the command palette or the list of shortcuts. */
export const overlay = createStore<Overlay>(undefined);
export const openPalette = (): void => overlay.set('palette');
export const openShortcuts = (): void => overlay.set('shortcuts');
export const closeOverlay = (): void => overlay.set(undefined);

/** How many changes to documents signing out would lose, while that is asked. */
export const leaving = createStore<number | undefined>(undefined);
