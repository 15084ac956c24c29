import { Field, Input } from '@/components/Field';

interface Props {
  label: string;
  name: string;
  type?: 'text' | 'email';
  complete: string;
  hint?: string;
  error?: string | undefined;
  autoFocus?: boolean;
  numeric?: boolean;
  value: string;
  onChange(value: string): void;
  onLeave?(): void;
}

/** A line of text in a form of these pages. */
export function TextField(props: Props) {
  const { label, name, type = 'text', complete, hint, error, autoFocus, numeric } = props;
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <Input
          {...control}
          type={type}
          name={name}
          autoComplete={complete}
          autoFocus={autoFocus}
          inputMode={numeric ? 'numeric' : undefined}
          className="h-9"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          onBlur={props.onLeave}
        />
      )}
    </Field>
  );
}

export const emailProblem = (email: string): string | undefined =>
  /^\S+@\S+$/.test(email.trim()) ? undefined : 'Enter an email address.';
