import { signOut } from '@/api/session';
import { leaving } from '@/app/overlays';
import { unsavedChanges } from '@/features/documents/local-copies';

/** Signs out; asks first where it would lose what could not be saved yet. */
export async function leave(): Promise<void> {
  const lost = await unsavedChanges();
  if (lost > 0) leaving.set(lost);
  else await signOut();
}
