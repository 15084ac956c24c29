import { Cloud, CloudOff, LoaderCircle } from 'lucide-react';
import { classes } from '@/components/classes';
import type { LiveDocument } from '@/features/documents/editor/live';
import { saveWords } from '@/features/documents/editor/save-state';
import { useStore } from '@/lib/store';

/** Whether all that was written is safe, in words. */
export function SaveState({ live }: { live: LiveDocument }) {
  const { text, tone } = saveWords(useStore(live.state));
  const Icon = tone === 'bad' ? CloudOff : tone === 'busy' ? LoaderCircle : Cloud;
  return (
    <span
      role="status"
      className={classes(
        'inline-flex items-center gap-1.5 text-sm whitespace-nowrap',
        tone === 'bad' ? 'text-warning' : 'text-muted',
      )}
    >
      <Icon size={14} aria-hidden className={classes(tone === 'busy' && 'animate-spin')} />
      <span className={classes(tone !== 'bad' && 'max-md:sr-only')}>{text}</span>
    </span>
  );
}
