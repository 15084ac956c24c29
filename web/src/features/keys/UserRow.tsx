import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import {
  changeUser,
  deleteUser,
  resetSecondFactor,
  sendReset,
  setTemporaryPassword,
} from '@/api/account';
import { removePasskeysOf } from '@/api/passkeys';
import type { User } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { ConfirmModal } from '@/components/ConfirmModal';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import { toast, toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { passwordProblem } from '@/features/keys/password';
import { ViewAsDialog } from '@/features/keys/ViewAsDialog';

interface DialogProps {
  user: User;
  onClose(): void;
}

function TemporaryPasswordDialog({ user, onClose }: DialogProps) {
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const set = useAction(async () => {
    await setTemporaryPassword(user.id, password);
    toast({ title: 'Temporary password set', tone: 'success' });
    onClose();
  });
  return (
    <FormModal
      title={`Temporary password of ${user.email}`}
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (!passwordProblem(password)) set.run();
      }}
      submit="Set"
      busy={set.busy}
      error={set.error}
    >
      <p className="text-muted">Their sessions end. They choose an own one when they sign in.</p>
      <Field label="Password" error={tried ? passwordProblem(password) : undefined}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}

interface Props {
  user: User;
  self: boolean;
  refresh(): Promise<unknown>;
}

/** A user as administrators see them, with what they can do. */
export function UserRow({ user, self, refresh }: Props) {
  const [open, setOpen] = useState<'password' | 'remove' | 'factor' | 'passkeys' | 'view'>();
  const close = () => setOpen(undefined);
  const act = (title: string, action: () => Promise<unknown>) => () => {
    action().then(
      () => {
        toast({ title, tone: 'success' });
        return refresh();
      },
      (error: unknown) => toastError('That did not work', error),
    );
  };
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2 font-medium">
          <span className="truncate">{user.name || user.email}</span>
          {user.admin && <Badge tone="accent">administrator</Badge>}
          {user.disabled && <Badge tone="danger">disabled</Badge>}
          {!user.verified && <Badge tone="warning">unconfirmed</Badge>}
        </span>
        <span className="block truncate text-sm text-muted">{user.email}</span>
      </span>
      <span className="text-sm text-muted max-sm:hidden">
        <Ago time={user.created_at} />
      </span>
      <Menu
        items={[
          {
            label: 'View as',
            disabled: self || user.disabled,
            onSelect: () => setOpen('view'),
          },
          {
            separated: true,
            label: user.admin ? 'Make no administrator' : 'Make administrator',
            onSelect: act('Changed', () => changeUser(user.id, { admin: !user.admin })),
          },
          {
            label: user.disabled ? 'Enable' : 'Disable',
            disabled: self,
            onSelect: act(user.disabled ? 'Enabled' : 'Disabled', () =>
              changeUser(user.id, { disabled: !user.disabled }),
            ),
          },
          {
            label: 'Send a link for a new password',
            separated: true,
            onSelect: act('The letter is on its way', () => sendReset(user.id)),
          },
          {
            label: 'Set a temporary password',
            disabled: self,
            onSelect: () => setOpen('password'),
          },
          { label: 'Turn off the second factor', onSelect: () => setOpen('factor') },
          { label: 'Remove all passkeys', onSelect: () => setOpen('passkeys') },
          {
            label: 'Remove',
            danger: true,
            separated: true,
            disabled: self,
            onSelect: () => setOpen('remove'),
          },
        ]}
      >
        <IconButton label={`Actions on ${user.email}`}>
          <Ellipsis size={14} />
        </IconButton>
      </Menu>
      {open === 'view' && <ViewAsDialog user={user} onClose={close} />}
      {open === 'password' && <TemporaryPasswordDialog user={user} onClose={close} />}
      {open === 'factor' && (
        <ConfirmModal
          title={`Turn off the second factor of ${user.email}?`}
          action="Turn off"
          onConfirm={() => resetSecondFactor(user.id)}
          onClose={close}
        >
          <p className="text-muted">Their password alone signs them in then. They get a letter.</p>
        </ConfirmModal>
      )}
      {open === 'passkeys' && (
        <ConfirmModal
          title={`Remove all passkeys of ${user.email}?`}
          action="Remove passkeys"
          onConfirm={() => removePasskeysOf(user.id)}
          onClose={close}
        >
          <p className="text-muted">They sign in with their password then. They get a letter.</p>
        </ConfirmModal>
      )}
      {open === 'remove' && (
        <ConfirmModal
          title={`Remove ${user.email}?`}
          action="Remove"
          onConfirm={() => deleteUser(user.id).then(refresh)}
          onClose={close}
        >
          <p className="text-muted">They can no longer sign in, and their API keys end.</p>
        </ConfirmModal>
      )}
    </li>
  );
}
