import { queryOptions } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { PasskeyCreation, PasskeyProof, PasskeyRequest } from '@/api/types';

// The API speaks base64url where the browser speaks bytes.
const encode = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const decode = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

const TIMEOUT = 300_000; // milliseconds for which a challenge is good
const ES256 = -7;
const EDDSA = -8;
const RS256 = -257;

/** Whether this browser can use passkeys on this page; `origin`: where the server takes them. */
export const passkeysWork = (origin: string | undefined): boolean =>
  typeof PublicKeyCredential !== 'undefined' && origin === window.location.origin;

const descriptors = (list: PasskeyRequest['allow']): PublicKeyCredentialDescriptor[] =>
  list.map(({ credential_id, transports }) => ({
    type: 'public-key',
    id: decode(credential_id),
    transports: transports as AuthenticatorTransport[],
  }));

const WORDS: Record<string, string> = {
  NotAllowedError: 'No passkey was used: it was cancelled, or took too long. Try again.',
  InvalidStateError: 'This device has a passkey of your account already.',
  ConstraintError:
    'This device cannot verify that it is you. Set up a screen lock, a fingerprint or a PIN first.',
  NotSupportedError: 'This device cannot make passkeys.',
  SecurityError: 'Browsers do not allow passkeys at this address.',
  OperationError: 'The browser is asking for a passkey already. Close that first.',
};

/** The browser's errors told in words; others as they are. */
export const inWords = (error: unknown): unknown =>
  error instanceof DOMException
    ? new Error(WORDS[error.name] ?? `The browser did not use a passkey: ${error.message}`)
    : error;

/** Has the device make a passkey; what came of it is for addPasskey. */
export async function makePasskey(asked: PasskeyCreation) {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: asked.rp_id, name: asked.rp_name },
      user: {
        id: decode(asked.user_handle),
        name: asked.user_name,
        displayName: asked.display_name,
      },
      challenge: decode(asked.challenge),
      pubKeyCredParams: [ES256, EDDSA, RS256].map((alg) => ({ type: 'public-key', alg })),
      timeout: TIMEOUT,
      excludeCredentials: descriptors(asked.exclude),
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      attestation: 'none',
    },
  });
  const { response } = made as PublicKeyCredential;
  const attested = response as AuthenticatorAttestationResponse;
  return {
    ticket: asked.ticket,
    client_data: encode(attested.clientDataJSON),
    attestation: encode(attested.attestationObject),
    transports: attested.getTransports(),
  };
}

/** Has a device prove that it has a passkey. */
export async function provePasskey(
  asked: PasskeyRequest,
  options: Pick<CredentialRequestOptions, 'mediation' | 'signal'> = {},
): Promise<PasskeyProof> {
  const found = (await navigator.credentials.get({
    ...options,
    publicKey: {
      challenge: decode(asked.challenge),
      rpId: asked.rp_id,
      timeout: TIMEOUT,
      allowCredentials: descriptors(asked.allow),
      // After a password somebody's presence is enough.
      userVerification: asked.allow.length > 0 ? 'preferred' : 'required',
    },
  })) as PublicKeyCredential;
  const response = found.response as AuthenticatorAssertionResponse;
  return {
    ticket: asked.ticket,
    credential_id: encode(found.rawId),
    client_data: encode(response.clientDataJSON),
    authenticator_data: encode(response.authenticatorData),
    signature: encode(response.signature),
    user_handle: response.userHandle ? encode(response.userHandle) : '',
  };
}

export const startPasskeySignIn = () => body(api.POST('/api/v1/auth/passkey-sign-in/start'));
export const startPasskeySecondFactor = (challenge: string) =>
  body(api.POST('/api/v1/auth/passkey-second-factor/start', { body: { challenge } }));

// The own account's.
export const passkeys = () =>
  queryOptions({
    queryKey: ['passkeys'],
    queryFn: () => body(api.GET('/api/v1/auth/passkeys')),
  });
export const startPasskey = (proof: { password?: string; code?: string }) =>
  body(api.POST('/api/v1/auth/passkeys/start', { body: proof }));
export const addPasskey = (made: Awaited<ReturnType<typeof makePasskey>> & { name: string }) =>
  body(api.POST('/api/v1/auth/passkeys', { body: made }));
export const renamePasskey = (id: string, name: string) =>
  api.PATCH('/api/v1/auth/passkeys/{id}', { params: { path: { id } }, body: { name } });
export const removePasskey = (id: string, proof: { password?: string; code?: string }) =>
  api.POST('/api/v1/auth/passkeys/{id}/remove', { params: { path: { id } }, body: proof });

/** For administrators: all of a user's. */
export const removePasskeysOf = (id: string) =>
  api.DELETE('/api/v1/users/{id}/passkeys', { params: { path: { id } } });
