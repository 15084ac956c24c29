import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { CellModal } from '@/components/grid/CellModal';
import { GridHeader } from '@/components/grid/GridHeader';
import { GridRow } from '@/components/grid/GridRow';
import {
  copyRange,
  WHOLE_ROW,
  HEADER_HEIGHT,
  initialWidths,
  ROW_HEIGHT,
  type GridColumn,
  type Position,
} from '@/components/grid/model';
import { nextSort, sortedIndexes, type Sort } from '@/components/grid/sort';
import { useGridKeys } from '@/components/grid/useGridKeys';
import { columnFormat } from '@/lib/format';

interface Props {
  label: string;
  columns: GridColumn[];
  rows: unknown[][];
  /** What stands below the header when there are no rows. */
  empty: string;
  /** Called when the last rows come into view. */
  onEnd?: (() => void) | undefined;
}

function positionOf(event: PointerEvent): Position | undefined {
  const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
  return cell
    ? { row: Number(cell.dataset.row), column: Number(cell.dataset.column ?? WHOLE_ROW) }
    : undefined;
}

/** A virtual table of values: sort, resize, select, copy, and move by keyboard. */
export function DataGrid({ label, columns, rows, empty, onEnd }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<Sort>();
  const [opened, setOpened] = useState<Position>();
  const formats = useMemo(() => columns.map(columnFormat), [columns]);
  const fitted = useMemo(
    () => initialWidths(columns, formats, rows),
    // Only the first rows matter, and later pages must not move columns.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [columns, formats, rows.length === 0],
  );
  const [resized, setResized] = useState<{ of: GridColumn[]; widths: Map<number, number> }>();
  const own = resized?.of === columns ? resized.widths : undefined;
  const width = (index: number) => own?.get(index) ?? fitted[index]!;
  const order = useMemo(() => sortedIndexes(rows, columns, sort), [rows, columns, sort]);
  const gutter = 24 + String(rows.length).length * 7;

  const rowVirtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    scrollPaddingStart: HEADER_HEIGHT,
  });
  const columnVirtualizer = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroll.current,
    estimateSize: width,
    overscan: 2,
    scrollPaddingStart: gutter,
    scrollPaddingEnd: gutter,
  });
  useEffect(() => columnVirtualizer.measure(), [columnVirtualizer, own, fitted]);

  const resize = (index: number, value: number | undefined) => {
    const widths = new Map(own);
    if (value === undefined) widths.delete(index);
    else widths.set(index, value);
    setResized({ of: columns, widths });
  };
  const keys = useGridKeys({
    rows: rows.length,
    columns: columns.length,
    pageRows: () => Math.max(1, Math.floor((scroll.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2),
    reveal: ({ row, column }) => {
      if (row >= 0) rowVirtualizer.scrollToIndex(row);
      columnVirtualizer.scrollToIndex(column);
    },
    activate: (position) =>
      position.row < 0 ? setSort(nextSort(sort, position.column)) : setOpened(position),
  });

  const rowItems = rowVirtualizer.getVirtualItems();
  const columnItems = columnVirtualizer.getVirtualItems();
  const lastShown = rowItems.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && lastShown >= rows.length - 30) onEnd();
  }, [onEnd, lastShown, rows.length]);

  const { active, range } = keys;
  const openedRow = opened && rows[order ? order[opened.row]! : opened.row];
  return (
    <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      <div
        ref={scroll}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={active && active.row >= 0 ? 'grid-active' : undefined}
        tabIndex={0}
        onKeyDown={keys.onKeyDown}
        onCopy={(event) => {
          if (!range) return;
          event.preventDefault();
          event.clipboardData.setData('text/plain', copyRange(range, rows, order));
        }}
        onPointerDown={(event) => {
          const position = event.button === 0 && positionOf(event);
          if (position) keys.press(position, event.shiftKey);
        }}
        onPointerMove={(event) => {
          const position =
            event.pointerType === 'mouse' && event.buttons === 1 && positionOf(event);
          if (position) keys.drag(position);
        }}
        onPointerUp={keys.release}
        onDoubleClick={() => active && active.row >= 0 && setOpened(active)}
        className="relative min-h-0 flex-1 overflow-auto bg-bg -outline-offset-2 select-none"
      >
        <div
          style={{
            width: columnVirtualizer.getTotalSize() + gutter,
            height: rowVirtualizer.getTotalSize() + HEADER_HEIGHT,
            minWidth: '100%',
          }}
        >
          <GridHeader
            columns={columns}
            formats={formats}
            items={columnItems}
            gutter={gutter}
            sort={sort}
            active={active?.row === -1 ? active.column : undefined}
            onSort={(column) => setSort(nextSort(sort, column))}
            onResize={resize}
            onFit={(column) => resize(column, undefined)}
          />
          <div className="relative">
            {rowItems.map((item) => (
              <GridRow
                key={item.index}
                index={item.index}
                start={item.start}
                row={rows[order ? order[item.index]! : item.index]!}
                gutter={gutter}
                items={columnItems}
                formats={formats}
                active={active?.row === item.index ? active.column : undefined}
                range={range}
              />
            ))}
          </div>
        </div>
      </div>
      {rows.length === 0 && (
        <p className="absolute inset-x-0 top-12 text-center text-muted">{empty}</p>
      )}
      {opened && openedRow && (
        <CellModal
          name={columns[opened.column]!.name}
          type={columns[opened.column]!.type}
          value={openedRow[opened.column]}
          onClose={() => setOpened(undefined)}
        />
      )}
    </div>
  );
}
