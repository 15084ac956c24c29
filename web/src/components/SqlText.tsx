import { CopyButton } from '@/components/CopyButton';

/** Text of code or of a query plan to be read and copied. */
export function SqlText({ sql }: { sql: string }) {
  return (
    <div className="relative rounded-md border border-line bg-panel">
      <pre tabIndex={0} className="overflow-x-auto p-3 pr-10 font-mono text-sm whitespace-pre">
        {sql}
      </pre>
      <div className="absolute top-1 right-1 rounded-md bg-panel">
        <CopyButton text={sql} />
      </div>
    </div>
  );
}
