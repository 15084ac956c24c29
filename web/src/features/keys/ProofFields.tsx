import { Field, Input } from '@/components/Field';

interface Props {
  value: string;
  onChange(value: string): void;
}

/** The own password, as a proof of who asks. */
export function OwnPasswordField({ value, onChange, autoFocus }: Props & { autoFocus?: boolean }) {
  return (
    <Field label="Your password">
      {(control) => (
        <Input
          {...control}
          type="password"
          autoFocus={autoFocus}
          autoComplete="current-password"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** A code of the second factor. */
export function CodeField({ value, onChange, hint }: Props & { hint: string }) {
  return (
    <Field label="Code" hint={hint}>
      {(control) => (
        <Input
          {...control}
          autoComplete="one-time-code"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
