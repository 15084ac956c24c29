import { useQuery } from '@tanstack/react-query';
import { Mail, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { authSettings, invitations, invite, revokeInvitation } from '@/api/account';
import type { Invitation } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { Checkbox, Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { IconButton } from '@/components/IconButton';
import { Modal } from '@/components/Modal';
import { toast, toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['invitations'] });

function InviteDialog({ onClose }: { onClose(): void }) {
  const [email, setEmail] = useState('');
  const [admin, setAdmin] = useState(false);
  const [made, setMade] = useState<Invitation>();
  const send = useAction(async () => {
    const answer = await invite({ email: email.trim(), admin });
    await refresh();
    if (answer.link) return setMade(answer);
    toast({ title: `Invited ${answer.email}`, tone: 'success' });
    onClose();
  });
  if (made?.link) {
    return (
      <Modal
        title="Hand over the link"
        onClose={onClose}
        footer={<Button onClick={onClose}>Close</Button>}
      >
        <p className="text-muted">
          This server sends no mail. Give {made.email} this link; it works once, for 7 days.
        </p>
        <p className="flex items-center gap-1 rounded-md bg-panel p-3 font-mono text-sm">
          <span className="min-w-0 flex-1 wrap-anywhere">{made.link}</span>
          <CopyButton text={made.link} label="Copy the link" />
        </p>
      </Modal>
    );
  }
  return (
    <FormModal
      title="Invite"
      onClose={onClose}
      onSubmit={() => email.trim() && send.run()}
      submit="Invite"
      busy={send.busy}
      disabled={!email.trim()}
      error={send.error}
    >
      <Field label="Email">
        {(control) => (
          <Input
            {...control}
            type="email"
            autoFocus
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Checkbox checked={admin} onChange={(event) => setAdmin(event.target.checked)}>
        As administrator
      </Checkbox>
    </FormModal>
  );
}

/** Who was asked in and has not come yet. */
export function InvitationsSection() {
  const settings = useQuery(authSettings());
  const list = useQuery(invitations());
  const [inviting, setInviting] = useState(false);
  if (!settings.data || settings.data.registration === 'off') return null;
  const revoke = (one: Invitation) => {
    revokeInvitation(one.id).then(refresh, (error: unknown) =>
      toastError('The invitation stays', error),
    );
  };
  return (
    <section className="flex flex-col gap-3">
      <Button icon={<Mail size={14} />} onClick={() => setInviting(true)} className="self-start">
        Invite by email
      </Button>
      {list.data && list.data.length > 0 && (
        <ul aria-label="Invitations" className="rounded-lg border border-line">
          {list.data.map((one) => (
            <li
              key={one.id}
              className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0"
            >
              <span className="min-w-0 flex-1 truncate">{one.email}</span>
              {one.admin && <Badge tone="accent">administrator</Badge>}
              <Badge>invited</Badge>
              <span className="text-sm text-muted max-sm:hidden">
                expires <Ago time={one.expires_at} />
              </span>
              <IconButton
                label={`Take back the invitation of ${one.email}`}
                onClick={() => revoke(one)}
              >
                <Trash2 size={14} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </section>
  );
}
