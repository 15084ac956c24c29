import { Link } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { ApiError, ConnectionError, isNotFound, messageOf } from '@/api/errors';
import { Button } from '@/components/Button';

interface Props {
  error: unknown;
  retry?: (() => unknown) | undefined;
  /** Where to go when it does not exist. */
  instead?: { label: string; to: string };
}

function titleOf(error: unknown): string {
  if (isNotFound(error)) return 'Not found';
  if (error instanceof ConnectionError) return 'No connection';
  if (error instanceof ApiError && error.status === 403) return 'Not allowed';
  return 'This did not work';
}

/** What stands in a page's or panel's place when its data cannot be had. */
export function ErrorPanel({ error, retry, instead }: Props) {
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <div role="alert" className="flex flex-col items-start gap-2 p-6">
      <div className="flex items-center gap-2 text-lg font-semibold">
        <CircleAlert size={18} className="text-danger" />
        {titleOf(error)}
      </div>
      <p className="max-w-[70ch] wrap-anywhere text-muted">{messageOf(error)}</p>
      {requestId && <p className="text-sm text-faint">Request {requestId}</p>}
      <div className="mt-1 flex flex-wrap gap-2">
        {retry && !isNotFound(error) && <Button onClick={() => void retry()}>Try again</Button>}
        {instead && isNotFound(error) && (
          <Link
            to={instead.to}
            className="inline-flex h-control items-center rounded-md border border-line-strong bg-raised px-2.5 font-medium hover:bg-hover"
          >
            {instead.label}
          </Link>
        )}
      </div>
    </div>
  );
}
