import { ChevronRight } from 'lucide-react';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';

interface Props {
  open: boolean;
  /** What it does now: "Show the details". */
  label: string;
  small?: boolean;
  disabled?: boolean;
  onToggle(): void;
}

/** Shows and hides what belongs to a row. */
export function DisclosureButton({ open, label, small, disabled, onToggle }: Props) {
  return (
    <IconButton
      small={small}
      label={label}
      aria-expanded={open}
      disabled={disabled}
      onClick={onToggle}
    >
      <ChevronRight
        size={small ? 14 : 16}
        className={classes('transition-transform', open && 'rotate-90')}
      />
    </IconButton>
  );
}
