import type { ReactNode } from 'react';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { Modal } from '@/components/Modal';

interface Props {
  title: ReactNode;
  description?: ReactNode;
  /** What the button that submits says. */
  submit: string;
  danger?: boolean;
  disabled?: boolean;
  busy: boolean;
  /** Why the last try was refused. */
  error: unknown;
  wide?: boolean;
  onSubmit(): void;
  onClose(): void;
  children?: ReactNode;
}

/** A dialog with a form: Cancel, a button that submits, and the reason of a refusal. */
export function FormModal(props: Props) {
  const { submit, danger, disabled, busy, error, onClose, children, ...modal } = props;
  return (
    <Modal
      {...modal}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={danger ? 'danger' : 'primary'}
            type="submit"
            busy={busy}
            disabled={disabled}
          >
            {submit}
          </Button>
        </>
      }
    >
      {children}
      <FormError error={error} />
    </Modal>
  );
}
