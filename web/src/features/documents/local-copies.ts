import { session } from '@/api/session';

const PREFIX = 'openbricks-document:';

/** The name of the copy of a document that the browser keeps for one user. */
export const localCopyName = (user: string, document: string): string =>
  `${PREFIX}${user}:${document}`;

/** Removes the copies of all documents that this browser keeps. */
export async function clearLocalCopies(): Promise<void> {
  const all = (await globalThis.indexedDB?.databases?.()) ?? [];
  for (const { name } of all) if (name?.startsWith(PREFIX)) indexedDB.deleteDatabase(name);
}

/** Whoever signs out leaves no documents behind. A session that merely ends keeps what has not
 * been saved yet for the same user. */
export function watchSignOut(): void {
  session.subscribe(() => {
    const current = session.get();
    if (current.status === 'signed-out' && current.expired === false)
      void clearLocalCopies().catch(() => undefined);
  });
}
