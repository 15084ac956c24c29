import { useId, type ComponentProps, type ReactNode } from 'react';
import { classes } from '@/components/classes';

const CONTROL =
  'h-control w-full min-w-0 rounded-md border border-line-strong bg-bg px-2 text-text transition-colors focus:border-accent disabled:opacity-60 aria-invalid:border-danger';

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  children: (control: {
    id: string;
    'aria-invalid': boolean | undefined;
    'aria-describedby': string | undefined;
  }) => ReactNode;
}

/** A labelled control with its hint, or its error in the hint's place. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={classes('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({
        id,
        'aria-invalid': error ? true : undefined,
        'aria-describedby': note ? `${id}-note` : undefined,
      })}
      {note && (
        <p id={`${id}-note`} className={classes('text-sm', error ? 'text-danger' : 'text-muted')}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={classes(CONTROL, className)} spellCheck={false} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={classes(CONTROL, 'h-auto! py-1.5', className)} rows={3} {...rest} />;
}

export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <select
      className={classes(
        CONTROL,
        'select-chevron appearance-none bg-raised pr-6 text-ellipsis hover:bg-hover',
        className,
      )}
      {...rest}
    >
      {children}
    </select>
  );
}

export function Checkbox({
  children,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { children?: ReactNode }) {
  return (
    <label className={classes('inline-flex items-center gap-2', className)}>
      <input type="checkbox" className="size-3.5 accent-accent-fill" {...rest} />
      {children}
    </label>
  );
}
