import { createStoredStore } from '@/lib/storage';

export type Step = 'upload' | 'table' | 'query' | 'chart' | 'version';

interface Progress {
  done: Step[];
  hidden: boolean;
}

/** How far a newcomer has come; kept in the browser. */
export const firstSteps = createStoredStore<Progress>('first-steps', { done: [], hidden: false });

export function stepDone(step: Step): void {
  firstSteps.set((before) =>
    before.done.includes(step) ? before : { ...before, done: [...before.done, step] },
  );
}

export const hideSteps = (hidden: boolean): void =>
  firstSteps.set((before) => ({ ...before, hidden }));
