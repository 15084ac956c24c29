import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { IndexeddbPersistence } from 'y-indexeddb';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { online } from '@/api/client';
import { accessToken } from '@/api/session';
import { localCopyName, openedCopy, WAITING_KEY } from '@/features/documents/local-copies';
import {
  refusalOf,
  START,
  type LiveState,
  type Refusal,
} from '@/features/documents/editor/save-state';
import { BASE } from '@/lib/base';
import { createStore, type Store } from '@/lib/store';

const TOO_LARGE = 1009; // codes with which the server closes
const SIGN_IN = 4401;
const RENEWALS = 3; // tokens in a row that the server may refuse

export interface LiveOptions {
  id: string;
  /** What a share link gave. */
  share: string | undefined;
  /** In whose name a copy is kept in this browser; nobody: none is kept. */
  user: string | undefined;
  /** Called when the server has said what one may do. */
  onAccess?: (() => void) | undefined;
}

function socketUrl(share: string | undefined): string {
  const url = new URL(`${BASE}/ws/hocuspocus`, location.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (share) url.searchParams.set('share', share);
  return url.href;
}

/** A document as it is edited: its Yjs state, the socket, and the copy in this browser. */
export class LiveDocument {
  readonly doc = new Y.Doc();
  readonly text = this.doc.getText('quill');
  readonly awareness = new Awareness(this.doc);
  readonly state: Store<LiveState> = createStore(START);
  private readonly socket: HocuspocusProviderWebsocket;
  private readonly provider: HocuspocusProvider;
  private readonly copy: IndexeddbPersistence | undefined;
  private readonly forget: () => void;
  private readonly unwatch: () => void;
  private token: string | undefined;
  private stale: string | undefined;
  private renewals = 0;

  constructor(private readonly options: LiveOptions) {
    const { id, share, user } = options;
    this.copy =
      user && globalThis.indexedDB
        ? new IndexeddbPersistence(localCopyName(user, id), this.doc)
        : undefined;
    // Without a copy, too: it is all there is of what waits then.
    this.forget = openedCopy(localCopyName(user ?? '', id), () => this.state.get());
    this.socket = new HocuspocusProviderWebsocket({
      url: socketUrl(share),
      delay: 1000,
      factor: 2,
      minDelay: 300,
      maxDelay: 20_000,
      jitter: true,
    });
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket,
      name: id,
      document: this.doc,
      awareness: this.awareness,
      token: () => this.proof(),
      onAuthenticated: ({ scope }) => {
        this.renewals = 0;
        this.change({ connected: true, writes: scope === 'read-write', refused: undefined });
        this.options.onAccess?.();
      },
      onAuthenticationFailed: ({ reason }) => this.failed(reason),
      onSynced: ({ state }) => state && this.change({ ready: true, met: true }),
      onUnsyncedChanges: ({ number }) => this.confirmed(number),
      onClose: ({ event }) => this.closed(event.code),
    });
    this.provider.attach();
    this.doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin !== this.provider && origin !== this.copy) this.count();
    });
    this.unwatch = online.subscribe(() => this.hurry());
    window.addEventListener('online', this.hurry);
    void this.loadCopy();
  }

  /** Whether the browser keeps what has not reached the server. */
  get kept(): boolean {
    return this.copy !== undefined;
  }

  /** After the user has signed in again, or asks for another try. */
  reconnect(): void {
    this.renewals = 0;
    this.change({ refused: undefined });
    this.socket.disconnect();
    void this.socket.connect();
  }

  /** Does not wait for its next try: the rest of the page has reached the server. */
  private readonly hurry = (): void => {
    const { connected, refused } = this.state.get();
    if (online.get() && !connected && refused === undefined) void this.socket.connect();
  };

  destroy(): void {
    this.forget();
    this.unwatch();
    window.removeEventListener('online', this.hurry);
    this.provider.destroy();
    this.socket.destroy();
    void this.copy?.destroy();
    this.doc.destroy();
  }

  private change(values: Partial<LiveState>): void {
    this.state.set((before) => ({ ...before, ...values }));
  }

  private async loadCopy(): Promise<void> {
    if (!this.copy) return;
    await this.copy.whenSynced;
    const kept = Number((await this.copy.get(WAITING_KEY)) ?? 0);
    this.state.set((before) => ({
      ...before,
      waiting: before.met && before.waiting === 0 ? 0 : before.waiting + kept,
      ready: before.ready || this.text.length > 0,
    }));
  }

  private count(): void {
    const waiting = this.state.get().waiting + 1;
    this.change({ waiting });
    this.remember(waiting);
  }

  private confirmed(unsynced: number): void {
    const { connected, waiting } = this.state.get();
    if (unsynced > 0 || !connected || waiting === 0) return;
    this.change({ waiting: 0 });
    this.remember(0);
  }

  /** The copy may have been removed meanwhile: somebody signed out. */
  private remember(waiting: number): void {
    this.copy?.set(WAITING_KEY, waiting).catch(() => undefined);
  }

  private async proof(): Promise<string> {
    this.token = await accessToken(this.stale).catch(() => undefined);
    this.stale = undefined;
    return this.token ?? (this.options.share ? `share:${this.options.share}` : '');
  }

  /** The server refused; the socket itself stays open. */
  private failed(reason: string): void {
    const refused = refusalOf(reason);
    // The token may only be too old: another one is tried before anything is said.
    if (refused === 'signed-out' && this.token && this.renewals < RENEWALS) {
      this.renewals += 1;
      this.stale = this.token;
      this.socket.disconnect();
      void this.socket.connect();
    } else this.stop(refused);
  }

  /** The provider connects again by itself, and is told then whether it may. */
  private closed(code: number): void {
    this.change({ connected: false });
    if (code === TOO_LARGE) this.stop('too-large');
    if (code === SIGN_IN) this.stale = this.token;
  }

  private stop(refused: Refusal): void {
    this.socket.disconnect();
    this.change({ refused, connected: false });
    // What one may no longer see does not stay behind, unless it would lose one's own words.
    const gone = refused === 'forbidden' || refused === 'missing';
    if (gone && this.state.get().waiting === 0) void this.copy?.clearData();
  }
}
