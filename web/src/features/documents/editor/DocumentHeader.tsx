import {
  Ellipsis,
  Eye,
  History,
  ListTree,
  MessageSquare,
  Pencil,
  PencilLine,
  UserRoundPlus,
} from 'lucide-react';
import { Button } from '@/components/Button';
import { Select } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import { PageHeader } from '@/components/PageHeader';
import type { DocumentPlace, Mode, Panel } from '@/features/documents/editor/EditorPage';
import type { EditorHandle } from '@/features/documents/editor/handle';
import type { LiveDocument } from '@/features/documents/editor/live';
import { Presence } from '@/features/documents/editor/Presence';
import { SaveState } from '@/features/documents/editor/SaveState';
import { TitleField } from '@/features/documents/editor/TitleField';
import { useDocumentMenu } from '@/features/documents/editor/useDocumentMenu';
import { shareDocument } from '@/features/documents/share/share-document';

interface Props {
  place: DocumentPlace;
  live: LiveDocument;
  editor: EditorHandle | undefined;
  writes: boolean;
  mode: Mode;
  onMode(mode: Mode): void;
  panel: Panel;
  onPanel(panel: Panel): void;
  outline: boolean;
  onOutline(): void;
}

const MODES = { write: 'Editing', suggest: 'Suggesting', read: 'Reading' } as const;
const ICONS = { write: Pencil, suggest: PencilLine, read: Eye };

/** The line at the top of a document. */
export function DocumentHeader(props: Props) {
  const { place, live, editor, writes, mode, onMode, panel, onPanel, outline, onOutline } = props;
  const { info, reader } = place;
  const menu = useDocumentMenu({ place, editor, writes, onPanel });
  const Icon = ICONS[mode];
  return (
    <div className="no-print">
      <PageHeader
        crumbs={[
          ...(reader.signedIn ? [{ label: 'Documents', to: '/documents' }] : []),
          { label: <TitleField info={info} writes={writes && reader.signedIn} /> },
        ]}
      >
        <SaveState live={live} />
        <Presence live={live} />
        {writes && (
          <span className="relative inline-flex items-center">
            <Icon
              size={14}
              aria-hidden
              className="pointer-events-none absolute left-2 text-muted"
            />
            <Select
              aria-label="Mode"
              className="w-auto! pl-7 max-md:w-14! max-md:text-transparent"
              value={mode}
              onChange={(event) => onMode(event.target.value as Mode)}
            >
              {Object.entries(MODES).map(([id, label]) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </Select>
          </span>
        )}
        <div className="flex items-center">
          <IconButton label="Outline" active={outline} onClick={onOutline}>
            <ListTree size={16} />
          </IconButton>
          <IconButton
            label="Comments"
            active={panel === 'comments'}
            onClick={() => onPanel('comments')}
          >
            <MessageSquare size={16} />
          </IconButton>
          {reader.signedIn && (
            <IconButton
              label="Versions"
              active={panel === 'versions'}
              onClick={() => onPanel('versions')}
            >
              <History size={16} />
            </IconButton>
          )}
          <Menu items={menu}>
            <IconButton label="More">
              <Ellipsis size={16} />
            </IconButton>
          </Menu>
        </div>
        {reader.signedIn && (
          <Button
            variant="primary"
            className="max-md:hidden"
            icon={<UserRoundPlus size={14} />}
            onClick={() => shareDocument(info)}
          >
            Share
          </Button>
        )}
      </PageHeader>
    </div>
  );
}
