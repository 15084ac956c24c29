import type { VirtualItem } from '@tanstack/react-virtual';
import { memo } from 'react';
import { classes } from '@/components/classes';
import { ROW_HEIGHT, type Range } from '@/components/grid/model';
import { formatCount, type ColumnFormat } from '@/lib/format';

interface Props {
  index: number;
  start: number;
  row: unknown[];
  gutter: number;
  items: VirtualItem[];
  formats: ColumnFormat[];
  /** The active cell's column when it is in this row. */
  active: number | undefined;
  range: Range | undefined;
}

export const GridRow = memo(function GridRow(props: Props) {
  const { index, start, row, gutter, items, formats, active, range } = props;
  const inRange = range && index >= range.top && index <= range.bottom;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="absolute left-0 w-full border-b border-line/60 hover:bg-hover/50"
      style={{ transform: `translateY(${start}px)`, height: ROW_HEIGHT }}
    >
      <div
        aria-hidden
        data-row={index}
        className="num sticky left-0 z-[1] flex h-full items-center justify-end border-r border-line bg-panel px-2 text-xs text-faint select-none hover:bg-hover"
        style={{ width: gutter }}
      >
        {formatCount(index + 1)}
      </div>
      {items.map((item) => {
        const value = row[item.index];
        const format = formats[item.index]!;
        const empty = value === null || value === undefined;
        const selected = inRange && item.index >= range.left && item.index <= range.right;
        return (
          <div
            key={item.index}
            id={active === item.index ? 'grid-active' : undefined}
            role="gridcell"
            aria-colindex={item.index + 1}
            aria-selected={selected || undefined}
            data-row={index}
            data-column={item.index}
            title={empty ? undefined : format.title(value)}
            className={classes(
              'num absolute top-0 truncate px-2 leading-[27px]',
              format.right && 'text-right',
              empty && 'text-faint italic',
              selected && 'bg-selected',
              active === item.index && 'outline-2 -outline-offset-2 outline-accent',
            )}
            style={{ left: item.start + gutter, width: item.size, height: ROW_HEIGHT - 1 }}
          >
            {empty ? 'NULL' : format.text(value)}
          </div>
        );
      })}
    </div>
  );
});
