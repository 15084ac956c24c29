import { Plus, X } from 'lucide-react';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { toast } from '@/components/toasts';
import { runs } from '@/features/sql/runs';
import { activateTab, addTab, closeTab, sqlTabs, type SqlTab } from '@/features/sql/tabs';
import { useStore } from '@/lib/store';

function close(tab: SqlTab): void {
  const undo = closeTab(tab.id);
  if (tab.sql.trim()) {
    toast({ title: `Closed “${tab.title}”`, action: { label: 'Undo', run: undo } });
  }
}

/** The open queries. */
export function TabStrip() {
  const { tabs, active } = useStore(sqlTabs);
  const allRuns = useStore(runs);
  return (
    <div className="flex h-9 shrink-0 items-center border-b border-line bg-panel">
      <div
        role="tablist"
        aria-label="Open queries"
        className="flex h-full min-w-0 overflow-x-auto [scrollbar-width:none]"
      >
        {tabs.map((tab) => {
          const running = allRuns[tab.id]?.some(({ state }) => state === 'running');
          const dirty = tab.savedId !== undefined && tab.savedSql !== tab.sql;
          const front = tab.id === active;
          return (
            <div
              key={tab.id}
              className={classes(
                'group relative flex h-full max-w-52 shrink-0 items-center gap-1 border-r border-line pr-1 pl-3',
                front ? 'bg-bg font-medium' : 'text-muted hover:bg-hover',
              )}
              onAuxClick={(event) => event.button === 1 && close(tab)}
            >
              <button
                type="button"
                role="tab"
                aria-selected={front}
                title={tab.title}
                onClick={() => activateTab(tab.id)}
                className="h-full min-w-0 truncate -outline-offset-2"
              >
                {running && (
                  <span className="mr-1.5 inline-block size-1.5 animate-pulse rounded-full bg-accent" />
                )}
                {tab.title}
                {dirty && <span title="Not saved"> •</span>}
              </button>
              <button
                type="button"
                aria-label={`Close ${tab.title}`}
                onClick={() => close(tab)}
                className={classes(
                  'flex size-5 shrink-0 items-center justify-center rounded-sm text-faint hover:bg-line hover:text-text',
                  !front && 'opacity-0 group-hover:opacity-100 focus-visible:opacity-100',
                )}
              >
                <X size={12} />
              </button>
              {front && <span className="absolute inset-x-0 -bottom-px h-px bg-bg" />}
            </div>
          );
        })}
      </div>
      <IconButton small label="New query" onClick={() => addTab()} className="mx-1.5">
        <Plus size={14} />
      </IconButton>
    </div>
  );
}
