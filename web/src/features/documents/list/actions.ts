import {
  changeDocument,
  duplicateDocument,
  restoreDocument,
  trashDocument,
  type DocumentInfo,
} from '@/api/documents';
import { toast, toastError } from '@/components/toasts';
import { refreshDocuments } from '@/features/documents/refresh';

/** Does it, shows the lists anew, and tells of a failure. */
export async function act(problem: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    await refreshDocuments();
    return true;
  } catch (error) {
    toastError(problem, error);
    return false;
  }
}

export const restore = (document: Pick<DocumentInfo, 'id' | 'title'>) =>
  act('Could not restore it', async () => {
    await restoreDocument(document.id);
    toast({ title: `Restored “${document.title}”`, tone: 'success' });
  });

/** To the trash; the message offers the way back. */
export const trash = (document: Pick<DocumentInfo, 'id' | 'title'>) =>
  act('Could not move it to the trash', async () => {
    await trashDocument(document.id);
    toast({
      title: `“${document.title}” is in the trash`,
      action: { label: 'Undo', run: () => restore(document) },
    });
  });

export const star = ({ id, starred }: DocumentInfo) =>
  act('Could not change the star', () => changeDocument(id, { starred: !starred }));

export const duplicate = ({ id }: DocumentInfo) =>
  act('Could not duplicate it', async () => {
    const copy = await duplicateDocument(id);
    toast({ title: `Made “${copy.title}”`, tone: 'success' });
  });
