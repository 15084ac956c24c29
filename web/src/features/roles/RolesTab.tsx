import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { deleteRole, roles, type Role } from '@/api/permissions';
import { queryClient } from '@/app/query-client';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { RoleDialog } from '@/features/roles/RoleDialog';
import { labelOf } from '@/features/sharing/privileges';

const refresh = () =>
  Promise.all(
    ['roles', 'permissions'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
  );

/** For administrators: what can be granted under one name. */
export function RolesTab() {
  const list = useQuery(roles());
  const [editing, setEditing] = useState<{ role?: Role }>();
  const [deleting, setDeleting] = useState<Role>();
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <p className="min-w-60 flex-1 text-muted">
          A role is a set of privileges under one name. It is granted on an object, and holds on all
          that the object contains.
        </p>
        <Button variant="primary" icon={<Plus size={14} />} onClick={() => setEditing({})}>
          Create role
        </Button>
      </div>
      {list.isPending && <SkeletonRows rows={4} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data && (
        <ul aria-label="Roles" className="rounded-lg border border-line">
          {list.data.map((role) => (
            <li
              key={role.id}
              className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0"
            >
              <span className="min-w-0 flex-1">
                <span className="flex flex-wrap items-center gap-2 font-medium">
                  <span className="truncate">{role.name}</span>
                  {role.built_in && <Badge>built-in</Badge>}
                  {role.privileges.map((privilege) => (
                    <Badge key={privilege} tone="accent">
                      {labelOf(privilege)}
                    </Badge>
                  ))}
                </span>
                {role.text && (
                  <span className="block text-sm wrap-anywhere text-muted">{role.text}</span>
                )}
              </span>
              {!role.built_in && (
                <>
                  <IconButton label={`Change ${role.name}`} onClick={() => setEditing({ role })}>
                    <Pencil size={14} />
                  </IconButton>
                  <IconButton label={`Delete ${role.name}`} onClick={() => setDeleting(role)}>
                    <Trash2 size={14} />
                  </IconButton>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing && (
        <RoleDialog role={editing.role} onSaved={refresh} onClose={() => setEditing(undefined)} />
      )}
      {deleting && (
        <ConfirmModal
          title={`Delete ${deleting.name}?`}
          action="Delete"
          onConfirm={() => deleteRole(deleting.id).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">It goes only when it is granted nowhere.</p>
        </ConfirmModal>
      )}
    </section>
  );
}
