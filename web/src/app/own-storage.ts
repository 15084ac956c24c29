import { session } from '@/api/session';
import { clearOwnStorage, ownStorageOf } from '@/lib/own-storage';

/** What the browser keeps of somebody's work is for nobody else. */
export function watchOwner(): void {
  session.subscribe(() => {
    const current = session.get();
    if (current.status === 'signed-out' && current.expired === false) clearOwnStorage();
    else if (current.status === 'signed-in') ownStorageOf((current.viewer ?? current.user).id);
  });
}
