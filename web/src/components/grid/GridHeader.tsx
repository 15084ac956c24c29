import type { VirtualItem } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { PointerEvent } from 'react';
import { classes } from '@/components/classes';
import { HEADER_HEIGHT, type GridColumn } from '@/components/grid/model';
import type { Sort } from '@/components/grid/sort';
import type { ColumnFormat } from '@/lib/format';

interface Props {
  columns: GridColumn[];
  formats: ColumnFormat[];
  items: VirtualItem[];
  gutter: number;
  sort: Sort | undefined;
  active: number | undefined;
  onSort(column: number): void;
  onResize(column: number, width: number): void;
  onFit(column: number): void;
}

export function GridHeader(props: Props) {
  const { columns, formats, items, gutter, sort, active, onSort, onResize, onFit } = props;
  const resize = (event: PointerEvent<HTMLElement>, item: VirtualItem) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const left = event.currentTarget.parentElement!.getBoundingClientRect().left;
    onResize(item.index, Math.max(40, event.clientX - left));
  };
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-10 border-b border-line bg-panel"
      style={{ height: HEADER_HEIGHT }}
    >
      <div
        aria-hidden
        className="sticky left-0 z-20 h-full border-r border-line bg-panel"
        style={{ width: gutter }}
      />
      {items.map((item) => {
        const column = columns[item.index]!;
        const sorted = sort?.column === item.index;
        const Arrow = sort?.descending ? ArrowDown : ArrowUp;
        return (
          <div
            key={item.index}
            role="columnheader"
            aria-colindex={item.index + 1}
            aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
            title={`${column.name} · ${column.type}`}
            onClick={() => onSort(item.index)}
            className={classes(
              'group absolute top-0 flex h-full cursor-pointer items-center gap-1 border-r border-line px-2 font-medium text-muted select-none hover:text-text',
              formats[item.index]!.right && 'flex-row-reverse',
              active === item.index && 'outline-2 -outline-offset-2 outline-accent',
            )}
            style={{ left: item.start + gutter, width: item.size }}
          >
            <span className="truncate">{column.name}</span>
            {sorted && <Arrow size={12} className="shrink-0 text-accent" />}
            <span
              aria-hidden
              onClick={(event) => event.stopPropagation()}
              onDoubleClick={() => onFit(item.index)}
              onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
              onPointerMove={(event) => resize(event, item)}
              className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/40"
            />
          </div>
        );
      })}
    </div>
  );
}
