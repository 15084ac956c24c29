import { keyLabel } from '@/lib/browser';

/** A keyboard shortcut, such as "mod+k" or "g then h". */
export function Keys({ keys }: { keys: string }) {
  return (
    <kbd className="rounded-sm border border-line bg-panel px-1 font-sans text-xs whitespace-nowrap text-muted">
      {keys.split(' then ').map(keyLabel).join(' then ')}
    </kbd>
  );
}
