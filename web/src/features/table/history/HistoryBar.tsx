import { Diff } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Button } from '@/components/Button';
import { Input } from '@/components/Field';

interface Props {
  /** The versions that are picked, in order. */
  picked: number[];
  at: number | undefined;
  onCompare(from: number, to: number): void;
  onClear(): void;
  onGo(version: number | undefined): void;
}

/** Compares what is picked, and moves to any version of a long history. */
export function HistoryBar({ picked, at, onCompare, onClear, onGo }: Props) {
  const [text, setText] = useState('');
  const [first, second] = picked;
  const go = (event: FormEvent) => {
    event.preventDefault();
    if (/^\d{1,15}$/.test(text.trim())) onGo(Number(text));
  };
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
      <Button
        icon={<Diff size={14} />}
        disabled={second === undefined}
        onClick={() => onCompare(first!, second!)}
      >
        {second === undefined ? 'Compare' : `Compare ${first} with ${second}`}
      </Button>
      {picked.length > 0 && (
        <Button variant="ghost" onClick={onClear}>
          Clear
        </Button>
      )}
      <span className="text-sm text-muted">
        {picked.length === 0 && 'Tick two versions to compare them.'}
        {picked.length === 1 && 'Tick one more.'}
      </span>
      <span className="flex-1" />
      {at !== undefined && (
        <Button variant="ghost" onClick={() => onGo(undefined)}>
          Show the newest
        </Button>
      )}
      <form onSubmit={go} className="flex items-center gap-1">
        <Input
          aria-label="Go to version"
          placeholder="Go to version"
          inputMode="numeric"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="w-36!"
        />
        <Button type="submit">Go</Button>
      </form>
    </div>
  );
}
