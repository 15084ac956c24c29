import { DropdownMenu } from 'radix-ui';
import { Fragment, type ReactNode } from 'react';
import { classes } from '@/components/classes';
import { Keys } from '@/components/Keys';

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  /** Draws a line above. */
  separated?: boolean;
  onSelect(): void;
}

interface Props {
  items: MenuItem[];
  align?: 'start' | 'end';
  /** For a caller that also opens it itself. */
  open?: boolean;
  onOpenChange?(open: boolean): void;
  children: ReactNode;
}

/** A menu that its child, a button, opens. */
export function Menu({ items, align = 'end', children, ...state }: Props) {
  return (
    <DropdownMenu.Root modal={false} {...state}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="pop-in z-50 min-w-44 rounded-lg border border-line bg-raised p-1 shadow-pop"
        >
          {items.map((item) => (
            <Fragment key={item.label}>
              {item.separated && <DropdownMenu.Separator className="my-1 h-px bg-line" />}
              <DropdownMenu.Item
                disabled={item.disabled ?? false}
                onSelect={item.onSelect}
                className={classes(
                  'flex h-7 items-center gap-2 rounded-md px-2 outline-none data-disabled:opacity-40 data-highlighted:bg-hover pointer-coarse:h-10',
                  item.danger ? 'text-danger' : 'text-text',
                )}
              >
                <span className="flex w-4 justify-center text-muted">{item.icon}</span>
                <span className="flex-1">{item.label}</span>
                {item.keys && <Keys keys={item.keys} />}
              </DropdownMenu.Item>
            </Fragment>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
