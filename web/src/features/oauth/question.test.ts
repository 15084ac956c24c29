import { expect, test } from 'vitest';
import { answeredQuery, promptsOf, questionOf } from '@/features/oauth/question';

test('the question is what the address says, and nothing else', () => {
  expect(questionOf('?client_id=a&state=b%26&evil=x&scope=openid+email')).toEqual({
    client_id: 'a',
    redirect_uri: '',
    state: 'b&',
    scope: 'openid email',
  });
});

test('a sign-in answers the wish for one', () => {
  expect(promptsOf('?prompt=login+consent')).toEqual(['login', 'consent']);
  expect(answeredQuery('client_id=a&prompt=login+consent&state=s')).toBe(
    'client_id=a&state=s&prompt=consent',
  );
  expect(answeredQuery('client_id=a&prompt=login')).toBe('client_id=a');
});
