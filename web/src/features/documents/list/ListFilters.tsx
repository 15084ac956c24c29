import { useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { DocumentQuery } from '@/api/documents';
import type { DocumentFilter, DocumentSort } from '@/app/document-lists';
import { workspaces } from '@/api/workspaces';
import { Input, Select } from '@/components/Field';
import { TabBar } from '@/components/TabBar';

const TABS: { id: DocumentFilter; label: string }[] = [
  { id: 'all', label: 'All' },
  { id: 'recent', label: 'Recent' },
  { id: 'mine', label: 'Mine' },
  { id: 'shared', label: 'Shared with me' },
  { id: 'starred', label: 'Starred' },
  { id: 'trash', label: 'Trash' },
];

interface Props {
  query: DocumentQuery;
  onChange(values: DocumentQuery): void;
  /** A key in the search. */
  onDown(event: KeyboardEvent): void;
}

/** Which documents are listed, and in what order. */
export function ListFilters({ query, onChange, onDown }: Props) {
  const places = useQuery(workspaces());
  return (
    <>
      <TabBar
        label="Documents"
        tabs={TABS}
        selected={query.filter ?? 'all'}
        onSelect={(filter) => onChange({ filter: filter === 'all' ? undefined : filter })}
      />
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <label className="relative min-w-0 flex-1 max-md:basis-full md:max-w-96">
          <span className="sr-only">Search in titles and text</span>
          <Search
            size={14}
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-2 -translate-y-1/2 text-faint"
          />
          <Input
            type="search"
            className="w-full pl-7"
            placeholder="Search in titles and text"
            value={query.text ?? ''}
            onKeyDown={onDown}
            onChange={(event) => onChange({ text: event.target.value || undefined })}
          />
        </label>
        <Select
          aria-label="Workspace"
          className="w-auto! max-w-52"
          value={query.workspace ?? ''}
          onChange={(event) =>
            onChange({ workspace: event.target.value || undefined, folder: undefined })
          }
        >
          <option value="">All workspaces</option>
          {places.data?.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          aria-label="Order"
          className="w-auto!"
          value={query.sort ?? 'updated'}
          onChange={(event) => onChange({ sort: event.target.value as DocumentSort })}
        >
          <option value="updated">Last changed</option>
          <option value="created">Newest</option>
          <option value="title">Title</option>
        </Select>
      </div>
    </>
  );
}
