import type { Problem } from '@/api/types';

/** The server refused: a problem document, or what stands in for one. */
export class ApiError extends Error {
  readonly status: number;
  readonly id: string;
  readonly requestId: string | undefined;
  readonly fields: { field: string; problem: string }[];
  /** With which a sign-in that is half done goes on. */
  readonly challenge: string | undefined;
  /** Such a sign-in may go on with a passkey, too. */
  readonly passkeys: boolean;
  /** The provider at which this email has to sign in. */
  readonly provider: string | undefined;

  constructor(
    status: number,
    problem: Problem & { challenge?: string; passkeys?: string; provider?: string },
  ) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.id = problem.id ?? 'unknown';
    this.requestId = problem.request_id;
    this.fields = problem.errors ?? [];
    this.challenge = problem.challenge;
    this.passkeys = problem.passkeys === 'true';
    this.provider = problem.provider;
  }

  /** The problem that the server found with one field. */
  field(name: string): string | undefined {
    return this.fields.find(({ field }) => field === name)?.problem;
  }
}

/** The server could not be reached. */
export class ConnectionError extends Error {
  constructor() {
    super('The server cannot be reached. Check the connection; the page tries again by itself.');
    this.name = 'ConnectionError';
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const text = await response.text().catch(() => '');
  try {
    const problem = JSON.parse(text) as Problem;
    return new ApiError(response.status, { request_id: requestId, ...problem });
  } catch {
    const detail = `The server answered ${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, { detail, request_id: requestId });
  }
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 404;
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
