import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';
import { Keys } from '@/components/Keys';

interface Props {
  text: ReactNode;
  keys?: string | undefined;
  side?: 'top' | 'right' | 'bottom' | 'left';
  children: ReactNode;
}

export function Tip({ text, keys, side = 'bottom', children }: Props) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className="pop-in z-50 flex max-w-80 items-center gap-2 rounded-md border border-line bg-raised px-2 py-1 text-sm text-text shadow-pop"
        >
          {text}
          {keys && <Keys keys={keys} />}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
