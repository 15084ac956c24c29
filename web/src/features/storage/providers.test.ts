import { expect, test } from 'vitest';
import { givenSecrets, linesOf, missingSecrets, providerOf } from '@/features/storage/providers';

test('the provider is told by the URL', () => {
  expect(providerOf('gs://b/p').id).toBe('gs');
  expect(providerOf('abfss://c@a.dfs.core.windows.net/p').id).toBe('az');
  expect(providerOf('').id).toBe('s3');
});

test('only secrets of the provider are sent', () => {
  const s3 = providerOf('s3://b');
  const given = givenSecrets(s3, { access_key: ' a ', secret_key: '', account_key: 'x' });
  expect(given).toEqual({ access_key: 'a' });
  expect(missingSecrets(s3, given)).toEqual(['secret_key']);
  expect(missingSecrets(s3, { access_key: 'a', secret_key: 'b' })).toEqual([]);
});

test('URLs stand a line each', () => {
  expect(linesOf(' s3://a \n\n s3://b\n')).toEqual(['s3://a', 's3://b']);
});
