import { useState } from 'react';
import { TabBar } from '@/components/TabBar';
import { CatalogSidebar } from '@/features/catalog/CatalogSidebar';
import type { TreeNode } from '@/features/catalog/tree-model';
import { nodeName } from '@/features/catalog/useNodeMenu';
import { insertText } from '@/features/sql/editor-handle';
import { HistoryPanel } from '@/features/sql/HistoryPanel';
import { SavedPanel } from '@/features/sql/SavedPanel';

type Part = 'catalog' | 'saved' | 'history';
const PARTS: { id: Part; label: string }[] = [
  { id: 'catalog', label: 'Catalog' },
  { id: 'saved', label: 'Saved' },
  { id: 'history', label: 'History' },
];

/** Beside the editor: the catalog (a click inserts a name), saved queries, history. */
export function SidePanel({ onInserted }: { onInserted?: () => void }) {
  const [part, setPart] = useState<Part>('catalog');
  const pick = (node: TreeNode) => {
    if (node.kind !== 'table' && node.kind !== 'view') return;
    insertText(nodeName(node));
    onInserted?.();
  };
  return (
    <aside className="flex min-h-0 flex-1 flex-col bg-panel">
      <TabBar<Part> label="Side panel" tabs={PARTS} selected={part} onSelect={setPart} />
      {part === 'catalog' && <CatalogSidebar onPick={pick} />}
      {part === 'saved' && <SavedPanel />}
      {part === 'history' && <HistoryPanel />}
    </aside>
  );
}
