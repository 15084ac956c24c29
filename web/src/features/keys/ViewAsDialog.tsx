import { useNavigate } from '@tanstack/react-router';
import { beginViewing } from '@/api/session';
import type { User } from '@/api/types';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';

/** For administrators: says what looking at the page as somebody else is, and begins it. */
export function ViewAsDialog({ user, onClose }: { user: User; onClose(): void }) {
  const navigate = useNavigate();
  const begin = useAction(async () => {
    await beginViewing(user.id);
    await navigate({ to: '/' });
  });
  return (
    <FormModal
      title={`View as ${user.name || user.email}?`}
      submit="View"
      busy={begin.busy}
      error={begin.error}
      onSubmit={begin.run}
      onClose={onClose}
    >
      <ul className="flex list-disc flex-col gap-1 pl-4 text-muted">
        <li>You see what {user.email} sees, in this browser tab only.</li>
        <li>You can change nothing, run nothing that changes data, and make no keys.</li>
        <li>It ends after 15 minutes, when you stop it, or when you reload the page.</li>
        <li>The audit log names you and whom you look as.</li>
      </ul>
    </FormModal>
  );
}
