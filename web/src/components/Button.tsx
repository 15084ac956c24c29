import type { ComponentProps, ReactNode } from 'react';
import { classes } from '@/components/classes';

type Variant = 'primary' | 'plain' | 'ghost' | 'danger';

const VARIANTS: Record<Variant, string> = {
  primary: 'bg-accent-fill text-on-accent hover:enabled:bg-accent-fill-hover border-transparent',
  plain: 'bg-raised text-text border-line-strong hover:enabled:bg-hover',
  ghost:
    'bg-transparent text-muted border-transparent hover:enabled:bg-hover hover:enabled:text-text',
  danger: 'bg-danger-fill text-on-accent border-transparent hover:enabled:brightness-110',
};

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: Variant;
  icon?: ReactNode;
  /** Shows that its action is under way and keeps it from being started again. */
  busy?: boolean;
}

export function Button(props: ButtonProps) {
  const { variant = 'plain', icon, busy, className, children, disabled, ...rest } = props;
  return (
    <button
      type="button"
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={classes(
        'inline-flex h-control shrink-0 items-center justify-center gap-1.5 rounded-md border px-2.5 font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50',
        VARIANTS[variant],
        busy && 'animate-pulse',
        className,
      )}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}
