import { useQuery } from '@tanstack/react-query';
import { Plus, RotateCw, Search, X } from 'lucide-react';
import { useState } from 'react';
import { searchQuery } from '@/api/catalog';
import type { FoundObject } from '@/api/types';
import { IconButton } from '@/components/IconButton';
import { ObjectIcon } from '@/components/ObjectIcon';
import { SkeletonRows } from '@/components/Skeleton';
import { CatalogTree } from '@/features/catalog/CatalogTree';
import { openCatalogDialog } from '@/features/catalog/dialogs/store';
import { refreshCatalog } from '@/features/catalog/refresh';
import type { TreeNode } from '@/features/catalog/tree-model';
import { useDebounced } from '@/lib/hooks';

interface Props {
  selected?: string | undefined;
  onPick(node: TreeNode): void;
}

function foundNode(found: FoundObject): TreeNode {
  const { catalog, schema, object } = found;
  const kind = found.kind === 'column' ? 'table' : found.kind;
  return {
    id: `${found.kind}:${found.name}:${found.detail}`,
    kind,
    depth: 0,
    label: found.name,
    catalog,
    ...(schema && { schema }),
    ...(object && { object }),
  };
}

function SearchResults({ text, onPick }: { text: string; onPick(node: TreeNode): void }) {
  const asked = useDebounced(text, 150);
  const found = useQuery(searchQuery(asked, 60));
  if (!found.data) return <SkeletonRows rows={4} />;
  if (found.data.length === 0) {
    return <p className="p-4 text-muted">Nothing is called “{text}”.</p>;
  }
  return (
    <ul className="min-h-0 flex-1 overflow-y-auto">
      {found.data.map((item) => (
        <li key={`${item.kind}:${item.name}:${item.detail}`}>
          <button
            type="button"
            title={item.detail || undefined}
            onClick={() => onPick(foundNode(item))}
            className="flex w-full items-center gap-2 px-3 py-1 text-left -outline-offset-2 hover:bg-hover pointer-coarse:py-2"
          >
            <ObjectIcon kind={item.kind} />
            <span className="truncate">{item.name}</span>
            {item.kind === 'column' && (
              <span className="truncate text-sm text-faint">{item.detail}</span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The tree with its search field. */
export function CatalogSidebar({ selected, onPick }: Props) {
  const [text, setText] = useState('');
  return (
    <section aria-label="Catalog" className="flex min-h-0 flex-1 flex-col bg-panel">
      <div className="flex items-center gap-1 p-2">
        <div className="relative min-w-0 flex-1">
          <Search size={14} className="absolute top-1/2 left-2 -translate-y-1/2 text-faint" />
          <input
            type="text"
            aria-label="Search the catalog"
            placeholder="Search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setText('')}
            className="h-control w-full rounded-md border border-line bg-bg pr-7 pl-7"
          />
          {text && (
            <IconButton
              small
              label="Clear search"
              onClick={() => setText('')}
              className="absolute top-1/2 right-0.5 -translate-y-1/2"
            >
              <X size={12} />
            </IconButton>
          )}
        </div>
        <IconButton label="Reload" onClick={() => void refreshCatalog()}>
          <RotateCw size={14} />
        </IconButton>
        <IconButton
          label="Create catalog"
          onClick={() => openCatalogDialog({ kind: 'create-catalog' })}
        >
          <Plus size={16} />
        </IconButton>
      </div>
      {text.trim() ? (
        <SearchResults text={text.trim()} onPick={onPick} />
      ) : (
        <CatalogTree selected={selected} onPick={onPick} />
      )}
    </section>
  );
}
