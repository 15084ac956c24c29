// Writes .gz and .br siblings of the built files, which the server sends as they are, and prints
// what the first load costs.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const FIRST_LOAD_BUDGET = 200 * 1024; // bytes of gzip-compressed script
const dist = new URL('../dist/', import.meta.url).pathname;
const compressible = /\.(js|css|html|svg|json|txt|map)$/;

const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const gzipped = new Map();
for (const entry of entries) {
  if (!entry.isFile() || !compressible.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = await readFile(path);
  if (bytes.length < 512) continue;
  const gzip = gzipSync(bytes, { level: 9 });
  gzipped.set(path.slice(dist.length), gzip.length);
  await writeFile(`${path}.gz`, gzip);
  await writeFile(
    `${path}.br`,
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  );
}

const html = await readFile(join(dist, 'index.html'), 'utf8');
const first = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(
  (match) => match[1],
);
const total = first.reduce((sum, name) => sum + (gzipped.get(name) ?? 0), 0);
console.log(
  `first load: ${(total / 1024).toFixed(1)} KB of compressed script in ${first.length} files`,
);
if (total > FIRST_LOAD_BUDGET) {
  console.error(
    `That is more than the budget of ${FIRST_LOAD_BUDGET / 1024} KB: load something lazily.`,
  );
  process.exit(1);
}
