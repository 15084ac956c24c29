import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { classes } from '@/components/classes';

interface Props<Id extends string> {
  label: string;
  tabs: { id: Id; label: ReactNode }[];
  selected: Id;
  onSelect(id: Id): void;
  /** What follows the tabs on their line. */
  children?: ReactNode;
}

/** A row of tabs; the panel is the caller's. Arrow keys move between them. */
export function TabBar<Id extends string>(props: Props<Id>) {
  const { label, tabs, selected, onSelect, children } = props;
  const list = useRef<HTMLDivElement>(null);
  // On a phone the row is longer than the screen.
  useEffect(() => {
    list.current
      ?.querySelector('[aria-selected=true]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const index = tabs.findIndex((tab) => tab.id === selected);
    const next = (index + step + tabs.length) % tabs.length;
    onSelect(tabs[next]!.id);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <div className="flex min-w-0 items-center border-b border-line">
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        onKeyDown={move}
        className="flex min-w-0 flex-1 overflow-x-auto px-2 [scrollbar-width:none]"
      >
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            aria-selected={tab.id === selected}
            tabIndex={tab.id === selected ? 0 : -1}
            onClick={() => onSelect(tab.id)}
            className={classes(
              'relative flex h-9 shrink-0 items-center gap-1.5 px-2.5 font-medium whitespace-nowrap -outline-offset-2',
              tab.id === selected
                ? 'text-text after:absolute after:inset-x-2.5 after:bottom-0 after:h-0.5 after:rounded-full after:bg-accent'
                : 'text-muted hover:text-text',
            )}
          >
            {tab.label}
          </button>
        ))}
      </div>
      {children && <div className="flex shrink-0 items-center gap-1 px-2">{children}</div>}
    </div>
  );
}
