import { beforeEach, expect, test, vi } from 'vitest';
import { ApiError, ConnectionError } from './errors';

const post = vi.hoisted(() => vi.fn());
const session = vi.hoisted(() => ({ status: 'signed-in' }));
vi.mock('./client', () => ({ api: { POST: post } }));
vi.mock('./session', () => ({ session: { get: () => session } }));

async function freshModule() {
  vi.resetModules();
  // The same classes of errors also after the reset.
  vi.doMock('./errors', () => ({ ApiError, ConnectionError }));
  return import('./page-errors');
}

let page: EventTarget;

beforeEach(() => {
  page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  post.mockReset().mockResolvedValue({});
  session.status = 'signed-in';
});

const told = () => post.mock.calls.map((call) => (call[1] as { body: { message: string } }).body);

test('an error is told once, with its kind and where the page was', async () => {
  const { reportError, watchErrors } = await freshModule();
  watchErrors(() => '/documents/$id');
  reportError(new TypeError('x is undefined'));
  reportError(new TypeError('x is undefined'));
  expect(told()).toEqual([
    expect.objectContaining({
      kind: 'TypeError',
      message: 'x is undefined',
      page: '/documents/$id',
      stack: expect.stringContaining('page-errors.test') as string,
    }),
  ]);
});

test('unhandled errors of the window are told, too', async () => {
  const { watchErrors } = await freshModule();
  watchErrors(() => '/');
  page.dispatchEvent(Object.assign(new Event('error'), { error: new RangeError('a') }));
  page.dispatchEvent(Object.assign(new Event('error'), { message: 'ResizeObserver loop' }));
  page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: new Error('b') }));
  expect(new Set(told().map(({ message }) => message))).toEqual(new Set(['a', 'b']));
});

test('what the server refused, and what is stopped, is no error of the page', async () => {
  const { reportError } = await freshModule();
  reportError(new ApiError(500, {}));
  reportError(new ConnectionError());
  reportError(new DOMException('Stopped', 'AbortError'));
  reportError('a text');
  session.status = 'signed-out';
  reportError(new Error('nobody is signed in'));
  expect(told()).toEqual([]);
});

test('a page tells of ten at most, of bounded size, and survives that it cannot', async () => {
  const { reportError } = await freshModule();
  post.mockRejectedValue(new ConnectionError());
  for (let i = 0; i < 30; i++) reportError(new Error(`${i} ${'x'.repeat(5000)}`));
  expect(told()).toHaveLength(10);
  expect(told()[0]!.message).toHaveLength(2000);
});
