import { deleteSavedQuery, saveQuery, updateSavedQuery } from '@/api/query';
import type { SavedQuery } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { toast, toastError } from '@/components/toasts';
import { sqlTabs, updateTab, type SqlTab } from '@/features/sql/tabs';

const refresh = () =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: ['saved-queries'] }),
    queryClient.invalidateQueries({ queryKey: ['workspaces'] }),
  ]);

/** Saves a tab under a name, as a new saved query or over the one it came from. */
export async function saveTab(tab: SqlTab, name: string, workspace = ''): Promise<void> {
  const values = { name, sql: tab.sql };
  const saved = tab.savedId
    ? await updateSavedQuery(tab.savedId, values)
    : await saveQuery({ ...values, workspace });
  updateTab(tab.id, { title: name, savedId: saved.id, savedSql: tab.sql });
  await refresh();
  toast({ title: `Saved “${name}”`, tone: 'success' });
}

function detach(id: string): void {
  for (const tab of sqlTabs.get().tabs) {
    if (tab.savedId !== id) continue;
    const { savedId, savedSql, ...rest } = tab;
    void [savedId, savedSql]; // the tab stays open as one that was never saved
    sqlTabs.set((all) => ({
      ...all,
      tabs: all.tabs.map((other) => (other.id === tab.id ? rest : other)),
    }));
  }
}

/** Deletes a saved query; undo saves it again. */
export async function deleteSaved(saved: SavedQuery): Promise<void> {
  await deleteSavedQuery(saved.id);
  detach(saved.id);
  await refresh();
  const undo = () =>
    saveQuery({
      name: saved.name,
      sql: saved.sql,
      workspace: saved.workspace,
      folder: saved.folder,
    })
      .then(refresh)
      .catch((error: unknown) => toastError('Could not bring it back', error));
  toast({ title: `Deleted “${saved.name}”`, action: { label: 'Undo', run: undo } });
}
