import { useQuery } from '@tanstack/react-query';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import type { Person } from '@/api/documents';
import { principals, type Principal } from '@/api/permissions';
import { classes } from '@/components/classes';
import { TextArea } from '@/components/Field';
import { mentioned, typedMention } from '@/features/documents/comments/mentions';
import { PrincipalLabel } from '@/features/sharing/PrincipalLabel';
import { useDebounced } from '@/lib/hooks';

interface Props {
  label: string;
  placeholder?: string;
  /** Whether people can be found: guests cannot. */
  people: boolean;
  autoFocus?: boolean;
  value: string;
  picked: readonly Person[];
  onChange(text: string, picked: readonly Person[]): void;
  onSubmit(): void;
  onCancel?(): void;
}

/** A text in which @ finds people; Ctrl/Cmd-Enter sends it. */
export function MentionField(props: Props) {
  const { label, placeholder, people, autoFocus, value, picked, onChange, onSubmit, onCancel } =
    props;
  const list = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = useState(0);
  const [at, setAt] = useState(0);
  const [closed, setClosed] = useState(false);
  const typed = people && !closed ? typedMention(value, cursor) : undefined;
  const asked = useDebounced(typed?.name ?? '', 120);
  const found = useQuery({ ...principals(asked), enabled: typed !== undefined });
  // Those of the text before are not shown for another one: Enter would take a wrong one.
  const settled = typed !== undefined && asked === typed.name;
  const options = settled
    ? (found.data ?? []).filter(({ kind }) => kind === 'user').slice(0, 6)
    : [];
  const current = Math.min(at, options.length - 1);

  const pick = ({ id, name, email }: Principal) => {
    if (!typed) return;
    const shown = name || email || '';
    const text = `${value.slice(0, typed.from)}@${shown} ${value.slice(cursor)}`;
    const after = typed.from + shown.length + 2;
    onChange(text, [...mentioned(text, picked), { id, name: shown }]);
    setCursor(after);
    setAt(0);
    requestAnimationFrame(() => field.current?.setSelectionRange(after, after));
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSubmit();
    else if (options.length > 0 && step) setAt((current + step + options.length) % options.length);
    else if (options.length > 0 && (event.key === 'Enter' || event.key === 'Tab'))
      pick(options[current]!);
    else if (event.key === 'Escape' && options.length > 0) setClosed(true);
    else if (event.key === 'Escape') onCancel?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="relative">
      <TextArea
        ref={field}
        aria-label={label}
        role="combobox"
        aria-expanded={options.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={options[current] ? `${list}-${current}` : undefined}
        autoFocus={autoFocus}
        placeholder={placeholder}
        maxLength={5000}
        rows={2}
        value={value}
        onChange={(event) => {
          setClosed(false);
          setAt(0);
          setCursor(event.target.selectionStart);
          onChange(event.target.value, picked);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        onKeyDown={onKey}
      />
      <ul
        id={list}
        role="listbox"
        aria-label="People"
        hidden={options.length === 0}
        className="absolute inset-x-0 top-full z-30 mt-1 rounded-lg border border-line bg-raised p-1 shadow-pop"
      >
        {options.map((option, index) => (
          <li
            key={option.id}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === current}
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => setAt(index)}
            onClick={() => pick(option)}
            className={classes(
              'cursor-default rounded-md px-2 py-1',
              index === current && 'bg-hover',
            )}
          >
            <PrincipalLabel principal={option} />
          </li>
        ))}
      </ul>
    </div>
  );
}
