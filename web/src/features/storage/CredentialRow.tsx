import { CheckCircle2, CircleX, Cloud, Pencil, PlugZap, Trash2 } from 'lucide-react';
import { testStorageCredential, type StorageCredential, type StorageTest } from '@/api/storage';
import { useState } from 'react';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { IconButton } from '@/components/IconButton';
import { useAction } from '@/components/useAction';

interface Props {
  item: StorageCredential;
  onEdit(): void;
  onDelete(): void;
}

/** A credential with its URLs, and what its stores say when they are asked. */
export function CredentialRow({ item, onEdit, onDelete }: Props) {
  const [tests, setTests] = useState<StorageTest[]>();
  const test = useAction(async () => {
    setTests(undefined);
    setTests(await testStorageCredential(item.name));
  });
  const tested = (url: string) => tests?.find((result) => result.url === url);
  return (
    <li className="flex flex-col gap-2 border-b border-line px-3 py-2 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Cloud size={16} className="shrink-0 text-faint" aria-hidden />
        <span className="min-w-0 flex-1 basis-40">
          <span className="block truncate font-medium">{item.name}</span>
          <span className="block truncate text-sm text-muted">
            {item.owner} · created <Ago time={item.created_at} />
          </span>
        </span>
        <span className="flex items-center gap-1">
          <Button icon={<PlugZap size={14} />} busy={test.busy} onClick={() => test.run()}>
            Test
          </Button>
          <IconButton label={`Change ${item.name}`} onClick={onEdit}>
            <Pencil size={14} />
          </IconButton>
          <IconButton label={`Delete ${item.name}`} onClick={onDelete}>
            <Trash2 size={14} />
          </IconButton>
        </span>
      </div>
      <div role="status">
        <ul className="flex flex-col gap-1 md:pl-7">
          {item.urls.map((url) => {
            const result = tested(url);
            return (
              <li key={url} className="text-sm">
                <span className="flex items-start gap-1.5">
                  {result?.works === true && (
                    <CheckCircle2
                      size={14}
                      aria-label="Works"
                      className="mt-0.5 shrink-0 text-success"
                    />
                  )}
                  {result?.works === false && (
                    <CircleX size={14} aria-label="Fails" className="mt-0.5 shrink-0 text-danger" />
                  )}
                  <code className="min-w-0 font-mono wrap-anywhere text-muted">{url}</code>
                </span>
                {result?.detail && <p className="wrap-anywhere text-danger">{result.detail}</p>}
              </li>
            );
          })}
        </ul>
      </div>
      <FormError error={test.error} />
    </li>
  );
}
