import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createTable, inferFile } from '@/api/catalog';
import { absolutePath, type VolumeName } from '@/api/files';
import type { FileFormat } from '@/api/types';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormModal } from '@/components/FormModal';
import { SkeletonRows } from '@/components/Skeleton';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { refreshTables } from '@/features/catalog/refresh';
import { formatOfName } from '@/features/files/kinds';
import {
  createRequest,
  draftColumns,
  draftProblem,
  readerOptions,
  type CsvOptions,
  type Draft,
} from '@/features/files/make-table/draft';
import { FormatFields } from '@/features/files/make-table/FormatFields';
import { SchemaPreview } from '@/features/files/make-table/SchemaPreview';
import { TargetFields } from '@/features/files/make-table/TargetFields';
import { stepDone } from '@/features/home/steps';
import { tableNameFromFile } from '@/lib/identifiers';
import { splitName } from '@/lib/names';

interface Props {
  volume: VolumeName;
  /** The file's path inside the volume. */
  path: string;
  /** Full name of a table to append to. */
  append: string | undefined;
  onClose(): void;
}

type Target = Omit<Draft, 'columns'>;

function initialTarget(volume: VolumeName, path: string, append: string | undefined): Target {
  const [catalog, schema, name] = append ? splitName(append) : [];
  if (catalog && schema && name) return { catalog, schema, name, mode: 'append' };
  const file = path.split('/').at(-1)!;
  return {
    catalog: volume.catalog,
    schema: volume.schema,
    name: tableNameFromFile(file),
    mode: 'create',
  };
}

/** Shows what a file holds and makes a table of it, or adds its rows to one. */
export function MakeTableDialog({ volume, path, append, onClose }: Props) {
  const navigate = useNavigate();
  const file = absolutePath(volume, path);
  const [target, setTarget] = useState(() => initialTarget(volume, path, append));
  const [format, setFormat] = useState<FileFormat | undefined>(() => formatOfName(path));
  const [csv, setCsv] = useState<CsvOptions>({ header: '', delimiter: '' });
  const options = readerOptions(format, csv);
  const inferred = useQuery({
    queryKey: ['infer', file, format, options],
    queryFn: ({ signal }) =>
      inferFile({ path: file, ...(format && { format }), ...(options && { options }) }, signal),
    retry: false,
    gcTime: 0,
  });
  // The user's changes belong to one reading of the file; another reading starts afresh.
  const [edited, setEdited] = useState<{ of: unknown; columns: Draft['columns'] }>();
  const columns =
    edited && edited.of === inferred.data
      ? edited.columns
      : inferred.data
        ? draftColumns(inferred.data)
        : [];
  const draft: Draft = { ...target, columns };
  const problem = draftProblem(draft);

  const make = useAction(async () => {
    if (!inferred.data) return;
    const table = await createTable(createRequest(draft, inferred.data, file, options));
    await refreshTables();
    stepDone('table');
    toast({
      title: target.mode === 'append' ? `Appended to ${table.name}` : `Made ${table.name}`,
      tone: 'success',
    });
    onClose();
    await navigate({
      to: '/catalog/$catalog/$schema/$table',
      params: { catalog: target.catalog, schema: target.schema, table: target.name },
      search: { tab: 'preview' },
    });
  });

  const labels = { create: 'Create table', append: 'Append rows', overwrite: 'Overwrite table' };
  return (
    <FormModal
      wide
      title={append ? `Append ${path} to a table` : `Make a table from ${path}`}
      onClose={onClose}
      onSubmit={() => inferred.data && !problem && make.run()}
      submit={labels[target.mode]}
      busy={make.busy}
      error={make.error}
      disabled={!inferred.data || Boolean(problem)}
    >
      <TargetFields target={target} problem={problem} onChange={setTarget} />
      <FormatFields format={format} csv={csv} onFormat={setFormat} onCsv={setCsv} />
      {inferred.isPending && <SkeletonRows rows={5} />}
      {inferred.isError && <ErrorPanel error={inferred.error} retry={inferred.refetch} />}
      {inferred.data && (
        <SchemaPreview
          inferred={inferred.data}
          columns={columns}
          editable={target.mode === 'create'}
          onChange={(next) => setEdited({ of: inferred.data, columns: next })}
        />
      )}
    </FormModal>
  );
}
