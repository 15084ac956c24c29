import type { ReactNode } from 'react';
import type { Secured } from '@/api/permissions';
import { createStore } from '@/lib/store';

/** What is shared: its name for people, and its address within the page. */
export interface Shared {
  secured: Secured;
  name: string;
  /** The address of the page that shows it, with the leading slash; else the one that is shown. */
  path?: string | undefined;
  /** What else belongs to it, for whoever may manage it. */
  more?: ReactNode;
}

/** The object whose sharing is open, from wherever it was asked for. */
export const shared = createStore<Shared | undefined>(undefined);
export const openShare = (what: Shared): void => shared.set(what);
