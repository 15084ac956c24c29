import { useNavigate } from '@tanstack/react-router';
import {
  Braces,
  Copy,
  Download,
  EllipsisVertical,
  FilePlus2,
  MessageSquare,
  Pencil,
  SquareTerminal,
  Trash2,
} from 'lucide-react';
import type { TableName } from '@/api/catalog';
import { exportQuery, type ExportFormat } from '@/api/query';
import type { TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';
import { copyWithToast, toast, toastError } from '@/components/toasts';
import { openCatalogDialog, type Target } from '@/features/catalog/dialogs/store';
import { dropTableWithUndo } from '@/features/catalog/drop-table';
import { ShareButton } from '@/features/sharing/ShareButton';
import { addTab } from '@/features/sql/tabs';
import { pythonSnippet } from '@/features/table/snippets';
import { saveResponse } from '@/lib/download';
import { qualified } from '@/lib/identifiers';

interface Props {
  name: TableName;
  detail: TableDetail;
  version: number | undefined;
}

async function download(sql: string, format: ExportFormat, file: string): Promise<void> {
  toast({ title: `Preparing ${file}` });
  const response = await exportQuery({ sql }, format);
  await saveResponse(response, file);
}

export function TableActions({ name, detail, version }: Props) {
  const navigate = useNavigate();
  const full = qualified(name.catalog, name.schema, name.table);
  const from = version === undefined ? full : `${full} VERSION AS OF ${version}`;
  const isView = detail.kind === 'view';
  const target: Target = { kind: isView ? 'view' : 'table', ...name, comment: detail.comment };
  const query = () => {
    addTab({ sql: `SELECT *\nFROM ${from}` });
    void navigate({ to: '/sql' });
  };
  const save = (format: ExportFormat) => () => {
    download(`SELECT * FROM ${from}`, format, `${name.table}.${format}`).catch((error: unknown) =>
      toastError('Could not download the table', error),
    );
  };
  const drop = () => {
    const leave = () => navigate({ to: '/catalog/$catalog/$schema', params: name });
    dropTableWithUndo(name, isView ? 'view' : 'table', leave).catch((error: unknown) =>
      toastError(`Could not drop ${name.table}`, error),
    );
  };
  const items: MenuItem[] = [
    { label: 'Copy name', icon: <Copy size={14} />, onSelect: () => copyWithToast(full, 'Name') },
    ...(detail.location
      ? [
          {
            label: 'Copy Python snippet',
            icon: <Braces size={14} />,
            onSelect: () => copyWithToast(pythonSnippet(detail), 'Snippet'),
          },
        ]
      : []),
    { label: 'Download CSV', icon: <Download size={14} />, onSelect: save('csv'), separated: true },
    { label: 'Download Parquet', icon: <Download size={14} />, onSelect: save('parquet') },
    ...(isView
      ? []
      : [
          {
            label: 'Append from a file',
            icon: <FilePlus2 size={14} />,
            onSelect: () => void navigate({ to: '/files', search: { append: detail.full_name } }),
          },
        ]),
    {
      label: 'Rename',
      icon: <Pencil size={14} />,
      separated: true,
      onSelect: () => openCatalogDialog({ kind: 'rename', target }),
    },
    {
      label: 'Edit comment',
      icon: <MessageSquare size={14} />,
      onSelect: () => openCatalogDialog({ kind: 'comment', target }),
    },
    {
      label: 'Drop',
      icon: <Trash2 size={14} />,
      danger: true,
      separated: true,
      // A view cannot be brought back, so it asks first.
      onSelect: isView ? () => openCatalogDialog({ kind: 'drop', target }) : drop,
    },
  ];
  return (
    <>
      <ShareButton
        secured={{ type: 'table', object: [name.catalog, name.schema, name.table].join('.') }}
        name={name.table}
      />
      <Button variant="primary" icon={<SquareTerminal size={14} />} onClick={query}>
        Query
      </Button>
      <Menu items={items}>
        <IconButton label="More actions">
          <EllipsisVertical size={16} />
        </IconButton>
      </Menu>
    </>
  );
}
