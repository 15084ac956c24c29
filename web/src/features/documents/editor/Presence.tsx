import { useSyncExternalStore } from 'react';
import type { LiveDocument } from '@/features/documents/editor/live';
import { presentOf, type Present } from '@/features/documents/editor/people';
import { Tip } from '@/components/Tip';

const SHOWN = 5;
let last: { key: string; people: Present[] } = { key: '', people: [] };

function usePresent({ awareness, doc }: LiveDocument): Present[] {
  const read = () => {
    const people = presentOf(awareness.getStates(), doc.clientID);
    const key = JSON.stringify(people);
    if (key !== last.key) last = { key, people };
    return last.people;
  };
  return useSyncExternalStore((listener) => {
    awareness.on('change', listener);
    return () => awareness.off('change', listener);
  }, read);
}

/** Who is in the document now. */
export function Presence({ live }: { live: LiveDocument }) {
  const people = usePresent(live);
  const others = people.slice(SHOWN);
  return (
    <ul aria-label="In this document" className="flex items-center -space-x-1.5">
      {people.slice(0, SHOWN).map(({ id, name, color, me }) => (
        <li key={id}>
          <Tip text={me ? `${name} (you)` : name}>
            <span
              tabIndex={0}
              aria-label={me ? `${name} (you)` : name}
              role="img"
              style={{ backgroundColor: color }}
              className="flex size-7 items-center justify-center rounded-full border-2 border-bg text-xs font-semibold text-on-accent uppercase"
            >
              {[...name][0]}
            </span>
          </Tip>
        </li>
      ))}
      {others.length > 0 && (
        <li className="pl-2.5 text-sm text-muted" title={others.map(({ name }) => name).join(', ')}>
          +{others.length}
        </li>
      )}
    </ul>
  );
}
