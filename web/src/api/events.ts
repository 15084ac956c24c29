import { accessToken } from '@/api/session';
import { BASE } from '@/lib/base';

type Listener = (data: unknown) => void;

const FIRST_WAIT = 1000; // milliseconds; doubled at each further attempt
const LAST_WAIT = 30_000;
const LOOK = 15_000; // between two looks at a topic that is not heard

const listeners = new Map<string, Set<Listener>>();
const positions = new Map<string, number>();
const heard = new Set<string>();
let looking: ReturnType<typeof setInterval> | undefined;
let socket: WebSocket | undefined;
let opening = false;
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

interface Message {
  type?: string;
  topic?: string;
  sequence?: number;
  data?: unknown;
}

function tell(topic: string, data: unknown): void {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener(data);
}

function received(text: string): void {
  const { type, topic, sequence, data } = JSON.parse(text) as Message;
  if (!topic) return;
  if (sequence !== undefined) positions.set(topic, sequence);
  if (type === 'subscribed') heard.add(topic);
  if (type === 'refused') heard.delete(topic);
  if (type === 'event') tell(topic, data);
  // What happened in between is lost: whoever watches loads anew.
  if (type === 'gap') tell(topic, undefined);
}

const send = (message: unknown): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};
const subscribe = (topic: string): void =>
  send({
    type: 'subscribe',
    topic,
    ...(positions.has(topic) && { after: positions.get(topic) }),
  });

function again(): void {
  socket = undefined;
  heard.clear();
  clearTimeout(timer);
  if (listeners.size === 0) return;
  const wait = Math.min(LAST_WAIT, FIRST_WAIT * 2 ** failures);
  failures += 1;
  timer = setTimeout(() => void open(), wait * (0.5 + Math.random() / 2));
}

async function open(): Promise<void> {
  if (socket || opening || listeners.size === 0) return;
  opening = true;
  const token = await accessToken().catch(() => undefined);
  opening = false;
  if (!token) return again();
  const url = new URL(`${BASE}/ws/events`, location.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('token', token);
  const made = new WebSocket(url);
  socket = made;
  made.onopen = () => {
    failures = 0;
    for (const topic of listeners.keys()) subscribe(topic);
  };
  made.onmessage = ({ data }) => received(String(data));
  made.onclose = () => made === socket && again();
}

/** Whoever watches what cannot be heard now looks from time to time. */
function look(): void {
  for (const topic of listeners.keys()) if (!heard.has(topic)) tell(topic, undefined);
}

/** Calls back whenever something happens on a topic; with undefined when events were missed. */
export function watchTopic(topic: string, listener: Listener): () => void {
  const known = listeners.get(topic);
  if (known) known.add(listener);
  else {
    listeners.set(topic, new Set([listener]));
    subscribe(topic);
  }
  looking ??= setInterval(look, LOOK);
  void open();
  return () => {
    const left = listeners.get(topic);
    left?.delete(listener);
    if (left?.size !== 0) return;
    listeners.delete(topic);
    positions.delete(topic);
    heard.delete(topic);
    send({ type: 'unsubscribe', topic });
    if (listeners.size > 0) return;
    socket?.close();
    clearInterval(looking);
    looking = undefined;
  };
}
