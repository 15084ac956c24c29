import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent } from 'react';
import { expandedNodes, toggleNode } from '@/features/catalog/expanded';
import { treeMove, visibleNodes, type TreeNode } from '@/features/catalog/tree-model';
import { TreeRow } from '@/features/catalog/TreeRow';
import { useTreeSource } from '@/features/catalog/useTreeSource';
import { useMediaQuery } from '@/lib/hooks';
import { useStore } from '@/lib/store';

interface Props {
  selected?: string | undefined;
  /** Enter or a click. Without a result an expandable node opens or closes as well. */
  onPick(node: TreeNode): void;
}

/** Catalogs, schemas, tables, views and volumes; loaded as they are opened. */
export function CatalogTree({ selected, onPick }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const open = useStore(expandedNodes);
  const expanded = new Set(open);
  const nodes = visibleNodes(useTreeSource(expanded), expanded);
  const height = useMediaQuery('(pointer: coarse)') ? 38 : 26;
  const [activeId, setActiveId] = useState<string>();
  const [menuId, setMenuId] = useState<string>();
  const shown = activeId ?? selected;
  const active = nodes.findIndex((node) => node.id === shown);
  const virtualizer = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    getItemKey: (index) => nodes[index]!.id,
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, height]);

  // Shows the line of the page that was come to, once its branch is loaded.
  const target = nodes.findIndex((node) => node.id === selected);
  const [reached, setReached] = useState<string>();
  const [moved, setMoved] = useState(false); // by the user, whose place must not change
  if (target >= 0 && reached !== selected) {
    setReached(selected);
    setActiveId(undefined);
    setMoved(false);
  }
  const reveal = useEffectEvent(() => virtualizer.scrollToIndex(target));
  useEffect(() => {
    if (reached && target >= 0 && !moved) reveal(); // once more when branches above it load
  }, [reached, target, moved]);

  const pick = (node: TreeNode) => {
    setActiveId(node.id);
    if (node.expanded === false) toggleNode(node.id);
    onPick(node);
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = nodes[active];
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      event.preventDefault();
      setMenuId(node?.id);
      return;
    }
    if ((event.key === 'Enter' || event.key === ' ') && node) {
      event.preventDefault();
      if (node.kind !== 'note' && node.kind !== 'loading') pick(node);
      return;
    }
    const move = treeMove(nodes, active, event.key);
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    if ('toggle' in move) {
      setActiveId(move.toggle.id);
      toggleNode(move.toggle.id);
    } else {
      setActiveId(nodes[move.to]!.id);
      virtualizer.scrollToIndex(move.to);
    }
  };
  const items = virtualizer.getVirtualItems();
  const rendered = items.some(({ index }) => index === active);
  return (
    <div
      ref={scroll}
      role="tree"
      aria-label="Catalog"
      aria-activedescendant={rendered ? `tree-${active}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => {
        setMoved(true);
        key(event);
      }}
      onPointerDown={() => setMoved(true)}
      onWheel={() => setMoved(true)}
      className="min-h-0 flex-1 overflow-x-hidden overflow-y-auto"
    >
      <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const node = nodes[item.index]!;
          return (
            <TreeRow
              key={node.id}
              node={node}
              index={item.index}
              start={item.start}
              height={height}
              active={item.index === active}
              selected={node.id === selected}
              onToggle={(chosen) => toggleNode(chosen.id)}
              onPick={pick}
              menuOpen={node.id === menuId}
              onMenu={(shown) => setMenuId(shown ? node.id : undefined)}
            />
          );
        })}
      </div>
    </div>
  );
}
