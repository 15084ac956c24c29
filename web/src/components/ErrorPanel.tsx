import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError, ConnectionError, isNotFound, messageOf } from '@/api/errors';
import { Button } from '@/components/Button';

interface Props {
  error: unknown;
  retry?: (() => unknown) | undefined;
  children?: ReactNode;
}

function titleOf(error: unknown): string {
  if (isNotFound(error)) return 'Not found';
  if (error instanceof ConnectionError) return 'No connection';
  if (error instanceof ApiError && error.status === 403) return 'Not allowed';
  return 'This did not work';
}

/** What stands in a page's or panel's place when its data cannot be had. */
export function ErrorPanel({ error, retry, children }: Props) {
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
        {children}
      </div>
    </div>
  );
}
