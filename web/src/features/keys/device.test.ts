import { expect, test } from 'vitest';
import { deviceName } from '@/features/keys/device';

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 (KHTML, like Gecko) Version/17 Safari/605',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537 (KHTML, like Gecko) Chrome/130 Safari/537 Edg/130',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (Linux; Android 14) Gecko/130.0 Firefox/130.0', 'Firefox on Android'],
  ['curl/8.1', 'curl'],
  ['', 'Unknown device'],
])('%s', (agent, name) => {
  expect(deviceName(agent)).toBe(name);
});
