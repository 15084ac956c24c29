'use strict';
// The API explorer: lists the endpoints of /api/openapi.json, shows their schemas, and sends requests.

// The server may be under a path: /bricks/api/docs.
const ROOT = location.pathname.replace(/\/api\/docs$/, '');
const $ = (id) => document.getElementById(id);
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];
let doc = null;
let operations = [];
let token = sessionStorage.getItem('openbricks.docs.token') || '';

// Elements from plain calls, so that no text is ever read as HTML.
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function resolve(schema) {
  if (schema && schema.$ref) {
    const found = schema.$ref.split('/').slice(1).reduce((at, part) => at && at[part], doc);
    return { ...found, title: schema.$ref.split('/').pop() };
  }
  return schema || {};
}

function typeText(schema) {
  const s = resolve(schema);
  if (s.anyOf) return s.anyOf.map(typeText).join(' or ');
  if (s.type === 'array') return `array of ${typeText(s.items)}`;
  if (s.type === 'object' && s.additionalProperties && s.additionalProperties !== true) {
    return `map of ${typeText(s.additionalProperties)}`;
  }
  return s.title || s.format || s.type || 'anything';
}

function limits(schema) {
  const s = resolve(schema);
  const out = [];
  if (s.enum) out.push(`one of ${s.enum.join(', ')}`);
  if (s.minLength === 1) out.push('not empty');
  else if (s.minLength !== undefined) out.push(`at least ${s.minLength} characters`);
  if (s.maxLength !== undefined) out.push(`at most ${s.maxLength} characters`);
  if (s.minimum !== undefined && s.minimum > -2147483648) out.push(`at least ${s.minimum}`);
  if (s.maximum !== undefined && s.maximum < 2147483647) out.push(`at most ${s.maximum}`);
  if (s.pattern) out.push(`matches ${s.pattern}`);
  if (s.maxItems !== undefined) out.push(`at most ${s.maxItems} elements`);
  if (s.default !== undefined) out.push(`default ${JSON.stringify(s.default)}`);
  return out.join(' · ');
}

// The struct inside of arrays and maps, if there is one.
function inner(schema) {
  const s = resolve(schema);
  if (s.properties) return s;
  if (s.items) return inner(s.items);
  if (s.additionalProperties && typeof s.additionalProperties === 'object') return inner(s.additionalProperties);
  return null;
}

function schemaView(schema, depth = 0) {
  const box = el('div', { class: depth === 0 ? 'schema' : undefined });
  const s = inner(schema);
  if (!s) return el('div', { class: 'schema' }, el('div', { class: 'row' }, el('code', {}, typeText(schema))));
  const entries = Object.entries(s.properties);
  if (entries.length === 0) box.append(el('div', { class: 'row dim' }, 'No fields'));
  for (const [name, field] of entries) {
    const required = (s.required || []).includes(name);
    const row = el('div', { class: 'row' },
      el('code', {}, name), ' ', el('span', { class: 'dim' }, `${typeText(field)}${required ? '' : ', optional'}`));
    const text = [field.description, limits(field)].filter(Boolean).join(' · ');
    if (text) row.append(el('div', { class: 'dim' }, text));
    if (inner(field) && depth < 6) {
      const details = el('details', {}, el('summary', { class: 'dim' }, 'Fields'));
      // Filled when opened, for a struct may hold itself.
      details.addEventListener('toggle', () => {
        if (details.open && details.childElementCount === 1) details.append(schemaView(field, depth + 1));
      });
      row.append(details);
    }
    box.append(row);
  }
  return box;
}

function example(schema, depth = 0) {
  const s = resolve(schema);
  if (s.default !== undefined) return s.default;
  if (s.enum) return s.enum[0];
  if (s.anyOf) return example(s.anyOf[0], depth);
  if (s.type === 'array') return depth > 3 ? [] : [example(s.items, depth + 1)];
  if (s.properties) {
    const out = {};
    for (const name of s.required || []) {
      if (depth < 4) out[name] = example(s.properties[name], depth + 1);
    }
    return out;
  }
  if (s.type === 'object') return {};
  if (s.type === 'integer' || s.type === 'number') return Math.max(0, s.minimum > -1e9 ? s.minimum : 0);
  if (s.type === 'boolean') return false;
  return s.format === 'date-time' ? new Date().toISOString() : '';
}

function showList() {
  const words = $('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const current = decodeURIComponent(location.hash.slice(1));
  const list = $('list');
  list.replaceChildren();
  const shown = operations.filter((o) => {
    const text = `${o.method} ${o.path} ${o.summary} ${o.operationId} ${o.tag}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  for (const tag of [...new Set(shown.map((o) => o.tag))]) {
    list.append(el('h2', {}, tag));
    for (const o of shown.filter((one) => one.tag === tag)) {
      list.append(el('a', { href: `#${encodeURIComponent(o.operationId)}`, title: o.path,
        'aria-current': o.operationId === current ? 'page' : undefined },
        el('span', { class: `method ${o.method}` }, o.method.toUpperCase()), el('span', {}, o.summary || o.path)));
    }
  }
  if (shown.length === 0) list.append(el('p', { class: 'dim' }, 'No endpoint fits the filter.'));
}

function parameterFields(o) {
  return (o.parameters || []).map((p) => {
    const id = `p-${p.in}-${p.name}`;
    const schema = resolve(p.schema);
    const text = [p.description, typeText(p.schema), limits(schema)].filter(Boolean).join(' · ');
    return el('div', { class: 'field' },
      el('label', { for: id }, p.name, p.required ? el('b', { title: 'required' }, ' *') : '',
        el('div', { class: 'dim' }, p.in)),
      el('div', {}, el('input', { id, 'data-in': p.in, 'data-name': p.name, 'data-many': schema.type === 'array',
        placeholder: schema.type === 'array' ? 'several, separated by commas' : '' }), el('p', {}, text)));
  });
}

function requestOf(o, form) {
  let path = o.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll('input[data-in]')) {
    const { name } = input.dataset;
    if (input.dataset.in === 'path') {
      // The rest of a path keeps its slashes.
      const text = encodeURIComponent(input.value);
      path = path.replace(`{${name}}`, name === 'path' ? text.replaceAll('%2F', '/') : text);
    } else if (input.value !== '') {
      const values = 'many' in input.dataset ? input.value.split(',').map((v) => v.trim()) : [input.value];
      for (const value of values) query.append(name, value);
    }
  }
  const init = { method: o.method.toUpperCase(), headers: {} };
  if (token) init.headers.Authorization = `Bearer ${token}`;
  const body = form.querySelector('textarea');
  const file = form.querySelector('input[type=file]');
  if (body && body.value.trim() !== '') {
    init.headers['Content-Type'] = 'application/json';
    init.body = body.value;
  } else if (file && file.files[0]) {
    init.headers['Content-Type'] = 'application/octet-stream';
    init.body = file.files[0];
  }
  const accept = form.querySelector('select');
  if (accept) init.headers.Accept = accept.value;
  const text = query.toString();
  return [path + (text ? `?${text}` : ''), init];
}

async function answerView(response, started) {
  const type = (response.headers.get('content-type') || '').split(';')[0];
  const bytes = await response.arrayBuffer();
  const ms = Math.round(performance.now() - started);
  const box = el('div', {},
    el('p', {}, el('span', { class: `status ${response.ok ? 'ok' : 'bad'}` }, `${response.status} ${response.statusText}`),
      el('span', { class: 'dim' }, ` · ${ms} ms · ${bytes.byteLength.toLocaleString()} bytes · ${type || 'no content'}`)));
  let text = '';
  if (type.endsWith('json')) {
    text = new TextDecoder().decode(bytes);
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
  } else if (type.startsWith('text/')) {
    text = new TextDecoder().decode(bytes);
  }
  const most = 200000;
  if (text) box.append(el('pre', {}, text.length > most ? `${text.slice(0, most)}\n…` : text));
  else if (bytes.byteLength > 0) {
    const url = URL.createObjectURL(new Blob([bytes], { type }));
    box.append(el('p', {}, el('a', { href: url, download: 'answer' }, 'Save the answer')));
  }
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  box.append(el('details', {}, el('summary', { class: 'dim' }, 'Headers'), el('pre', {}, headers)));
  return box;
}

function tryForm(o) {
  const content = o.requestBody ? o.requestBody.content : {};
  const json = content['application/json'];
  const produces = Object.keys(o.responses).filter((status) => status < 400)
    .flatMap((status) => Object.keys(o.responses[status].content || {}));
  const kinds = [...new Set(produces)];
  const out = el('div', {});
  const send = el('button', { class: 'main' }, 'Send');
  const form = el('form', {}, ...parameterFields(o));
  if (json) {
    const body = el('textarea', { 'aria-label': 'Body', spellcheck: 'false' });
    body.value = JSON.stringify(example(json.schema), null, 2);
    form.append(el('h3', {}, 'Body'), body);
  } else if (o.requestBody) {
    form.append(el('h3', {}, 'Body'), el('input', { type: 'file', 'aria-label': 'File to send' }));
  }
  if (kinds.length > 1) {
    form.append(el('p', {}, el('label', {}, 'Answer as ',
      el('select', {}, ...kinds.map((kind) => el('option', { value: kind }, kind))))));
  }
  form.append(el('p', {}, send));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    out.replaceChildren(el('p', { class: 'dim' }, 'Waiting for the answer…'));
    const started = performance.now();
    try {
      const [path, init] = requestOf(o, form);
      out.replaceChildren(await answerView(await fetch(ROOT + path, init), started));
    } catch (error) {
      out.replaceChildren(el('p', { class: 'status bad' }, `The request failed: ${error.message}`));
    }
    send.disabled = false;
  });
  return [form, out];
}

function showDetail() {
  const id = decodeURIComponent(location.hash.slice(1));
  const o = operations.find((one) => one.operationId === id) || operations[0];
  const main = $('detail');
  if (!o) {
    main.replaceChildren(el('p', { class: 'dim' }, 'The API has no endpoints.'));
    return;
  }
  document.title = `${o.summary || o.path} · OpenBricks API`;
  const parts = [el('h2', {}, o.summary || o.path),
    el('p', { class: 'path' }, el('span', { class: `method ${o.method}` }, o.method.toUpperCase()), ` ${o.path}`)];
  if (o.description) parts.push(el('p', {}, o.description));
  if (o.security && o.security.length === 0) parts.push(el('p', { class: 'dim' }, 'Answers without signing in.'));
  parts.push(el('h3', {}, 'Try it'), ...tryForm(o));
  const body = o.requestBody && o.requestBody.content['application/json'];
  if (body) parts.push(el('h3', {}, 'Request body'), schemaView(body.schema));
  const table = el('table', {});
  for (const [status, answer] of Object.entries(o.responses)) {
    const kinds = Object.keys(answer.content || {}).join(', ');
    table.append(el('tr', {}, el('td', {}, el('code', {}, status)),
      el('td', {}, answer.description, el('div', { class: 'dim' }, kinds))));
    const json = status < 400 && answer.content && answer.content['application/json'];
    if (json && json.schema) parts.push(el('h3', {}, `Answer ${status}`), schemaView(json.schema));
  }
  parts.push(el('h3', {}, 'All answers'), table);
  main.replaceChildren(...parts);
  showList();
}

function showAccount() {
  $('account').textContent = token ? 'Sign out' : 'Sign in';
}

function setToken(value) {
  token = value;
  if (value) sessionStorage.setItem('openbricks.docs.token', value);
  else sessionStorage.removeItem('openbricks.docs.token');
  showAccount();
}

async function signIn(event) {
  event.preventDefault();
  const form = new FormData($('sign-in-form'));
  const failed = $('sign-in-error');
  failed.hidden = true;
  if (form.get('token')) {
    setToken(form.get('token').trim());
    $('sign-in').close();
    return;
  }
  try {
    const response = await fetch(`${ROOT}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: form.get('email'), password: form.get('password') }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail || response.statusText);
    setToken(answer.access_token);
    $('sign-in-form').reset();
    $('sign-in').close();
  } catch (error) {
    failed.textContent = error.message;
    failed.hidden = false;
  }
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

async function start() {
  setTheme(localStorage.getItem('openbricks.docs.theme'));
  $('theme').addEventListener('click', () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === 'dark' ||
      (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
    const next = dark ? 'light' : 'dark';
    localStorage.setItem('openbricks.docs.theme', next);
    setTheme(next);
  });
  $('account').addEventListener('click', () => (token ? setToken('') : $('sign-in').showModal()));
  $('cancel').addEventListener('click', () => $('sign-in').close());
  $('sign-in-form').addEventListener('submit', signIn);
  $('filter').addEventListener('input', showList);
  addEventListener('hashchange', () => { showDetail(); scrollTo(0, 0); });
  showAccount();
  try {
    doc = await (await fetch('openapi.json')).json();
  } catch (error) {
    $('detail').replaceChildren(el('p', { class: 'status bad' }, `The description did not load: ${error.message}`));
    return;
  }
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of METHODS.filter((m) => item[m])) {
      const operation = item[method];
      operations.push({ ...operation, path, method, tag: (operation.tags || ['other'])[0] });
    }
  }
  operations.sort((a, b) => a.tag.localeCompare(b.tag));
  $('count').textContent = `${operations.length} endpoints`;
  showDetail();
}

start();
