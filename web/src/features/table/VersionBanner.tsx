import { History } from 'lucide-react';
import type { TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { copyWithToast } from '@/components/toasts';
import { formatDateTime } from '@/lib/format';
import { qualified } from '@/lib/identifiers';

interface Props {
  name: TableName;
  detail: TableDetail;
  onLatest(): void;
}

/** Says that an older version of the table is shown. */
export function VersionBanner({ name, detail, onLatest }: Props) {
  const full = qualified(name.catalog, name.schema, name.table);
  const sql = `SELECT *\nFROM ${full} VERSION AS OF ${detail.version}`;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-2 border-b border-line bg-accent-soft px-4 py-1.5"
    >
      <History size={14} className="text-accent" />
      <span className="flex-1">
        <strong className="font-semibold">Version {detail.version}</strong>
        {detail.timestamp && <> as of {formatDateTime(detail.timestamp)}</>}
      </span>
      <Button variant="ghost" onClick={() => copyWithToast(sql, 'SQL')}>
        Copy SQL
      </Button>
      <Button onClick={onLatest}>Show the latest</Button>
    </div>
  );
}
