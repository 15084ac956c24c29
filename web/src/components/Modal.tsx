import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { FormEvent, ReactNode } from 'react';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { useReturnFocus } from '@/components/useReturnFocus';

interface Props {
  title: ReactNode;
  description?: ReactNode;
  onClose(): void;
  /** With it the dialog is a form: Enter submits. */
  onSubmit?(): void;
  footer?: ReactNode;
  medium?: boolean;
  wide?: boolean;
  children?: ReactNode;
}

/** Without a field that asks for the focus the dialog itself takes it, not its close button. */
function focusContent(event: Event): void {
  const content = event.currentTarget as HTMLElement;
  event.preventDefault();
  if (!content.contains(document.activeElement)) content.focus();
}

/** A dialog; on a phone a sheet that fills the width at the bottom. */
export function Modal(props: Props) {
  const { title, description, onClose, onSubmit, footer, medium, wide, children } = props;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    onSubmit?.();
  };
  const returnFocus = useReturnFocus();
  const Body = onSubmit ? 'form' : 'div';
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-[rgb(10_12_20/0.4)]" />
        <Dialog.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={focusContent}
          onCloseAutoFocus={returnFocus}
          className={classes(
            'pop-in fixed z-40 flex max-h-[88dvh] flex-col border border-line bg-raised shadow-pop outline-none',
            'inset-x-0 bottom-0 rounded-t-lg md:inset-x-auto md:top-[10vh] md:bottom-auto md:left-1/2 md:-translate-x-1/2 md:rounded-lg',
            wide ? 'md:w-[min(960px,92vw)]' : medium ? 'md:w-[min(600px,92vw)]' : 'md:w-[440px]',
          )}
        >
          <Body
            className="flex min-h-0 flex-1 flex-col"
            {...(onSubmit ? { onSubmit: submit, noValidate: true } : {})}
          >
            <header className="flex items-start gap-2 px-4 pt-3 pb-2">
              <div className="min-w-0 flex-1">
                <Dialog.Title className="text-lg wrap-anywhere">{title}</Dialog.Title>
                {description && (
                  <Dialog.Description className="text-muted">{description}</Dialog.Description>
                )}
              </div>
              <IconButton label="Close" onClick={onClose}>
                <X size={16} />
              </IconButton>
            </header>
            <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto px-4 pt-2 pb-4">
              {children}
            </div>
            {footer && (
              <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3 pb-[max(12px,env(safe-area-inset-bottom))]">
                {footer}
              </footer>
            )}
          </Body>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
