import { CornerDownLeft, Search } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent } from 'react';
import { closeOverlay } from '@/app/overlays';
import { useCommands } from '@/app/useCommands';
import { classes } from '@/components/classes';
import { Keys } from '@/components/Keys';
import { useReturnFocus } from '@/components/useReturnFocus';

/** Finds every object, page, action and saved query. */
export function CommandPalette() {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [pending, setPending] = useState(false); // Enter came before the answer
  const list = useRef<HTMLDivElement>(null);
  const { commands, searching } = useCommands(text);
  const returnFocus = useReturnFocus();
  const index = Math.min(chosen, commands.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [index]);

  const run = (at: number) => {
    const command = commands[at];
    if (!command) return;
    closeOverlay();
    command.run();
  };
  const found = useEffectEvent(() => run(0));
  useEffect(() => {
    if (pending && !searching) found();
  }, [pending, searching]);
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && commands.length > 0) {
      event.preventDefault();
      setChosen((index + step + commands.length) % commands.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (searching && chosen === 0) setPending(true);
      else run(index);
    }
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && closeOverlay()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-[rgb(10_12_20/0.4)]" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          className="pop-in fixed inset-x-3 top-3 z-40 flex max-h-[70dvh] flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-pop md:inset-x-auto md:top-[12vh] md:left-1/2 md:w-[600px] md:-translate-x-1/2"
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <div className="flex items-center gap-2 border-b border-line px-3">
            <Search size={16} className="shrink-0 text-faint" />
            <input
              autoFocus
              role="combobox"
              aria-expanded
              aria-controls="palette-list"
              aria-activedescendant={index >= 0 ? `palette-${index}` : undefined}
              aria-label="Search and commands"
              placeholder="Search tables, pages, queries and actions…"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setChosen(0);
                setPending(false);
              }}
              onKeyDown={key}
              className="h-12 flex-1 bg-transparent text-lg outline-none"
            />
          </div>
          <div ref={list} id="palette-list" role="listbox" className="overflow-y-auto p-1">
            {commands.map((command, at) => (
              <div key={command.id}>
                {command.group !== commands[at - 1]?.group && (
                  <div className="px-2 pt-2 pb-1 text-xs font-medium text-faint">
                    {command.group}
                  </div>
                )}
                <div
                  id={`palette-${at}`}
                  role="option"
                  aria-selected={at === index}
                  onPointerMove={() => setChosen(at)}
                  onClick={() => run(at)}
                  className={classes(
                    'flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 pointer-coarse:h-11',
                    at === index && 'bg-selected',
                  )}
                >
                  <span className="flex w-4 justify-center text-muted">{command.icon}</span>
                  <span className="truncate">{command.label}</span>
                  {command.detail && (
                    <span className="truncate text-sm text-faint">{command.detail}</span>
                  )}
                  <span className="flex-1" />
                  {command.keys && <Keys keys={command.keys} />}
                  {at === index && <CornerDownLeft size={12} className="text-faint" />}
                </div>
              </div>
            ))}
            {commands.length === 0 && (
              <p className="p-6 text-center text-muted">
                {searching ? 'Searching…' : `Nothing is called “${text}”.`}
              </p>
            )}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
