import { useQuery } from '@tanstack/react-query';
import { Link2, X } from 'lucide-react';
import { useState } from 'react';
import { createShareLink, deleteShareLink, shareLinks, type ShareLink } from '@/api/document-talk';
import { changeDocument, documentInfo, type LinkAccess } from '@/api/documents';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { Field, Input, Select } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { IconButton } from '@/components/IconButton';
import { copyWithToast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { refreshDocuments } from '@/features/documents/refresh';
import { absoluteLink } from '@/features/documents/share/link-address';
import { formatDateTime } from '@/lib/format';

const LEVELS = { view: 'can read', comment: 'can comment', edit: 'can edit' } as const;
const DAY = 86_400_000; // milliseconds

/** What whoever has the document's address may do without signing in. */
function AddressAccess({ id }: { id: string }) {
  const info = useQuery(documentInfo(id));
  const change = useAction(async (link_access: LinkAccess) => {
    await changeDocument(id, { link_access });
    await refreshDocuments();
  });
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="flex-1">Anyone with the document’s address</span>
        <Select
          aria-label="Anyone with the address"
          className="w-auto!"
          disabled={!info.data || change.busy}
          value={info.data?.link_access ?? 'off'}
          onChange={(event) => change.run(event.target.value as LinkAccess)}
        >
          <option value="off">has no access</option>
          {Object.entries(LEVELS).map(([level, text]) => (
            <option key={level} value={level}>
              {text}
            </option>
          ))}
        </Select>
      </div>
      <FormError error={change.error ?? info.error} />
    </div>
  );
}

function LinkRow({ link, onRemove }: { link: ShareLink; onRemove(): void }) {
  return (
    <li className="flex items-center gap-2 border-b border-line px-3 py-1.5 last:border-0">
      <Link2 size={14} className="shrink-0 text-faint" aria-hidden />
      <span className="min-w-0 flex-1">
        Whoever has it {LEVELS[link.level]}
        <span className="block truncate text-sm text-muted">
          Made <Ago time={link.created_at} />
          {link.expires_at && <>, ends {formatDateTime(link.expires_at)}</>}
          {link.last_used_at && (
            <>
              , last used <Ago time={link.last_used_at} />
            </>
          )}
        </span>
      </span>
      {link.has_password && <Badge>password</Badge>}
      <CopyButton text={absoluteLink(link.url)} label="Copy the link" />
      <IconButton small label="Remove the link" onClick={onRemove}>
        <X size={14} />
      </IconButton>
    </li>
  );
}

/** Links that give access to a document without signing in. */
export function LinksSection({ id }: { id: string }) {
  const links = useQuery(shareLinks(id));
  const [level, setLevel] = useState<ShareLink['level']>('view');
  const [days, setDays] = useState('');
  const [password, setPassword] = useState('');
  const create = useAction(async () => {
    const made = await createShareLink(id, {
      level,
      ...(days && { expires_at: new Date(Date.now() + Number(days) * DAY).toISOString() }),
      ...(password && { password }),
    });
    setPassword('');
    copyWithToast(absoluteLink(made.url), 'Link');
    await links.refetch();
  });
  const remove = useAction(async (link: string) => {
    await deleteShareLink(id, link);
    await links.refetch();
  });
  return (
    <section aria-label="Links" className="flex flex-col gap-2">
      <h3 className="font-medium">Without signing in</h3>
      <AddressAccess id={id} />
      <div className="grid grid-cols-2 items-end gap-2 md:grid-cols-[auto_auto_1fr_auto]">
        <Field label="A link that">
          {(control) => (
            <Select
              {...control}
              value={level}
              onChange={(event) => setLevel(event.target.value as typeof level)}
            >
              {Object.entries(LEVELS).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Ends">
          {(control) => (
            <Select {...control} value={days} onChange={(event) => setDays(event.target.value)}>
              <option value="">never</option>
              <option value="1">in a day</option>
              <option value="7">in a week</option>
              <option value="30">in 30 days</option>
            </Select>
          )}
        </Field>
        <Field label="Password">
          {(control) => (
            <Input
              {...control}
              type="text"
              autoComplete="off"
              placeholder="none; at least 8 letters"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Button busy={create.busy} onClick={() => create.run()}>
          Create link
        </Button>
      </div>
      <FormError error={create.error ?? remove.error ?? links.error} />
      {links.data && links.data.length > 0 && (
        <ul aria-label="Links" className="rounded-lg border border-line">
          {links.data.map((link) => (
            <LinkRow key={link.id} link={link} onRemove={() => remove.run(link.id)} />
          ))}
        </ul>
      )}
    </section>
  );
}
