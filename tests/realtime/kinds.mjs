// The kinds of editors: each edits the same document through its own library, unmodified.
import { Buffer } from "node:buffer";

import { HocuspocusProvider } from "@hocuspocus/provider";
import * as decoding from "lib0/decoding";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

import "./page.mjs"; // before the libraries that want a page
const { EditorState } = await import("@codemirror/state");
const { EditorView } = await import("codemirror");
const { yCollab } = await import("y-codemirror.next");
const { default: Quill } = await import("quill");
const { QuillBinding } = await import("y-quill");
const { Editor } = await import("@tiptap/core");
const { default: StarterKit } = await import("@tiptap/starter-kit");
const { default: Collaboration } = await import("@tiptap/extension-collaboration");

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));

const plain = (ops) => ops.map((op) => (typeof op.insert === "string" ? op.insert : "\ufffc")).join("");

// What a message of Hocuspocus is, of the kinds that are counted.
function kindOf(message) {
  const decoder = decoding.createDecoder(new Uint8Array(message));
  decoding.readVarString(decoder); // the document
  const type = decoding.readVarUint(decoder);
  if (type === 0) return ["step 1", "step 2", "update"][decoding.readVarUint(decoder)];
  return type === 8 && decoding.readVarUint(decoder) === 1 ? "applied" : "";
}

// How many changes went through a socket of Hocuspocus, and how many of them the server acknowledged.
// The provider's own count starts anew with each connection, but acknowledgements of what it kept
// while it was away count too, so it reaches zero too early.
class CountingSocket extends WebSocket {
  sent = 0;
  acknowledged = 0;
  whole = false; // the second step of the handshake went out, which carries all there was

  constructor(...settings) {
    super(...settings);
    this.on("error", () => {}); // of a socket that is dropped while it connects
    this.on("message", (message) => {
      if (kindOf(message) === "applied") ++this.acknowledged;
    });
  }

  send(message, ...rest) {
    const kind = kindOf(message);
    if (kind === "step 2") this.whole = true;
    if (kind === "step 2" || kind === "update") ++this.sent;
    super.send(message, ...rest);
  }

  // What is typed while a socket closes waits for the next one.
  get settled() {
    return this.readyState === WebSocket.OPEN && this.whole && this.sent === this.acknowledged;
  }
}

// A Yjs document with its provider; what is typed goes straight into the Y.Text "quill".
class Plain {
  constructor({ provider, url, document, token, pass }) {
    this.doc = new Y.Doc();
    this.text = this.doc.getText("quill");
    this.undo = new Y.UndoManager(this.text, { trackedOrigins: new Set([this]), captureTimeout: 0 });
    this.closed = null; // code and reason of the last close
    this.denied = null;
    this.synced = false;
    this.wanted = true;
    this.provider =
      provider === "hocuspocus" ? this.hocuspocus(url, document, token) : this.yWebsocket(url, document, token, pass);
  }

  yWebsocket(url, document, token, pass) {
    const params = { ...(token && { token }), ...(pass && { share: pass }) };
    const provider = new WebsocketProvider(`${url}/ws/yjs`, document, this.doc, {
      params,
      disableBc: true, // else those of one process would pass the server by
      WebSocketPolyfill: WebSocket,
      maxBackoffTime: 300,
    });
    provider.on("sync", (is) => (this.synced = is));
    provider.on("connection-close", (event) => {
      this.closed = event && { code: event.code, reason: event.reason };
      this.synced = false;
    });
    return provider;
  }

  hocuspocus(url, document, token) {
    const provider = new HocuspocusProvider({
      url: `${url}/ws/hocuspocus`,
      name: document,
      document: this.doc,
      token: token ?? "",
      WebSocketPolyfill: CountingSocket,
      delay: 100,
      minDelay: 50,
      maxDelay: 300,
      jitter: false,
    });
    provider.on("synced", () => (this.synced = true));
    provider.on("authenticated", ({ scope }) => (this.scope = scope));
    provider.on("authenticationFailed", ({ reason }) => (this.denied = reason));
    provider.on("close", ({ event }) => {
      this.closed = { code: event.code, reason: event.reason };
      this.synced = false;
      // A connect() before the end of the closing handshake did nothing.
      const { shouldConnect } = provider.configuration.websocketProvider;
      if (this.wanted && !shouldConnect) setTimeout(() => this.wanted && provider.connect());
    });
    provider.on("message", () => {
      if (provider.configuration.websocketProvider.webSocket?.settled) this.acknowledged();
    });
    return provider;
  }

  acknowledged() {
    const now = Date.now();
    if (now - (this.keptAt ?? 0) < 30) return;
    this.keptAt = now;
    this.ledger = Y.encodeStateAsUpdate(this.doc);
  }

  get awareness() {
    return this.provider.awareness;
  }

  get length() {
    return this.text.length;
  }

  // What there is to edit; embeds count as one.
  units() {
    return plain(this.text.toDelta());
  }

  edit({ insert, embed, at = this.length, remove, format, length = 1, undo }) {
    this.doc.transact(() => {
      if (insert !== undefined) this.text.insert(at, insert, format);
      else if (embed !== undefined) this.text.insertEmbed(at, embed);
      else if (remove !== undefined) this.text.delete(at, remove);
      else if (format !== undefined) this.text.format(at, length, format);
    }, this);
    if (undo) this.undo.undo();
  }

  view() {
    return this.text.toString();
  }

  state() {
    return {
      delta: this.text.toDelta(),
      text: this.text.toString(),
      fragment: this.doc.getXmlFragment("default").toString(),
      vector: Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(this.doc))),
      pending: this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null,
      view: this.view(),
      synced: this.synced,
      unsynced: this.provider.unsyncedChanges ?? 0,
      closed: this.closed,
      denied: this.denied,
      scope: this.scope,
      client: this.doc.clientID,
    };
  }

  update() {
    return base64(Y.encodeStateAsUpdate(this.doc));
  }

  // What an update holds that this document lacks; null: nothing. Parts that wait for others are not
  // looked at: a connection may break between a change and the one before it, and both come again.
  missing(update) {
    const before = Y.encodeStateVector(this.doc);
    let changed = false;
    const watch = () => (changed = true);
    this.doc.on("update", watch);
    Y.applyUpdate(this.doc, bytes(update), "test");
    this.doc.off("update", watch);
    if (!changed) return null;
    const { structs } = Y.decodeUpdate(Y.encodeStateAsUpdate(this.doc, before));
    return structs.map((one) => `${one.id.client}:${one.id.clock}+${one.length}`).join(" ") || "deletions";
  }

  present(state) {
    if (state === null) this.awareness.setLocalState(null);
    else for (const [field, value] of Object.entries(state)) this.awareness.setLocalStateField(field, value);
  }

  people() {
    return Object.fromEntries(this.awareness.getStates());
  }

  disconnect() {
    this.wanted = false;
    this.provider.disconnect();
  }

  connect() {
    this.wanted = true;
    this.provider.connect();
  }

  // All that was acknowledged to this editor, or came to it from the server.
  acknowledgedUpdate() {
    return this.ledger ? base64(this.ledger) : null;
  }

  // Gone at once with all that it knew, as a tab that is killed.
  crash() {
    this.wanted = false;
    this.doc.destroy();
    const socket = this.provider.ws ?? this.provider.configuration?.websocketProvider?.webSocket;
    socket?.terminate?.();
    this.provider.destroy();
  }
}

class QuillEditor extends Plain {
  constructor(settings) {
    super(settings);
    const place = document.body.appendChild(document.createElement("div"));
    this.quill = new Quill(place, { formats: null, modules: { history: { userOnly: true } } });
    this.binding = new QuillBinding(this.text, this.quill, this.awareness);
  }

  edit({ insert, embed, at = this.length, remove, format, length = 1, undo }) {
    if (insert !== undefined) this.quill.insertText(at, insert, format ?? {}, "user");
    else if (embed !== undefined) this.quill.insertEmbed(at, ...Object.entries(embed)[0], "user");
    else if (remove !== undefined) this.quill.deleteText(at, remove, "user");
    else if (format !== undefined) this.quill.formatText(at, length, format, "user");
    else if (undo) this.quill.history.undo();
  }

  // Without the line end that Quill always keeps at its end.
  get length() {
    return this.quill.getLength() - 1;
  }

  units() {
    return plain(this.quill.getContents().ops).slice(0, -1);
  }

  view() {
    return this.quill.getText().replace(/\n$/, "");
  }

  crash() {
    this.binding.destroy();
    super.crash();
  }
}

class CodeMirrorEditor extends Plain {
  constructor(settings) {
    super(settings);
    const parent = document.body.appendChild(document.createElement("div"));
    const extensions = [yCollab(this.text, this.awareness, { undoManager: this.undo })];
    const state = EditorState.create({ doc: this.text.toString(), extensions });
    this.editor = new EditorView({ parent, state });
  }

  edit({ insert, at = this.editor.state.doc.length, remove = 0 }) {
    this.editor.dispatch({ changes: { from: at, to: at + remove, insert: insert ?? "" } });
  }

  view() {
    return this.editor.state.doc.toString();
  }

  crash() {
    this.editor.destroy();
    super.crash();
  }
}

// TipTap keeps its text in an XML fragment of the same document.
class TipTapEditor extends Plain {
  constructor(settings) {
    super(settings);
    this.editor = new Editor({
      element: document.body.appendChild(document.createElement("div")),
      extensions: [StarterKit.configure({ undoRedo: false }), Collaboration.configure({ document: this.doc })],
    });
  }

  edit({ insert, at = this.editor.state.doc.content.size - 1, format, undo }) {
    if (undo) this.editor.commands.undo();
    else if (format) this.editor.chain().setTextSelection({ from: at, to: at + 1 }).toggleBold().run();
    else this.editor.commands.insertContentAt(Math.max(at, 1), insert);
  }

  view() {
    return this.editor.getText();
  }

  crash() {
    this.editor.destroy();
    super.crash();
  }
}

const kinds = {
  "y-websocket": (settings) => new Plain({ ...settings, provider: "y-websocket" }),
  hocuspocus: (settings) => new Plain({ ...settings, provider: "hocuspocus" }),
  quill: (settings) => new QuillEditor({ ...settings, provider: settings.provider ?? "y-websocket" }),
  codemirror: (settings) => new CodeMirrorEditor({ ...settings, provider: settings.provider ?? "y-websocket" }),
  tiptap: (settings) => new TipTapEditor({ ...settings, provider: settings.provider ?? "hocuspocus" }),
};

export const open = (settings) => kinds[settings.kind](settings);
