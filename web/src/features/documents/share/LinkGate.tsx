import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, type DocumentInfo } from '@/api/documents';
import { ApiError } from '@/api/errors';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Field, Input } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { OpenDocument } from '@/features/documents/editor/DocumentPage';

interface Opened {
  document: DocumentInfo;
  pass: string;
}
const open = (token: string, password?: string) =>
  ask<Opened>('POST', '/api/v1/shared-documents/open', {
    body: { token, ...(password !== undefined && { password }) },
  });

const wantsPassword = (error: unknown): boolean =>
  error instanceof ApiError && (/password/i.test(error.id) || /password/i.test(error.message));

/** Opens a share link, and asks for its password where it has one. */
export function LinkGate({ id, share }: { id: string; share: string }) {
  const [pass, setPass] = useState<string>();
  const [password, setPassword] = useState('');
  const link = useQuery({
    queryKey: ['documents', 'link', share],
    queryFn: () => open(share),
    retry: false,
    staleTime: Infinity,
  });
  const enter = useAction(async () => setPass((await open(share, password)).pass));
  const proven = pass ?? link.data?.pass;
  if (proven) return <OpenDocument id={id} share={proven} />;
  if (link.isPending) return <SkeletonRows rows={8} />;
  // What the link gave earlier opens the document without another question.
  if (!wantsPassword(link.error))
    return link.error instanceof ApiError && link.error.status < 500 ? (
      <OpenDocument id={id} share={share} />
    ) : (
      <ErrorPanel error={link.error} retry={link.refetch} />
    );
  return (
    <form
      className="m-auto flex w-80 max-w-full flex-col gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (password) enter.run();
      }}
    >
      <h1 className="text-lg">This document has a password</h1>
      <Field label="Password of the link">
        {(control) => (
          <Input
            {...control}
            type="password"
            autoFocus
            autoComplete="off"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <FormError error={enter.error} />
      <Button type="submit" variant="primary" busy={enter.busy} disabled={!password}>
        Open
      </Button>
    </form>
  );
}
