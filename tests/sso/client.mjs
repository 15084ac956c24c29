// An application that signs people in with a certified client library: node client.mjs '{}'. Prints its
// address when it listens. /login?issuer=…&client_id=…&client_secret=…&scope=… leads to the provider;
// /callback answers with all that the library got, as JSON. /device begins a sign-in without a browser,
// /device/tokens answers when it was approved; /machine?…&post=1 gets a token by the client's secret.
import { createServer } from 'node:http';
import * as client from 'openid-client';

const flows = new Map(); // by state
const server = createServer((request, response) => {
  const url = new URL(request.url, `http://127.0.0.1:${server.address().port}`);
  const page = {
    '/login': login,
    '/callback': callback,
    '/device': device,
    '/device/tokens': deviceTokens,
    '/machine': machine,
  }[url.pathname];
  Promise.resolve(page?.(url))
    .catch((error) => ({
      body: { error: error.error ?? error.code ?? String(error), cause: String(error.cause ?? '') },
    }))
    .then(({ body, location } = {}) => {
      if (location) response.writeHead(303, { location }).end();
      else response.writeHead(body ? 200 : 404).end(JSON.stringify(body ?? {}));
    });
});

async function login(url) {
  const given = Object.fromEntries(url.searchParams);
  const config = await client.discovery(
    new URL(given.issuer),
    given.client_id,
    given.client_secret || undefined,
    given.client_secret ? undefined : client.None(),
    { execute: [client.allowInsecureRequests] },
  );
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  flows.set(state, { config, verifier, state, nonce });
  const location = client.buildAuthorizationUrl(config, {
    redirect_uri: `${url.origin}/callback`,
    scope: given.scope ?? 'openid email profile groups',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...(given.prompt && { prompt: given.prompt }),
    ...(given.max_age && { max_age: given.max_age }),
  }).href;
  return { location };
}

const plain = { execute: [client.allowInsecureRequests], algorithm: 'oauth2' };
let waiting; // the device flow that is under way

async function device(url) {
  const { issuer, client_id } = Object.fromEntries(url.searchParams);
  const config = await client.discovery(
    new URL(issuer),
    client_id,
    undefined,
    client.None(),
    plain,
  );
  const body = await client.initiateDeviceAuthorization(config, {});
  waiting = client.pollDeviceAuthorizationGrant(config, body).then(async (tokens) => ({
    tokens,
    refreshed: await client.refreshTokenGrant(config, tokens.refresh_token),
  }));
  waiting.catch(() => {}); // told by /device/tokens
  return { body };
}

async function deviceTokens() {
  return { body: await waiting };
}

async function machine(url) {
  const { issuer, client_id, client_secret, scope, post } = Object.fromEntries(url.searchParams);
  const proof = post ? client.ClientSecretPost : client.ClientSecretBasic;
  const config = await client.discovery(
    new URL(issuer),
    client_id,
    undefined,
    proof(client_secret),
    plain,
  );
  return { body: await client.clientCredentialsGrant(config, { scope }) };
}

async function callback(url) {
  const { config, verifier, state, nonce } = flows.get(url.searchParams.get('state'));
  const tokens = await client.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  const claims = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const body = { claims, info, tokens };
  if (tokens.refresh_token) {
    body.refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    body.introspected = await client.tokenIntrospection(config, body.refreshed.access_token);
    await client.tokenRevocation(config, body.refreshed.refresh_token);
    body.revoked = await client.tokenIntrospection(config, body.refreshed.access_token);
  }
  return { body };
}

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
