// A stand-in for the server with made-up data, for work on the page alone: `npm run mock`, then
// `npm run dev`. It also serves web/dist with the server's content security policy.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { createState, flightColumns, flightRow } from './mock-data.mjs';

const state = createState();
const port = Number(process.env.PORT ?? 8080);
const dist = new URL('../dist/', import.meta.url).pathname;
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "connect-src 'self'; worker-src 'self' blob:";
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

class Problem extends Error {
  constructor(status, id, detail, errors) {
    super(detail);
    Object.assign(this, { status, id, detail, errors });
  }
}
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const body = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};
const json = async (request) => JSON.parse((await body(request)).toString() || '{}');
const now = () => new Date().toISOString();
const same = (item, keys) => Object.entries(keys).every(([key, value]) => item[key] === value);

const routes = [];
const route = (method, pattern, handler) => {
  const names = [];
  const source = pattern.replace(/\{(\w+)(\.\.\.)?\}/g, (_, name, rest) => {
    names.push(name);
    return rest ? '(.*)' : '([^/]+)';
  });
  routes.push({ method, regex: new RegExp(`^/api/v1${source}$`), names, handler });
};

const tokens = () => ({
  access_token: `a${Math.random()}`,
  refresh_token: `r${Math.random()}`,
  token_type: 'Bearer',
  expires_in: 900,
});
route('POST', '/auth/login', async ({ request }) => {
  const { password } = await json(request);
  if (password !== 'secret')
    throw new Problem(401, 'auth.badCredentials', 'The email or the password is wrong.');
  return tokens();
});
route('POST', '/auth/refresh', async () => tokens());
route('POST', '/auth/logout', async () => null);
route('POST', '/auth/password', async () => null);
route('GET', '/auth/me', async () => state.users[0]);

const collection = (path, list, keys, make) => {
  const pick = (params) => Object.fromEntries(keys.map((key) => [key, params[key]]));
  route('GET', path, async ({ params }) => ({
    items: list.filter((item) => same(item, pick(params))),
  }));
  route('POST', path, async ({ request, params }) => {
    const values = await json(request);
    if (list.some((item) => same(item, { ...pick(params), name: values.name })))
      throw new Problem(409, 'catalog.exists', `There is already something called ${values.name}.`);
    const item = {
      id: `id${Math.random()}`,
      owner: 'admin@localhost',
      comment: '',
      created_at: now(),
      updated_at: now(),
      ...pick(params),
      ...values,
      ...make?.(),
    };
    list.push(item);
    return [201, item];
  });
};
collection('/catalogs', state.catalogs, []);
collection('/catalogs/{catalog}/schemas', state.schemas, ['catalog']);
collection('/catalogs/{catalog}/schemas/{schema}/volumes', state.volumes, ['catalog', 'schema']);
collection('/keys', state.keys, [], () => ({
  prefix: 'obk_9f2c',
  key: 'obk_9f2c5d1e8a7b4c3d2e1f0a9b8c7d6e5f',
}));
collection('/users', state.users, []);
collection('/saved-queries', state.saved, []);
route('GET', '/catalogs/{catalog}/schemas/{schema}/tables', async ({ params }) => ({
  items: state.tables.filter((item) => same(item, params)),
}));

const findTable = ({ catalog, schema, table }) => {
  const found = state.tables.find((item) => same(item, { catalog, schema, name: table }));
  if (!found)
    throw new Problem(
      404,
      'catalog.tableNotFound',
      `There is no table ${catalog}.${schema}.${table}.`,
    );
  return found;
};
const table = '/catalogs/{catalog}/schemas/{schema}/tables/{table}';
route('GET', table, async ({ params, query }) => {
  const found = findTable(params);
  const version = query.get('version');
  return version === null ? found : { ...found, version: Number(version) };
});
route('PATCH', table, async ({ params, request }) =>
  Object.assign(findTable(params), await json(request)),
);
route('DELETE', table, async ({ params }) => {
  const found = findTable(params);
  state.tables.splice(state.tables.indexOf(found), 1);
  state.dropped.push(found);
  return null;
});
route('GET', `${table}/history`, async () => ({ items: state.history }));
route('GET', `${table}/files`, async () => ({ items: state.files }));
route('GET', `${table}/preview`, async () => ({
  query_id: 'p',
  columns: flightColumns,
  rows: Array.from({ length: 500 }, (_, i) => flightRow(i)),
  statistics: {},
}));
route('GET', '/search', async ({ query }) => {
  const text = query.get('q').toLowerCase();
  const hits = state.tables.map((item) => ({
    kind: item.kind === 'view' ? 'view' : 'table',
    name: item.full_name,
    detail: '',
  }));
  return { items: hits.filter(({ name }) => name.includes(text)) };
});

route('GET', '/directories/{catalog}/{schema}/{volume}/{path...}', async ({ params }) => ({
  items: state.entries.filter((entry) => entry.folder === params.path.replace(/\/$/, '')),
}));
route('PUT', '/directories/{catalog}/{schema}/{volume}/{path...}', async () => null);
route('PUT', '/files/{catalog}/{schema}/{volume}/{path...}', async ({ params, request, query }) => {
  const bytes = await body(request);
  await wait(400);
  const slash = params.path.lastIndexOf('/');
  const entry = {
    name: params.path.slice(slash + 1),
    folder: params.path.slice(0, Math.max(0, slash)),
    path: params.path,
    directory: false,
    bytes: bytes.length,
    modified_at: now(),
  };
  const before = state.entries.findIndex((other) =>
    same(other, { name: entry.name, folder: entry.folder }),
  );
  if (before >= 0 && query.get('overwrite') !== 'true')
    throw new Problem(409, 'file.exists', 'There is a file of this name.');
  if (before >= 0) state.entries.splice(before, 1);
  state.entries.push(entry);
  return [201, entry];
});
route('POST', '/uploads', async ({ request }) => {
  const upload = { id: `u${Math.random()}`, offset: 0, ...(await json(request)) };
  state.uploads.set(upload.id, upload);
  return [201, upload];
});
route('PATCH', '/uploads/{id}', async ({ params, request }) => {
  state.uploads.get(params.id).offset += (await body(request)).length;
  await wait(600);
  return null;
});
route('GET', '/uploads/{id}', async ({ params }) => state.uploads.get(params.id));
route('POST', '/uploads/{id}/finish', async ({ params }) => [201, state.uploads.get(params.id)]);
route('DELETE', '/uploads/{id}', async () => null);
route('POST', '/tables/infer', async () => ({
  format: 'csv',
  columns: flightColumns.map(({ name }, i) => ({
    name,
    type: [
      'BIGINT',
      'TIMESTAMP',
      'STRING',
      'STRING',
      'STRING',
      'DOUBLE',
      'DECIMAL(18,2)',
      'BIGINT',
      'BOOLEAN',
    ][i],
  })),
  rows: Array.from({ length: 50 }, (_, i) => flightRow(i)),
}));
route('POST', '/tables', async ({ request }) => {
  const values = await json(request);
  const [catalog, schema, name] = values.name.split('.');
  const made = {
    ...state.tables[0],
    catalog,
    schema,
    name,
    full_name: values.name,
    id: `t${Math.random()}`,
  };
  if (values.mode === 'create') state.tables.push(made);
  return [201, made];
});

const ROWS = 25_000;
const PAGE = 1000;
route('POST', '/query', async ({ request }) => {
  const { sql, row_limit, query_id } = await json(request);
  const record = {
    id: query_id ?? `q${Math.random()}`,
    sql,
    user: 'admin@localhost',
    started_at: now(),
    state: 'running',
    elapsed_ms: 0,
    progress: 40,
  };
  state.queries.unshift(record);
  const started = Date.now();
  const end = (values) => Object.assign(record, values, { elapsed_ms: Date.now() - started });
  for (let i = 0; /sleep/.test(sql) && i < 100 && record.state === 'running'; i += 1)
    await wait(100);
  if (record.state === 'cancelled')
    throw new Problem(499, 'query.cancelled', 'The query was cancelled.');
  if (/nowhere/.test(sql)) {
    end({ state: 'failed' });
    throw new Problem(
      400,
      'sql.unknownTable',
      'There is no table nowhere (line 2 column 6). Did you mean flights?',
    );
  }
  const statistics = { elapsed_ms: 12, files: 3, files_skipped: 9, bytes: 4_200_000 };
  const answer = (columns, rows, more = {}) => {
    end({ state: 'finished', rows: rows.length });
    return { query_id: record.id, columns, rows, statistics, ...more };
  };
  if (/^explain/i.test(sql))
    return answer(
      [{ name: 'plan', type: 'VARCHAR' }],
      [
        [
          'PROJECTION\n└── HASH_GROUP_BY\n    └── SCAN samples.nycflights13.flights\n        files: 3 of 12',
        ],
      ],
    );
  if (/^(insert|create|drop|undrop)/i.test(sql)) {
    if (/^undrop/i.test(sql)) state.tables.push(...state.dropped.splice(0));
    return answer(
      [
        { name: 'num_affected_rows', type: 'BIGINT' },
        { name: 'version', type: 'BIGINT' },
      ],
      [[336776, 4]],
    );
  }
  if (/group by/i.test(sql))
    return answer(
      [
        { name: 'carrier', type: 'VARCHAR' },
        { name: 'flights', type: 'BIGINT' },
        { name: 'mean_delay', type: 'DOUBLE' },
      ],
      state.byCarrier,
    );
  const total = Math.min(ROWS, row_limit ?? ROWS);
  const rows = Array.from({ length: Math.min(PAGE, total) }, (_, i) => flightRow(i));
  const more = total > PAGE ? { next: `${PAGE}-${total}` } : {};
  return answer(flightColumns, rows, { ...more, ...(total < ROWS && { truncated: true }) });
});
route('GET', '/query/pages/{cursor}', async ({ params }) => {
  await wait(150);
  const [from, total] = params.cursor.split('-').map(Number);
  const end = Math.min(from + PAGE, total);
  return {
    rows: Array.from({ length: end - from }, (_, i) => flightRow(from + i)),
    ...(end < total && { next: `${end}-${total}` }),
  };
});
route('GET', '/queries', async () => ({ items: state.queries.slice(0, 50) }));
route('GET', '/queries/{id}', async ({ params }) =>
  state.queries.find(({ id }) => id === params.id),
);
route('POST', '/queries/{id}/cancel', async ({ params }) => {
  state.queries.find(({ id }) => id === params.id).state = 'cancelled';
  return null;
});
route('GET', '/saved-queries/{id}', async ({ params }) =>
  state.saved.find(({ id }) => id === params.id),
);
route('PUT', '/saved-queries/{id}', async ({ params, request }) =>
  Object.assign(
    state.saved.find(({ id }) => id === params.id),
    await json(request),
  ),
);
for (const [path, list] of [
  ['keys', state.keys],
  ['users', state.users],
  ['saved-queries', state.saved],
]) {
  route('DELETE', `/${path}/{id}`, async ({ params }) => {
    list.splice(
      list.findIndex(({ id }) => id === params.id),
      1,
    );
    return null;
  });
}

async function page(path, response) {
  const name = extname(path) ? normalize(path) : '/index.html';
  const bytes = await readFile(join(dist, name)).catch(() => readFile(join(dist, 'index.html')));
  response.writeHead(200, {
    'content-type': TYPES[extname(name)] ?? 'text/html',
    'content-security-policy': POLICY,
  });
  response.end(bytes);
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/healthz') return response.end('ok');
  if (!url.pathname.startsWith('/api/')) return page(url.pathname, response);
  for (const { method, regex, names, handler } of routes) {
    const match = request.method === method && regex.exec(url.pathname);
    if (!match) continue;
    const params = Object.fromEntries(
      names.map((name, i) => [name, decodeURIComponent(match[i + 1])]),
    );
    const result = await handler({ request, params, query: url.searchParams });
    const [status, value] = Array.isArray(result) ? result : [result === null ? 204 : 200, result];
    response.writeHead(status, { 'content-type': 'application/json' });
    return response.end(value === null ? undefined : JSON.stringify(value));
  }
  throw new Problem(
    404,
    'notFound',
    `The stand-in does not know ${request.method} ${url.pathname}.`,
  );
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    const { status = 500, id = 'internal', message, errors } = error;
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ status, id, detail: message, request_id: '01JD3', errors }));
  });
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
