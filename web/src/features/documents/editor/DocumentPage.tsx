import { useQuery } from '@tanstack/react-query';
import { useParams, useRouter, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { documentInfo, type DocumentInfo } from '@/api/documents';
import { ApiError } from '@/api/errors';
import { session } from '@/api/session';
import { ErrorPanel } from '@/components/ErrorPanel';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { EditorPage, type Reader } from '@/features/documents/editor/EditorPage';
import { LinkGate } from '@/features/documents/share/LinkGate';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { useTitle } from '@/lib/hooks';
import { uuid } from '@/lib/ids';
import { useStore } from '@/lib/store';

const GUEST: Reader = { id: `guest-${uuid().slice(0, 8)}`, name: 'Guest', signedIn: false };

export function useReader(): Reader {
  const current = useStore(session);
  if (current.status !== 'signed-in') return GUEST;
  const { id, name, email } = current.user;
  return { id, name: name || email, signedIn: true };
}

/** Once: while the other page is fetched, the address is already that one's. */
function ToSignIn() {
  const router = useRouter();
  useEffect(() => {
    const { href } = router.state.location;
    void router.navigate({ to: '/sign-in', search: { next: href }, replace: true });
  }, [router]);
  return null;
}

/** A document, when it is known by which right it is read. */
export function OpenDocument({ id, share }: { id: string; share: string | undefined }) {
  const reader = useReader();
  const info = useQuery({ ...documentInfo(id, share), refetchOnWindowFocus: true });
  useTitle(info.data?.title ?? 'Document');
  if (info.data) {
    const known: DocumentInfo = info.data;
    return (
      <EditorPage
        key={`${id} ${reader.id} ${share ?? ''}`}
        info={known}
        share={share}
        reader={reader}
      />
    );
  }
  // It is not open to everyone: whoever signs in may see it.
  if (!reader.signedIn && !share && info.error instanceof ApiError) return <ToSignIn />;
  return (
    <>
      <PageHeader crumbs={[{ label: 'Documents', to: '/documents' }, { label: 'Document' }]} />
      {info.isPending ? (
        <div className="mx-auto w-full max-w-[760px]">
          <SkeletonRows rows={8} />
        </div>
      ) : (
        <>
          <ErrorPanel
            error={info.error}
            retry={info.refetch}
            instead={{ label: 'All documents', to: '/documents' }}
          />
          {reader.signedIn && (
            <RequestAccess secured={{ type: 'document', object: id }} error={info.error} />
          )}
        </>
      )}
    </>
  );
}

export function DocumentPage() {
  const { document } = useParams({ from: '/shell/documents/$document' });
  const { share } = useSearch({ from: '/shell/documents/$document' });
  if (share) return <LinkGate key={share} id={document} share={share} />;
  return <OpenDocument key={document} id={document} share={undefined} />;
}
