import { useQuery } from '@tanstack/react-query';
import { useId, useState, type KeyboardEvent } from 'react';
import { messageOf } from '@/api/errors';
import { principals, type Principal } from '@/api/permissions';
import { classes } from '@/components/classes';
import { Field, Input } from '@/components/Field';
import { PrincipalLabel } from '@/features/sharing/PrincipalLabel';
import { useDebounced } from '@/lib/hooks';

interface Props {
  label: string;
  placeholder?: string;
  /** Kinds that may be chosen; all without it. */
  kinds?: Principal['kind'][];
  /** Ids that are not offered. */
  exclude?: string[];
  autoFocus?: boolean;
  onPick(principal: Principal): void;
}

/** Finds people, service accounts and groups by name or email; arrow keys and Enter choose. */
export function PrincipalPicker(props: Props) {
  const { label, placeholder, kinds, exclude = [], autoFocus, onPick } = props;
  const list = useId();
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const asked = useDebounced(text.trim(), 150);
  const found = useQuery({ ...principals(asked), enabled: open });
  const settled = found.isSuccess && asked === text.trim();
  // Those of the text before are not shown for another one: Enter would take a wrong one.
  const options = (settled ? found.data : []).filter(
    ({ id, kind }) => !exclude.includes(id) && (!kinds || kinds.includes(kind)),
  );
  const current = Math.min(at, options.length - 1);

  const pick = (principal: Principal) => {
    setText('');
    setOpen(false);
    setAt(0);
    onPick(principal);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation(); // closes the list, not the dialog around it
      setOpen(false);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setAt(Math.max(0, Math.min(options.length - 1, current + step)));
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      if (options[current]) pick(options[current]);
    }
  };
  return (
    <div
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <Field label={label}>
        {(control) => (
          <Input
            {...control}
            role="combobox"
            aria-expanded={open}
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={
              open && options[current] ? `${list}-${options[current].id}` : undefined
            }
            autoComplete="off"
            autoFocus={autoFocus}
            placeholder={placeholder ?? 'Name or email'}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setAt(0);
              setOpen(true);
            }}
            onClick={() => setOpen(true)}
            onKeyDown={onKey}
          />
        )}
      </Field>
      <div
        hidden={!open}
        className="mt-1 max-h-60 overflow-y-auto rounded-lg border border-line bg-raised p-1"
      >
        <ul id={list} role="listbox" aria-label={label}>
          {options.map((principal, index) => (
            <li
              key={principal.id}
              id={`${list}-${principal.id}`}
              role="option"
              aria-selected={index === current}
              onPointerDown={(event) => event.preventDefault()}
              onPointerMove={() => setAt(index)}
              onClick={() => pick(principal)}
              className={classes(
                'cursor-default rounded-md px-2 py-1',
                index === current && 'bg-hover',
              )}
            >
              <PrincipalLabel principal={principal} />
            </li>
          ))}
        </ul>
        <div role="status" className="px-2 text-sm text-muted empty:hidden">
          {found.isError
            ? messageOf(found.error)
            : !settled
              ? 'Searching…'
              : options.length === 0 &&
                (text
                  ? 'Nobody of that name. A whole email finds everybody.'
                  : 'Type a name or an email.')}
        </div>
      </div>
    </div>
  );
}
