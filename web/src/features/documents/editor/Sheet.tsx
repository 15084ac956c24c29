import { classes } from '@/components/classes';
import type { Arriving } from '@/features/documents/editor/attach';
import type { InsertCommand } from '@/features/documents/editor/commands';
import type { DocumentPlace } from '@/features/documents/editor/EditorPage';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { LinkBox } from '@/features/documents/editor/LinkBox';
import type { LiveDocument } from '@/features/documents/editor/live';
import { SlashMenu } from '@/features/documents/editor/SlashMenu';
import { Surface } from '@/features/documents/editor/Surface';
import { useFileChips } from '@/features/documents/editor/useFileChips';
import { Embeds } from '@/features/documents/embeds/Embeds';

interface Props {
  hidden: boolean;
  live: LiveDocument;
  editor: EditorHandle | undefined;
  place: DocumentPlace;
  readOnly: boolean;
  linking: boolean;
  onLinked(): void;
  adding: number | undefined;
  onAdded(): void;
  onOpen(editor: EditorHandle | undefined): void;
  onFiles(files: readonly Arriving[]): void;
  onInsert(command: InsertCommand, index: number): void;
}

/** The text, and what floats over it. */
export function Sheet(props: Props) {
  const { hidden, live, editor, place, readOnly, linking, onLinked, adding, onAdded } = props;
  useFileChips(editor, place.share);
  return (
    <div data-scroller className={classes('min-w-0 flex-1 overflow-y-auto', hidden && 'hidden')}>
      <div className="mx-auto max-w-[760px] px-4 md:px-8">
        <div className="relative">
          <Surface live={live} readOnly={readOnly} onOpen={props.onOpen} onFiles={props.onFiles} />
          {editor && <SlashMenu editor={editor} onPick={props.onInsert} />}
          {editor && <LinkBox editor={editor} adding={linking} onClose={onLinked} />}
          {editor && (
            <Embeds
              editor={editor}
              runs={place.reader.signedIn}
              writes={!readOnly}
              adding={adding}
              onAdded={onAdded}
            />
          )}
        </div>
      </div>
    </div>
  );
}
