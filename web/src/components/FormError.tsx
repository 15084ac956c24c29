import { CircleAlert } from 'lucide-react';
import { ApiError, messageOf } from '@/api/errors';

/** Why a form was refused, with the fields that the form itself does not show. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  const api = error instanceof ApiError ? error : undefined;
  return (
    <div role="alert" className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-danger">
      <CircleAlert size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-0 wrap-anywhere">
        {messageOf(error)}
        {api?.fields.map(({ field, problem }) => (
          <div key={field}>
            <code className="font-mono text-sm">{field}</code>: {problem}
          </div>
        ))}
        {api && api.status >= 500 && api.requestId && (
          <div className="text-sm">Request {api.requestId}</div>
        )}
      </div>
    </div>
  );
}
