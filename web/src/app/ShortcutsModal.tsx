import { closeOverlay } from '@/app/overlays';
import { PAGES } from '@/app/pages';
import { Keys } from '@/components/Keys';
import { Modal } from '@/components/Modal';

const GROUPS: { title: string; keys: [string, string][] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['mod+k', 'Search and commands'],
      ['?', 'This list'],
      ...PAGES.map(({ keys, label }): [string, string] => [keys, `Go to ${label}`]),
    ],
  },
  {
    title: 'SQL editor',
    keys: [
      ['mod+enter', 'Run the selection or the statement at the cursor'],
      ['mod+shift+enter', 'Run all statements'],
      ['shift+alt+F', 'Format'],
      ['mod+S', 'Save the query'],
      ['mod+Space', 'Complete'],
      ['mod+/', 'Comment or uncomment lines'],
      ['mod+F', 'Find in the editor'],
      ['Esc then Tab', 'Leave the editor'],
    ],
  },
  {
    title: 'Documents',
    keys: [
      ['/', 'Insert a table, an image, a query and more'],
      ['mod+F', 'Find'],
      ['mod+H', 'Find and replace'],
      ['mod+shift+K', 'Link'],
      ['mod+alt+M', 'Comment on the selection'],
      ['mod+alt+1', 'Heading 1; 2 and 3 likewise, 0 for text'],
      ['mod+enter', 'Check or uncheck a task'],
      ['mod+Z', 'Undo one’s own changes'],
    ],
  },
  {
    title: 'Tables of results',
    keys: [
      ['Arrows', 'Move between cells'],
      ['shift+Arrows', 'Select cells'],
      ['shift+Space', 'Select whole rows; or press a row’s number'],
      ['mod+C', 'Copy the selected cells'],
      ['enter', 'Show the whole value; on a header: sort'],
    ],
  },
];

export function ShortcutsModal() {
  return (
    <Modal title="Keyboard shortcuts" onClose={closeOverlay} wide>
      <div className="grid gap-6 pb-3 md:grid-cols-2">
        {GROUPS.map((group) => (
          <section key={group.title}>
            <h3 className="mb-2">{group.title}</h3>
            <dl className="flex flex-col gap-1.5">
              {group.keys.map(([keys, text]) => (
                <div key={keys} className="flex items-start justify-between gap-3">
                  <dt className="text-muted">{text}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
