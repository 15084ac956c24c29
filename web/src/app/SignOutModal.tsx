import { signOut } from '@/api/session';
import { ConfirmModal } from '@/components/ConfirmModal';

interface Props {
  /** Changes to documents that are only in this browser. */
  lost: number;
  onClose(): void;
}

export function SignOutModal({ lost, onClose }: Props) {
  const changes = lost === 1 ? '1 change' : `${lost} changes`;
  return (
    <ConfirmModal
      title={`Sign out and lose ${changes}?`}
      action={`Lose ${changes} and sign out`}
      onConfirm={signOut}
      onClose={onClose}
    >
      <p>
        {changes} to documents {lost === 1 ? 'has' : 'have'} not reached the server yet. Signing out
        removes what this browser keeps of documents. Stay signed in until the connection is back to
        save {lost === 1 ? 'it' : 'them'}.
      </p>
    </ConfirmModal>
  );
}
