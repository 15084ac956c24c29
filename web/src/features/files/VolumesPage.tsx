import { useQueries, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { HardDrive, Plus, UserRoundPlus } from 'lucide-react';
import { useState } from 'react';
import { catalogsQuery, schemasQuery, volumesQuery } from '@/api/catalog';
import type { Volume } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { CreateVolumeDialog } from '@/features/files/CreateVolumeDialog';
import { openShare } from '@/features/sharing/store';
import { useTitle } from '@/lib/hooks';

/** All volumes of all schemas that the user sees. */
function useVolumes() {
  const catalogs = useQuery(catalogsQuery());
  const schemas = useQueries({
    queries: (catalogs.data ?? []).map(({ name }) => schemasQuery(name)),
  });
  const places = schemas.flatMap((result) => result.data ?? []);
  const volumes = useQueries({
    queries: places.map(({ catalog, name }) => volumesQuery(catalog, name)),
  });
  const results = [catalogs, ...schemas, ...volumes];
  return {
    volumes: volumes.flatMap((result) => result.data ?? []),
    pending: results.some(({ isPending }) => isPending),
    error: catalogs.error,
    retry: catalogs.refetch,
  };
}

function VolumeCard({ volume, append }: { volume: Volume; append: string | undefined }) {
  const { catalog, schema, name } = volume;
  return (
    <div className="flex items-center rounded-lg border border-line pr-2 hover:border-line-strong hover:bg-hover">
      <Link
        to="/files/$catalog/$schema/$volume/$"
        params={{ catalog, schema, volume: name, _splat: '' }}
        search={append ? { append } : {}}
        className="flex min-w-0 flex-1 items-center gap-3 rounded-lg py-3 pl-4"
      >
        <HardDrive size={18} className="shrink-0 text-accent" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{name}</span>
          <span className="block truncate text-sm text-muted">
            {catalog}.{schema}
            {volume.comment && ` · ${volume.comment}`}
          </span>
        </span>
        <span className="text-sm text-muted max-sm:hidden">
          <Ago time={volume.created_at} />
        </span>
      </Link>
      <IconButton
        label={`Share ${name}`}
        className="ml-1"
        onClick={() =>
          openShare({
            secured: { type: 'volume', object: [catalog, schema, name].join('.') },
            name,
            path: `/files/${[catalog, schema, name].map(encodeURIComponent).join('/')}/`,
          })
        }
      >
        <UserRoundPlus size={14} />
      </IconButton>
    </div>
  );
}

export function VolumesPage() {
  useTitle('Files');
  const { append } = useSearch({ from: '/shell/files' });
  const { volumes, pending, error, retry } = useVolumes();
  const [creating, setCreating] = useState(false);
  const create = (
    <Button
      variant={volumes.length === 0 ? 'primary' : 'plain'}
      icon={<Plus size={14} />}
      onClick={() => setCreating(true)}
    >
      Create volume
    </Button>
  );
  return (
    <>
      <PageHeader crumbs={[{ label: 'Files' }]}>{volumes.length > 0 && create}</PageHeader>
      {append && (
        <p role="status" className="border-b border-line bg-accent-soft px-4 py-1.5">
          Choose the volume that holds the file to append to <strong>{append}</strong>.
        </p>
      )}
      {error ? (
        <ErrorPanel error={error} retry={retry} />
      ) : volumes.length > 0 ? (
        <div className="grid min-h-0 content-start gap-3 overflow-y-auto p-4 md:grid-cols-2 xl:grid-cols-3">
          {volumes.map((volume) => (
            <VolumeCard key={volume.id} volume={volume} append={append} />
          ))}
        </div>
      ) : pending ? (
        <SkeletonRows />
      ) : (
        <EmptyState icon={<HardDrive size={28} />} title="No volumes yet" actions={create}>
          A volume holds files. Create one, upload a file, and make a table of it.
        </EmptyState>
      )}
      {creating && <CreateVolumeDialog append={append} onClose={() => setCreating(false)} />}
    </>
  );
}
