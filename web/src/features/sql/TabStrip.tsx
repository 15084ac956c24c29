import { Plus, X } from 'lucide-react';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { runs } from '@/features/sql/runs';
import { activateTab, addTab, closeWithUndo, sqlTabs, type SqlTab } from '@/features/sql/tabs';
import { useStore } from '@/lib/store';

interface TabProps {
  tab: SqlTab;
  front: boolean;
}

function Tab({ tab, front }: TabProps) {
  const running = useStore(runs, (all) =>
    all[tab.id]?.some(({ state }) => state === 'running' || state === 'waiting'),
  );
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (front) box.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [front]);
  const dirty = tab.savedId !== undefined && tab.savedSql !== tab.sql;
  return (
    <div
      ref={box}
      role="presentation"
      className={classes(
        'group relative flex h-full max-w-52 shrink-0 items-center gap-1 border-r border-line pr-1 pl-3',
        front ? 'bg-bg font-medium' : 'text-muted hover:bg-hover',
      )}
      onAuxClick={(event) => event.button === 1 && closeWithUndo(tab)}
    >
      <button
        type="button"
        role="tab"
        aria-selected={front}
        tabIndex={front ? 0 : -1}
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
      {/* For the pointer only: the Delete key and the menu close a tab as well. */}
      <span
        aria-hidden
        title={`Close ${tab.title}`}
        onClick={() => closeWithUndo(tab)}
        className={classes(
          'flex size-5 shrink-0 cursor-pointer items-center justify-center rounded-sm text-faint hover:bg-line hover:text-text',
          !front && 'opacity-0 group-hover:opacity-100',
        )}
      >
        <X size={12} />
      </span>
      {front && <span className="absolute inset-x-0 -bottom-px h-px bg-bg" />}
    </div>
  );
}

/** The open queries. Arrow keys move between them, Delete closes one. */
export function TabStrip() {
  const { tabs, active } = useStore(sqlTabs);
  const list = useRef<HTMLDivElement>(null);
  const focus = (index: number) =>
    requestAnimationFrame(() =>
      list.current?.querySelectorAll<HTMLElement>('[role=tab]')[index]?.focus(),
    );
  const key = (event: KeyboardEvent) => {
    const index = tabs.findIndex(({ id }) => id === active);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = (index + step + tabs.length) % tabs.length;
      activateTab(tabs[next]!.id);
      focus(next);
    } else if (event.key === 'Delete') {
      event.preventDefault();
      closeWithUndo(tabs[index]!);
      focus(Math.max(0, Math.min(index, tabs.length - 2)));
    }
  };
  return (
    <div className="flex h-9 shrink-0 items-center border-b border-line bg-panel">
      <div
        ref={list}
        role="tablist"
        aria-label="Open queries"
        onKeyDown={key}
        className="flex h-full min-w-0 overflow-x-auto [scrollbar-width:none]"
      >
        {tabs.map((tab) => (
          <Tab key={tab.id} tab={tab} front={tab.id === active} />
        ))}
      </div>
      <IconButton small label="New query" onClick={() => addTab()} className="mx-1.5">
        <Plus size={14} />
      </IconButton>
    </div>
  );
}
