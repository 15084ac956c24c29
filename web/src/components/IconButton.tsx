import type { ComponentProps } from 'react';
import { classes } from '@/components/classes';
import { Tip } from '@/components/Tip';

interface Props extends Omit<ComponentProps<'button'>, 'aria-label'> {
  label: string;
  /** Shown after the label in the tooltip. */
  keys?: string;
  small?: boolean;
  active?: boolean;
}

/** A button that is only an icon: its label is its name and its tooltip. */
export function IconButton({ label, keys, small, active, className, ...rest }: Props) {
  return (
    <Tip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={active}
        className={classes(
          'inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:enabled:bg-hover hover:enabled:text-text disabled:opacity-40',
          small ? 'size-6 pointer-coarse:size-8' : 'size-control',
          active && 'bg-selected text-accent',
          className,
        )}
        {...rest}
      />
    </Tip>
  );
}
