import { useQuery } from '@tanstack/react-query';
import { AppWindow, KeyRound, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import {
  applications,
  deleteApplication,
  openidIssuer,
  renewSecret,
  type Application,
} from '@/api/oauth';
import { queryClient } from '@/app/query-client';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { CopyButton } from '@/components/CopyButton';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { Modal } from '@/components/Modal';
import { SkeletonRows } from '@/components/Skeleton';
import { ApplicationDialog } from '@/features/oauth/ApplicationDialog';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['applications'] });

interface RowProps {
  item: Application;
  onEdit(): void;
  onRenew(): void;
  onDelete(): void;
}

function ApplicationRow({ item, onEdit, onRenew, onDelete }: RowProps) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 last:border-0">
      <AppWindow size={16} className="shrink-0 text-faint" aria-hidden />
      <span className="min-w-0 flex-1 basis-40">
        <span className="flex items-center gap-2 font-medium">
          <span className="truncate">{item.name}</span>
          {item.trusted && <Badge>ours</Badge>}
          {!item.confidential && <Badge>public</Badge>}
        </span>
        <span className="flex items-center gap-1 text-sm text-muted">
          <code className="min-w-0 truncate font-mono">{item.id}</code>
          <CopyButton text={item.id} label="Copy the client id" />
        </span>
      </span>
      <span className="flex items-center gap-1">
        {item.confidential && (
          <IconButton label={`New secret for ${item.name}`} onClick={onRenew}>
            <KeyRound size={14} />
          </IconButton>
        )}
        <IconButton label={`Change ${item.name}`} onClick={onEdit}>
          <Pencil size={14} />
        </IconButton>
        <IconButton label={`Delete ${item.name}`} onClick={onDelete}>
          <Trash2 size={14} />
        </IconButton>
      </span>
    </li>
  );
}

function SecretDialog({ secret, onClose }: { secret: string; onClose(): void }) {
  return (
    <Modal
      title="The application’s secret"
      description="Copy it now: it is not shown again."
      onClose={onClose}
      footer={
        <Button variant="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <p className="flex items-center gap-1">
        <code className="min-w-0 font-mono text-sm wrap-anywhere">{secret}</code>
        <CopyButton text={secret} label="Copy the secret" />
      </p>
    </Modal>
  );
}

/** For administrators: applications that sign people in here. */
export function ApplicationsSection() {
  const list = useQuery(applications());
  const [editing, setEditing] = useState<{ application?: Application }>();
  const [asking, setAsking] = useState<{ what: 'delete' | 'renew'; application: Application }>();
  const [secret, setSecret] = useState<string>();
  const issuer = useQuery(openidIssuer());
  return (
    <section className="mt-8 flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-60 flex-1">
          <h2 className="text-lg">Applications</h2>
          <p className="text-muted wrap-anywhere">
            They sign people in here by OpenID Connect, with the issuer{' '}
            <code className="font-mono text-sm">{issuer.data ?? '…'}</code>.
          </p>
        </div>
        <Button icon={<Plus size={14} />} onClick={() => setEditing({})}>
          Register application
        </Button>
      </div>
      {list.isPending && <SkeletonRows rows={2} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data && list.data.length > 0 && (
        <ul aria-label="Applications" className="rounded-lg border border-line">
          {list.data.map((application) => (
            <ApplicationRow
              key={application.id}
              item={application}
              onEdit={() => setEditing({ application })}
              onRenew={() => setAsking({ what: 'renew', application })}
              onDelete={() => setAsking({ what: 'delete', application })}
            />
          ))}
        </ul>
      )}
      {editing && (
        <ApplicationDialog
          application={editing.application}
          onClose={() => setEditing(undefined)}
          onSaved={(saved) => {
            setSecret(saved.client_secret);
            return refresh();
          }}
        />
      )}
      {asking?.what === 'delete' && (
        <ConfirmModal
          title={`Delete ${asking.application.name}?`}
          action="Delete"
          onConfirm={() => deleteApplication(asking.application.id).then(refresh)}
          onClose={() => setAsking(undefined)}
        >
          <p className="text-muted">Nobody can sign in to it from here any more.</p>
        </ConfirmModal>
      )}
      {asking?.what === 'renew' && (
        <ConfirmModal
          title={`New secret for ${asking.application.name}?`}
          action="Make a new secret"
          onConfirm={async () =>
            setSecret((await renewSecret(asking.application.id)).client_secret)
          }
          onClose={() => setAsking(undefined)}
        >
          <p className="text-muted">The old one ends at once.</p>
        </ConfirmModal>
      )}
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />}
    </section>
  );
}
