/** Why a sign-in with a provider was refused, by the server's id; the server's log has the details. */
const TEXTS: Record<string, string> = {
  'sso.noSuchProvider': 'This way to sign in is not offered here any more.',
  'sso.untrusted':
    'The provider’s answer could not be verified, so you were not signed in. Try again; if it stays so, tell an administrator.',
  'sso.providerFailed':
    'The provider did not complete the sign-in. Try again later, or tell an administrator.',
  'sso.badFlow':
    'This sign-in was completed already, took too long or was begun in another browser. Start again.',
  'sso.refused': 'The provider did not sign you in.',
  'sso.domainNotAllowed':
    'Only people with a verified email of certain domains may sign in with this provider.',
  'sso.emailUnverified':
    'The provider does not say that your email address is verified, so it cannot be told whose account here is yours.',
  'sso.accountExists':
    'There is an account with your email already. Sign in to it, and link the provider under Account.',
  'sso.accountUnverified':
    'There is an account with your email whose owner never confirmed it. Ask an administrator to delete it.',
  'sso.noAccount': 'You have no account here. Ask an administrator to make one.',
  'sso.linkedElsewhere':
    'This identity is linked to another account already. Unlink it there first.',
  'identity.disabled': 'This account is disabled. An administrator can enable it.',
};

export const problemText = (id: string): string =>
  TEXTS[id] ?? 'You could not be signed in. Try again, or tell an administrator.';
