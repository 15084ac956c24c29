import { useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { DocumentInfo } from '@/api/documents';
import { session } from '@/api/session';
import { Button } from '@/components/Button';
import { SkeletonRows } from '@/components/Skeleton';
import { DocumentHeader } from '@/features/documents/editor/DocumentHeader';
import { EditorBoundary } from '@/features/documents/editor/EditorBoundary';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { showImagesWith } from '@/features/documents/editor/images';
import type { LiveDocument } from '@/features/documents/editor/live';
import { colorOf } from '@/features/documents/editor/people';
import type { Refusal } from '@/features/documents/editor/save-state';
import { useLive } from '@/features/documents/editor/useLive';
import { Writing } from '@/features/documents/editor/Writing';
import { useStore } from '@/lib/store';

/** Who looks at the document. */
export interface Reader {
  id: string;
  name: string;
  signedIn: boolean;
}
/** How it is looked at; suggesting: changes are only proposed. */
export type Mode = 'write' | 'suggest' | 'read';
export type Panel = 'comments' | 'versions' | 'activity' | undefined;

export interface DocumentPlace {
  info: DocumentInfo;
  share: string | undefined;
  reader: Reader;
}

const REFUSALS: Record<Refusal, string> = {
  'signed-out': 'Your session has ended. Sign in again, and what waits is saved.',
  forbidden: 'You no longer have access to this document. What you wrote since is only here.',
  missing:
    'This document is in the trash, deleted, or no longer shared with you. What you see is only in this browser.',
  'too-large': 'The last change is too large to be saved. Undo it, or paste less at once.',
};

function RefusedBar({ live, refused }: { live: LiveDocument; refused: Refusal }) {
  return (
    <div
      role="alert"
      className="no-print flex flex-wrap items-center gap-2 bg-warning-soft px-4 py-1.5 text-warning"
    >
      <span className="flex-1">{REFUSALS[refused]}</span>
      <Button onClick={() => live.reconnect()}>Try again</Button>
    </div>
  );
}

function Open({ live, place }: { live: LiveDocument; place: DocumentPlace }) {
  const state = useStore(live.state);
  const [editor, setEditor] = useState<EditorHandle>();
  const [mode, setMode] = useState<Mode>('write');
  const { comment } = useSearch({ from: '/shell/documents/$document' });
  const [panel, setPanel] = useState<Panel>(comment ? 'comments' : undefined);
  const [outline, setOutline] = useState(false);
  const writes = state.writes ?? ['owner', 'editor'].includes(place.info.access);
  return (
    <>
      <DocumentHeader
        place={place}
        live={live}
        editor={editor}
        writes={writes && state.refused === undefined}
        mode={mode}
        onMode={setMode}
        panel={panel}
        onPanel={(next) => setPanel(next === panel ? undefined : next)}
        outline={outline}
        onOutline={() => setOutline(!outline)}
      />
      {state.refused && <RefusedBar live={live} refused={state.refused} />}
      {state.ready ? (
        <EditorBoundary text={() => live.text.toString()}>
          <Writing
            place={place}
            live={live}
            editor={editor}
            onOpen={setEditor}
            mode={writes && !state.refused ? mode : 'read'}
            writes={writes && !state.refused}
            panel={panel}
            onPanel={setPanel}
            outline={outline}
            onOutline={setOutline}
          />
        </EditorBoundary>
      ) : (
        <div className="mx-auto w-full max-w-[760px]">
          <SkeletonRows rows={8} />
        </div>
      )}
    </>
  );
}

/** The page of a document: its header, its text and what belongs to it. */
export function EditorPage(place: DocumentPlace) {
  const { info, share, reader } = place;
  // Whoever looks as somebody else leaves no copy of theirs here.
  const user = useStore(session, (current) =>
    current.status === 'signed-in' && !current.viewer ? current.user.id : undefined,
  );
  const live = useLive({ id: info.id, share, user });
  const client = useQueryClient();
  useEffect(() => {
    showImagesWith(share);
    return () => void client.invalidateQueries({ queryKey: ['documents', 'list'] });
  }, [share, client]);
  useEffect(() => {
    live?.awareness.setLocalStateField('user', {
      id: reader.id,
      name: reader.name,
      color: colorOf(reader.id),
    });
  }, [live, reader.id, reader.name]);
  if (!live) return null;
  return <Open live={live} place={place} />;
}
