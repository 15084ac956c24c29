import { catalogId, schemaId } from '@/features/catalog/tree-model';
import { createOwnStore } from '@/lib/own-storage';

/** The ids of the tree's open nodes; kept in the browser. */
export const expandedNodes = createOwnStore<string[]>('catalog.expanded', () => [
  catalogId('main'),
  schemaId('main', 'default'),
]);

export const toggleNode = (id: string): void =>
  expandedNodes.set((before) =>
    before.includes(id) ? before.filter((other) => other !== id) : [...before, id],
  );

/** Closes a catalog or schema that is gone, and all that was open inside it. */
export function forgetNode(catalog: string, schema?: string): void {
  expandedNodes.set((before) =>
    before.filter((id) =>
      schema === undefined
        ? id !== catalogId(catalog) && !id.startsWith(schemaId(catalog, ''))
        : id !== schemaId(catalog, schema),
    ),
  );
}

/** Opens the way to an object. */
export function revealNode(catalog: string, schema?: string): void {
  const wanted = [catalogId(catalog), ...(schema ? [schemaId(catalog, schema)] : [])];
  expandedNodes.set((before) => {
    const missing = wanted.filter((id) => !before.includes(id));
    return missing.length > 0 ? [...before, ...missing] : before;
  });
}
