import { useRef, useState, type KeyboardEvent } from 'react';
import { rangeOf, WHOLE_ROW, type Position } from '@/components/grid/model';

interface Options {
  rows: number;
  columns: number;
  pageRows: () => number;
  reveal(position: Position): void;
  /** Enter: on a cell or (row -1) on a header. */
  activate(position: Position): void;
}

/** The grid's active cell and selection, and the keys that move them. */
export function useGridKeys({ rows, columns, pageRows, reveal, activate }: Options) {
  const [active, setActive] = useState<Position>();
  const [anchor, setAnchor] = useState<Position>();
  const dragging = useRef(false);

  const go = (position: Position, extend: boolean) => {
    const clamped = {
      row: Math.min(rows - 1, Math.max(extend ? 0 : -1, position.row)),
      column: Math.min(columns - 1, Math.max(0, position.column)),
    };
    setActive(clamped);
    if (!extend) setAnchor(clamped);
    reveal(clamped);
  };

  const selectRows = (from: number, to: number) => {
    setAnchor({ row: from, column: columns - 1 });
    setActive({ row: to, column: 0 });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const at = active ?? { row: 0, column: 0 };
    const far = event.ctrlKey || event.metaKey;
    const moves: Record<string, Position> = {
      ArrowUp: { ...at, row: far ? 0 : at.row - 1 },
      ArrowDown: { ...at, row: far ? rows - 1 : at.row + 1 },
      ArrowLeft: { ...at, column: far ? 0 : at.column - 1 },
      ArrowRight: { ...at, column: far ? columns - 1 : at.column + 1 },
      PageUp: { ...at, row: Math.max(0, at.row - pageRows()) },
      PageDown: { ...at, row: at.row + pageRows() },
      Home: { row: far ? 0 : at.row, column: 0 },
      End: { row: far ? rows - 1 : at.row, column: columns - 1 },
    };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      go(move, event.shiftKey);
    } else if (event.key === ' ' && event.shiftKey && active && active.row >= 0) {
      event.preventDefault();
      selectRows(Math.max(0, anchor?.row ?? active.row), active.row);
    } else if (event.key === 'Enter' && active) {
      event.preventDefault();
      activate(active);
    } else if (event.key.toLowerCase() === 'a' && far && rows > 0) {
      event.preventDefault();
      setAnchor({ row: 0, column: 0 });
      setActive({ row: rows - 1, column: columns - 1 });
    }
  };

  return {
    active,
    range: active && anchor ? rangeOf(anchor, active) : undefined,
    onKeyDown,
    press(position: Position, extend: boolean) {
      dragging.current = true;
      const start = extend && anchor ? anchor : position;
      if (position.column === WHOLE_ROW) selectRows(start.row, position.row);
      else {
        setActive(position);
        setAnchor(start);
      }
    },
    drag(position: Position) {
      if (!dragging.current) return;
      setActive({ row: position.row, column: Math.max(0, position.column) });
    },
    release() {
      dragging.current = false;
    },
  };
}
