import { CheckCircle2, KeyRound, Pencil, PlugZap, Trash2, Users } from 'lucide-react';
import { useState } from 'react';
import { checkProvider, type SignInProvider } from '@/api/sso';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { FormError } from '@/components/FormError';
import { IconButton } from '@/components/IconButton';
import { useAction } from '@/components/useAction';
import { KINDS } from '@/features/sso/provider-form';

function Address({ label, url }: { label: string; url: string }) {
  return (
    <div className="flex flex-wrap items-center gap-x-2 text-sm">
      <dt className="text-muted">{label}</dt>
      <dd className="flex min-w-0 items-center gap-1">
        <code className="min-w-0 font-mono wrap-anywhere">{url}</code>
        <CopyButton text={url} label={`Copy the ${label.toLowerCase()}`} />
      </dd>
    </div>
  );
}

interface Props {
  item: SignInProvider;
  onEdit(): void;
  onProvision(): void;
  onDelete(): void;
}

/** A provider with the addresses to register there, and what it says when it is asked. */
export function ProviderRow({ item, onEdit, onProvision, onDelete }: Props) {
  const [works, setWorks] = useState(false);
  const test = useAction(async () => {
    setWorks(false);
    await checkProvider(item.id);
    setWorks(true);
  });
  const kind = KINDS.find(({ id }) => id === item.kind)?.label;
  const enforced = item.settings.enforced_domains ?? [];
  return (
    <li className="flex flex-col gap-2 border-b border-line px-3 py-2 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <KeyRound size={16} className="shrink-0 text-faint" aria-hidden />
        <span className="min-w-0 flex-1 basis-40">
          <span className="flex items-center gap-2 font-medium">
            <span className="truncate">{item.name}</span>
            {!item.enabled && <Badge>not offered</Badge>}
          </span>
          <span className="block truncate text-sm text-muted">
            {kind} · {item.identities} {item.identities === 1 ? 'person' : 'people'}
            {enforced.length > 0 && ` · enforced for ${enforced.join(', ')}`}
          </span>
        </span>
        <span className="flex items-center gap-1">
          {item.kind === 'oidc' && (
            <Button icon={<PlugZap size={14} />} busy={test.busy} onClick={() => test.run()}>
              Test
            </Button>
          )}
          <IconButton label={`Provisioning by ${item.name}`} onClick={onProvision}>
            <Users size={14} />
          </IconButton>
          <IconButton label={`Change ${item.name}`} onClick={onEdit}>
            <Pencil size={14} />
          </IconButton>
          <IconButton label={`Delete ${item.name}`} onClick={onDelete}>
            <Trash2 size={14} />
          </IconButton>
        </span>
      </div>
      <dl className="flex flex-col gap-1 md:pl-7">
        {item.metadata_url && <Address label="Metadata and entity id" url={item.metadata_url} />}
        <Address
          label={item.kind === 'saml' ? 'Assertion consumer' : 'Redirect address'}
          url={item.redirect_url}
        />
      </dl>
      <div role="status">
        {works && (
          <p className="flex items-center gap-1.5 text-sm text-success md:pl-7">
            <CheckCircle2 size={14} aria-hidden /> It answers as it should.
          </p>
        )}
      </div>
      <FormError error={test.error} />
    </li>
  );
}
