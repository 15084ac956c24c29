import { ChevronRight, EllipsisVertical } from 'lucide-react';
import { classes } from '@/components/classes';
import { Menu } from '@/components/Menu';
import { ObjectIcon } from '@/components/ObjectIcon';
import { Skeleton } from '@/components/Skeleton';
import type { TreeNode } from '@/features/catalog/tree-model';
import { useNodeMenu } from '@/features/catalog/useNodeMenu';

interface Props {
  node: TreeNode;
  index: number;
  start: number;
  height: number;
  active: boolean;
  selected: boolean;
  onToggle(node: TreeNode): void;
  onPick(node: TreeNode, index: number): void;
  menuOpen: boolean;
  onMenu(open: boolean): void;
}

export function TreeRow(props: Props) {
  const { node, index, start, height, active, selected, onToggle, onPick, menuOpen, onMenu } =
    props;
  const menu = useNodeMenu(node);
  const indent = 8 + node.depth * 14;
  const style = { transform: `translateY(${start}px)`, height, paddingLeft: indent };
  if (node.kind === 'loading') {
    return (
      <div className="absolute flex w-full items-center pl-6" style={style} role="presentation">
        <Skeleton className="ml-5 w-24" />
      </div>
    );
  }
  return (
    <div
      id={`tree-${index}`}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-expanded={node.expanded}
      aria-selected={selected}
      aria-disabled={node.kind === 'note' || undefined}
      title={node.comment || undefined}
      onClick={() => node.kind !== 'note' && onPick(node, index)}
      onContextMenu={(event) => {
        if (menu.length === 0) return;
        event.preventDefault();
        onMenu(true);
      }}
      className={classes(
        'group absolute flex w-full items-center gap-1.5 pr-1 select-none',
        node.kind === 'note' ? 'text-sm text-faint' : 'cursor-pointer hover:bg-hover',
        selected && 'bg-selected hover:bg-selected',
        active && 'tree-active',
      )}
      style={style}
    >
      {node.expanded === undefined ? (
        <span className="w-4 shrink-0" />
      ) : (
        <span
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onToggle(node);
          }}
          className="flex size-4 shrink-0 items-center justify-center rounded-sm hover:bg-line-strong"
        >
          <ChevronRight
            size={14}
            className={classes('text-faint transition-transform', node.expanded && 'rotate-90')}
          />
        </span>
      )}
      {node.kind !== 'note' && <ObjectIcon kind={node.kind} />}
      <span className="min-w-0 flex-1 truncate">{node.label}</span>
      {menu.length > 0 && (
        <Menu items={menu} open={menuOpen} onOpenChange={onMenu}>
          <button
            type="button"
            tabIndex={-1}
            aria-label={`Actions for ${node.label}`}
            onClick={(event) => event.stopPropagation()}
            className="flex size-5 items-center justify-center rounded-sm text-faint opacity-0 group-hover:opacity-100 hover:bg-line hover:text-text focus-visible:opacity-100 data-[state=open]:opacity-100 pointer-coarse:size-8 pointer-coarse:opacity-100"
          >
            <EllipsisVertical size={14} />
          </button>
        </Menu>
      )}
    </div>
  );
}
