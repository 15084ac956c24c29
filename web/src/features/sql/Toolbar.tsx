import {
  Braces,
  Ellipsis,
  FastForward,
  Link2,
  PanelLeft,
  Play,
  Save,
  Square,
  UserRoundPlus,
  X,
} from 'lucide-react';
import { Button } from '@/components/Button';
import { Select } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';
import { Tip } from '@/components/Tip';
import { copyWithToast, toastError } from '@/components/toasts';
import { openShare } from '@/features/sharing/store';
import type { EditorActions } from '@/features/sql/editor-setup';
import { PlaceSelect } from '@/features/sql/PlaceSelect';
import { cancel } from '@/features/sql/runs';
import { closeWithUndo, sharedQuery, updateTab, type SqlTab } from '@/features/sql/tabs';
import { BASE } from '@/lib/base';
import { formatCount } from '@/lib/format';

const LONGEST_LINK = 4000; // characters of a statement that a link may carry
const LIMITS = [1000, 10_000, undefined];

interface Props {
  tab: SqlTab;
  running: boolean;
  actions: EditorActions;
  onBrowse?: (() => void) | undefined;
}

function LimitSelect({ tab }: { tab: SqlTab }) {
  return (
    <Select
      aria-label="Most rows to return"
      title="Most rows to return"
      className="w-auto!"
      value={tab.rowLimit ?? ''}
      onChange={(event) => {
        const { value } = event.target;
        updateTab(tab.id, { rowLimit: value === '' ? undefined : Number(value) });
      }}
    >
      {LIMITS.map((limit) => (
        <option key={limit ?? 'none'} value={limit ?? ''}>
          {limit === undefined ? 'No limit' : `${formatCount(limit)} rows`}
        </option>
      ))}
    </Select>
  );
}

export function Toolbar({ tab, running, actions, onBrowse }: Props) {
  const stop = () => {
    cancel(tab.id).catch((error: unknown) => toastError('Could not cancel', error));
  };
  const shared = tab.savedId
    ? `q=${encodeURIComponent(tab.savedId)}`
    : tab.sql.trim() && tab.sql.length <= LONGEST_LINK && `text=${encodeURIComponent(tab.sql)}`;
  const link = shared && `${location.origin}${BASE}/sql?${shared}`;
  const more: MenuItem[] = [
    {
      label: 'Run all',
      icon: <FastForward size={14} />,
      keys: 'mod+shift+enter',
      onSelect: actions.runAll,
    },
    { label: 'Format', icon: <Braces size={14} />, keys: 'shift+alt+F', onSelect: actions.format },
    { label: 'Save', icon: <Save size={14} />, keys: 'mod+S', onSelect: actions.save },
    ...(tab.savedId
      ? [
          {
            label: 'Share',
            icon: <UserRoundPlus size={14} />,
            onSelect: () => openShare(sharedQuery({ id: tab.savedId!, name: tab.title })),
          },
        ]
      : []),
    {
      label: 'Copy link',
      icon: <Link2 size={14} />,
      disabled: !link,
      onSelect: () => link && copyWithToast(link, 'Link'),
    },
    {
      label: 'Close query',
      icon: <X size={14} />,
      separated: true,
      onSelect: () => closeWithUndo(tab),
    },
  ];
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
      {onBrowse && (
        <IconButton label="Catalog, saved queries and history" onClick={onBrowse}>
          <PanelLeft size={16} />
        </IconButton>
      )}
      {running ? (
        <Button icon={<Square size={12} />} onClick={stop} className="w-24">
          Cancel
        </Button>
      ) : (
        <Tip text="Run the selection or the statement at the cursor" keys="mod+enter">
          <Button
            variant="primary"
            icon={<Play size={12} />}
            onClick={actions.run}
            className="w-24"
          >
            Run
          </Button>
        </Tip>
      )}
      <PlaceSelect tab={tab} />
      <LimitSelect tab={tab} />
      <span className="flex-1" />
      <span className="flex items-center gap-1 max-md:hidden">
        <IconButton label="Format" keys="shift+alt+F" onClick={actions.format}>
          <Braces size={16} />
        </IconButton>
        <IconButton label="Save" keys="mod+S" onClick={actions.save}>
          <Save size={16} />
        </IconButton>
      </span>
      <Menu items={more}>
        <IconButton label="More">
          <Ellipsis size={16} />
        </IconButton>
      </Menu>
    </div>
  );
}
