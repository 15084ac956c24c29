import { ApiError } from '@/api/errors';

export type Step =
  | { name: 'password' }
  | { name: 'code'; challenge: string; passkeys: boolean }
  | { name: 'own-password'; challenge: string };

/** Where a sign-in that was refused goes on; undefined when it does not. */
export function stepAfter(error: unknown): Step | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.id === 'identity.badChallenge') return { name: 'password' };
  if (!error.challenge) return undefined;
  const { challenge, passkeys } = error;
  return error.id === 'identity.secondFactorNeeded'
    ? { name: 'code', challenge, passkeys }
    : { name: 'own-password', challenge };
}
