import { session } from '@/api/session';
import { useStore } from '@/lib/store';

/** Whether an administrator is signed in. */
export const useAdmin = (): boolean =>
  useStore(session, (current) => current.status === 'signed-in' && current.user.admin);
