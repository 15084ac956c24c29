/** How a document stands to the server. */
export interface LiveState {
  /** Its text is here, from the server or from this browser. */
  ready: boolean;
  connected: boolean;
  /** It was level with the server at least once. */
  met: boolean;
  /** The user's own changes that the server has not confirmed yet. */
  waiting: number;
  /** What the server lets one do; unknown until it has said so. */
  writes: boolean | undefined;
  refused: Refusal | undefined;
}
export type Refusal = 'signed-out' | 'forbidden' | 'missing' | 'too-large';

export const START: LiveState = {
  ready: false,
  connected: false,
  met: false,
  waiting: 0,
  writes: undefined,
  refused: undefined,
};

export type Tone = 'good' | 'busy' | 'bad';

/** The state in words, and whether there is something to worry about. */
export function saveWords(state: LiveState): { text: string; tone: Tone } {
  const { waiting, connected, refused } = state;
  const changes = waiting === 1 ? '1 change waits' : `${waiting} changes wait`;
  if (refused === 'signed-out') return { text: 'Signed out', tone: 'bad' };
  if (refused === 'forbidden') return { text: 'No access', tone: 'bad' };
  if (refused === 'missing') return { text: 'Not here', tone: 'bad' };
  if (refused === 'too-large') return { text: 'Too large to save', tone: 'bad' };
  if (!connected && !state.met && waiting === 0) return { text: 'Connecting…', tone: 'busy' };
  if (!connected) return { text: waiting ? `Offline: ${changes}` : 'Offline', tone: 'bad' };
  if (state.writes === false)
    return waiting
      ? {
          text: `Read only: ${waiting === 1 ? '1 change' : `${waiting} changes`} cannot be saved`,
          tone: 'bad',
        }
      : { text: 'Read only', tone: 'good' };
  if (waiting > 0) return { text: 'Saving…', tone: 'busy' };
  return state.met ? { text: 'Saved', tone: 'good' } : { text: 'Connecting…', tone: 'busy' };
}

/** Why the server refuses, of the reason that it gives. */
export function refusalOf(reason: string): Refusal {
  if (/no such document/i.test(reason)) return 'missing';
  return /sign in|token|session|credential|expired/i.test(reason) ? 'signed-out' : 'forbidden';
}
