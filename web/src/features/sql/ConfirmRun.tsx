import { useState } from 'react';
import { Checkbox } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { dangerOf } from '@/lib/statement';
import type { Statement } from '@/lib/sql-split';

const trusted = new Set<string>(); // tabs that are not to be asked about any more, until a reload

/** What the statements would destroy, unless the tab is not to be asked. */
export const dangersOf = (tabId: string, statements: Statement[]): string[] =>
  trusted.has(tabId) ? [] : statements.flatMap(({ text }) => dangerOf(text) ?? []);

interface Props {
  tabId: string;
  dangers: string[];
  onRun(): void;
  onClose(): void;
}

/** Asks once more before statements that destroy much. */
export function ConfirmRun({ tabId, dangers, onRun, onClose }: Props) {
  const [trust, setTrust] = useState(false);
  const run = () => {
    if (trust) trusted.add(tabId);
    onClose();
    onRun();
  };
  return (
    <FormModal
      title={dangers.length === 1 ? 'Run this statement?' : 'Run these statements?'}
      submit="Run"
      danger
      busy={false}
      error={undefined}
      onSubmit={run}
      onClose={onClose}
    >
      <ul className="flex flex-col gap-1">
        {dangers.map((danger, index) => (
          <li key={index} className="wrap-anywhere">
            {danger}
          </li>
        ))}
      </ul>
      <Checkbox checked={trust} onChange={(event) => setTrust(event.target.checked)}>
        Do not ask again in this tab
      </Checkbox>
    </FormModal>
  );
}
