import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { catalogsQuery } from '@/api/catalog';
import { EmptyState } from '@/components/EmptyState';
import { ObjectIcon } from '@/components/ObjectIcon';
import { recentTables } from '@/features/table/recent';
import { useStore } from '@/lib/store';

const LINK = 'rounded-md border border-line-strong px-2.5 py-1 font-medium hover:bg-hover';

export function RecentTables() {
  const tables = useStore(recentTables);
  const catalogs = useQuery(catalogsQuery());
  const samples = catalogs.data?.some(({ name }) => name === 'samples');
  if (tables.length === 0) {
    return (
      <EmptyState
        title="No tables viewed yet"
        actions={
          samples ? (
            <Link to="/catalog/$catalog" params={{ catalog: 'samples' }} className={LINK}>
              Browse the samples
            </Link>
          ) : (
            <Link to="/catalog" className={LINK}>
              Open the catalog
            </Link>
          )
        }
      >
        Tables that you open are listed here.
      </EmptyState>
    );
  }
  return (
    <ul>
      {tables.slice(0, 8).map((name) => (
        <li key={`${name.catalog}.${name.schema}.${name.table}`}>
          <Link
            to="/catalog/$catalog/$schema/$table"
            params={name}
            className="flex items-center gap-2 px-4 py-1.5 -outline-offset-2 hover:bg-hover pointer-coarse:py-2.5"
          >
            <ObjectIcon kind="table" />
            <span className="truncate font-medium">{name.table}</span>
            <span className="truncate text-sm text-muted">
              {name.catalog}.{name.schema}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
