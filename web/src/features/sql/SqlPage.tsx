import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { savedQuery } from '@/api/query';
import { queryClient } from '@/app/query-client';
import { Modal } from '@/components/Modal';
import { SplitPane } from '@/components/SplitPane';
import { toast, toastError } from '@/components/toasts';
import { ConfirmRun, dangersOf } from '@/features/sql/ConfirmRun';
import { Editor } from '@/features/sql/Editor';
import { allStatements, formatText, statementsToRun } from '@/features/sql/editor-handle';
import type { EditorActions } from '@/features/sql/editor-setup';
import { ResultPanel } from '@/features/sql/ResultPanel';
import { isRunning, runs, start, type Run } from '@/features/sql/runs';
import { saveTab } from '@/features/sql/save';
import { SaveModal } from '@/features/sql/SaveModal';
import { SidePanel } from '@/features/sql/SidePanel';
import { TabStrip } from '@/features/sql/TabStrip';
import { addTab, openSaved, sqlTabs, type SqlTab } from '@/features/sql/tabs';
import { Toolbar } from '@/features/sql/Toolbar';
import type { Statement } from '@/lib/sql-split';
import { useNarrow, useTitle } from '@/lib/hooks';
import { useStore } from '@/lib/store';

const NONE: Run[] = [];

/** Statements that wait for the user to say that they are meant so. */
interface Asked {
  tab: SqlTab;
  statements: Statement[];
  dangers: string[];
}

/** Opens what the address names (`?q=` a saved query, `?text=` a statement) and cleans it up. */
function useAddress(): void {
  const { q, text } = useSearch({ from: '/shell/sql' });
  const navigate = useNavigate({ from: '/sql' });
  useEffect(() => {
    if (text) {
      addTab({ sql: text });
      void navigate({ search: {}, replace: true });
    }
    if (!q) return;
    queryClient
      .fetchQuery(savedQuery(q))
      .then(openSaved)
      .catch((error: unknown) => toastError('Could not open the saved query', error));
  }, [q, text, navigate]);
}

function useEditorActions(
  tab: SqlTab,
  askName: () => void,
  confirm: (asked: Asked) => void,
): EditorActions {
  const run = (statements: Statement[]) => {
    if (statements.length === 0) toast({ title: 'There is no statement to run' });
    const dangers = dangersOf(tab.id, statements);
    if (dangers.length > 0 && !isRunning(tab.id)) confirm({ tab, statements, dangers });
    else void start(tab, statements);
  };
  return {
    run: () => run(statementsToRun()),
    runAll: () => run(allStatements()),
    format: () => {
      formatText().catch((error: unknown) => toastError('Could not format this text', error));
    },
    save: () => {
      if (!tab.savedId) askName();
      else saveTab(tab, tab.title).catch((error: unknown) => toastError('Could not save', error));
    },
  };
}

export function SqlPage() {
  useAddress();
  const { tabs, active } = useStore(sqlTabs);
  const tab = tabs.find(({ id }) => id === active) ?? tabs[0]!;
  const tabRuns = useStore(runs, (all) => all[tab.id]) ?? NONE;
  const running = tabRuns.some(({ state }) => state === 'running' || state === 'waiting');
  const [naming, setNaming] = useState(false);
  const [browsing, setBrowsing] = useState(false);
  const narrow = useNarrow();
  const [asked, setAsked] = useState<Asked>();
  const actions = useEditorActions(tab, () => setNaming(true), setAsked);
  useTitle(tab.title);

  const work = (
    <>
      <TabStrip />
      <Toolbar
        tab={tab}
        running={running}
        actions={actions}
        onBrowse={narrow ? () => setBrowsing(true) : undefined}
      />
      <SplitPane
        id={narrow ? 'sql.editor.narrow' : 'sql.editor'}
        direction="rows"
        initial={narrow ? 180 : 300}
        min={80}
        max={900}
        label="Height of the editor"
        first={<Editor tab={tab} runs={tabRuns} actions={actions} />}
        second={<ResultPanel tab={tab} runs={tabRuns} />}
      />
    </>
  );
  return (
    <>
      <h1 className="sr-only">SQL</h1>
      {narrow ? (
        work
      ) : (
        <SplitPane
          id="sql.side"
          direction="columns"
          initial={248}
          min={180}
          max={520}
          label="Width of the side panel"
          first={<SidePanel />}
          second={work}
        />
      )}
      {browsing && narrow && (
        <Modal title="Browse" onClose={() => setBrowsing(false)}>
          <div className="-mx-4 flex h-[60dvh] flex-col">
            <SidePanel onInserted={() => setBrowsing(false)} />
          </div>
        </Modal>
      )}
      {asked && (
        <ConfirmRun
          tabId={asked.tab.id}
          dangers={asked.dangers}
          onRun={() => void start(asked.tab, asked.statements)}
          onClose={() => setAsked(undefined)}
        />
      )}
      {naming && <SaveModal tab={tab} onClose={() => setNaming(false)} />}
    </>
  );
}
