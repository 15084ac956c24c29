import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { classes } from '@/components/classes';
import { createStoredStore } from '@/lib/storage';
import { useStore, type Store } from '@/lib/store';

const sizes = new Map<string, Store<number>>();
function sizeStore(id: string, initial: number): Store<number> {
  const known = sizes.get(id);
  if (known) return known;
  const store = createStoredStore(`pane.${id}`, initial);
  sizes.set(id, store);
  return store;
}

interface Props {
  /** Names the pane; its size is kept in the browser under it. */
  id: string;
  /** "columns": the first pane has a width; "rows": the first pane has a height. */
  direction: 'columns' | 'rows';
  initial: number; // pixels
  min: number;
  max: number;
  first: ReactNode;
  second: ReactNode;
  label: string;
}

/** Two panes with a bar between them that the pointer and the arrow keys move. */
export function SplitPane(props: Props) {
  const { id, direction, initial, min, max, first, second, label } = props;
  const store = sizeStore(id, initial);
  const size = useStore(store);
  const box = useRef<HTMLDivElement>(null);
  const columns = direction === 'columns';
  const resize = (value: number) => store.set(Math.round(Math.min(max, Math.max(min, value))));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const bounds = box.current!.getBoundingClientRect();
    resize(columns ? event.clientX - bounds.left : event.clientY - bounds.top);
  };
  const key = (event: KeyboardEvent) => {
    const steps: Record<string, number> = columns
      ? { ArrowLeft: -16, ArrowRight: 16 }
      : { ArrowUp: -16, ArrowDown: 16 };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    resize(size + step);
  };
  return (
    <div ref={box} className={classes('flex min-h-0 min-w-0 flex-1', !columns && 'flex-col')}>
      <div
        className="flex min-h-0 min-w-0 shrink-0 flex-col"
        style={columns ? { width: size, maxWidth: '60%' } : { height: size, maxHeight: '80%' }}
      >
        {first}
      </div>
      <div
        role="separator"
        aria-label={label}
        aria-orientation={columns ? 'vertical' : 'horizontal'}
        aria-valuenow={size}
        aria-valuemin={min}
        aria-valuemax={max}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onDoubleClick={() => resize(initial)}
        onKeyDown={key}
        className={classes(
          'relative z-10 shrink-0 touch-none bg-line transition-colors hover:bg-accent active:bg-accent',
          columns
            ? 'w-px cursor-col-resize after:absolute after:inset-y-0 after:-left-1.5 after:w-3'
            : 'h-px cursor-row-resize after:absolute after:inset-x-0 after:-top-1.5 after:h-3',
        )}
      />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">{second}</div>
    </div>
  );
}
