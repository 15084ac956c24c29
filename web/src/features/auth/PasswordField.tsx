import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { Field, Input } from '@/components/Field';
import { IconButton } from '@/components/IconButton';

interface Props {
  label?: string;
  hint?: string;
  error?: string | undefined;
  fresh?: boolean;
  autoFocus?: boolean;
  value: string;
  onChange(value: string): void;
}

/** A password that can be shown; `fresh`: one that is being chosen. */
export function PasswordField(props: Props) {
  const { label = 'Password', hint, error, fresh, autoFocus, value, onChange } = props;
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <div className="relative">
          <Input
            {...control}
            type={shown ? 'text' : 'password'}
            name="password"
            autoComplete={fresh ? 'new-password' : 'current-password'}
            autoFocus={autoFocus}
            className="h-9 pr-10"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <IconButton
            small
            label={shown ? 'Hide password' : 'Show password'}
            onClick={() => setShown(!shown)}
            className="absolute top-1/2 right-1 -translate-y-1/2"
          >
            {shown ? <EyeOff size={14} /> : <Eye size={14} />}
          </IconButton>
        </div>
      )}
    </Field>
  );
}
