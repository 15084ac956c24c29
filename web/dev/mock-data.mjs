// Made-up data for the stand-in server.
const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const CARRIERS = ['UA', 'AA', 'B6', 'DL', 'EV', 'MQ', 'WN', 'US'];
const AIRPORTS = ['JFK', 'LGA', 'EWR', 'ORD', 'ATL', 'LAX', 'BOS', 'MCO'];

export const flightColumns = [
  { name: 'id', type: 'BIGINT' },
  { name: 'time_hour', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'carrier', type: 'VARCHAR' },
  { name: 'origin', type: 'VARCHAR' },
  { name: 'dest', type: 'VARCHAR' },
  { name: 'dep_delay', type: 'DOUBLE' },
  { name: 'fare', type: 'DECIMAL(18,2)' },
  { name: 'distance', type: 'BIGINT' },
  { name: 'cancelled', type: 'BOOLEAN' },
];

export function flightRow(i) {
  const delay = i % 13 === 0 ? null : Math.round(Math.sin(i) * 450) / 10;
  const time = new Date(Date.UTC(2013, 0, 1, 5 + Math.floor(i / 40))).toISOString();
  return [
    i + 1,
    time.replace('.000', ''),
    CARRIERS[i % 8],
    AIRPORTS[i % 3],
    AIRPORTS[(i * 5 + 3) % 8],
    delay,
    (80 + ((i * 37) % 900) + 0.5).toFixed(2),
    200 + ((i * 97) % 2400),
    i % 41 === 0,
  ];
}

const column = (name, type, comment = '', more = {}) => ({
  name,
  type,
  nullable: name !== 'id',
  comment,
  ...more,
});
const FLIGHTS = [
  column('id', 'BIGINT', 'Running number'),
  column('time_hour', 'TIMESTAMP', 'Scheduled hour of departure'),
  column('month', 'INT', '', { partition_index: 0 }),
  column('carrier', 'STRING', 'Two-letter carrier abbreviation'),
  column('origin', 'STRING'),
  column('dest', 'STRING'),
  column('dep_delay', 'DOUBLE', 'Minutes; negative when early'),
  column('fare', 'DECIMAL(18,2)'),
  column('distance', 'BIGINT', 'Miles'),
  column('cancelled', 'BOOLEAN'),
  column('crew', 'ARRAY<STRUCT<name: STRING, role: STRING>>'),
];

const table = (catalog, schema, name, values = {}) => ({
  id: `${catalog}.${schema}.${name}`,
  catalog,
  schema,
  name,
  full_name: `${catalog}.${schema}.${name}`,
  kind: 'managed',
  owner: 'admin@localhost',
  comment: '',
  created_at: at(3000),
  updated_at: at(45),
  format: 'delta',
  location: `/srv/openbricks/tables/${name}`,
  columns: FLIGHTS,
  partition_columns: ['month'],
  version: 3,
  timestamp: at(45),
  rows: 336_776,
  bytes: 12_582_912,
  files: 12,
  properties: { 'delta.checkpointInterval': '10' },
  reader_features: [],
  writer_features: ['appendOnly', 'invariants'],
  min_reader_version: 1,
  min_writer_version: 2,
  ...values,
});

export function createState() {
  const named = (name, values = {}) => ({
    id: name,
    name,
    owner: 'admin@localhost',
    comment: '',
    created_at: at(5000),
    ...values,
  });
  return {
    users: [
      { id: 'u1', email: 'admin@localhost', name: 'Ada', admin: true, created_at: at(9000) },
      {
        id: 'u2',
        email: 'grace@example.org',
        name: 'Grace Hopper',
        admin: false,
        created_at: at(900),
      },
    ],
    keys: [
      {
        id: 'k1',
        name: 'nightly import',
        prefix: 'obk_51ab',
        created_at: at(800),
        expires_at: at(-90_000),
      },
      {
        id: 'k2',
        name: 'old laptop',
        prefix: 'obk_77e0',
        created_at: at(200_000),
        expires_at: at(5),
      },
    ],
    catalogs: [named('main'), named('samples', { comment: 'Open data to try things with' })],
    schemas: [
      named('default', { catalog: 'main' }),
      named('sales', { catalog: 'main', comment: 'Orders and invoices of the shop' }),
      named('nycflights13', { catalog: 'samples', comment: 'Flights that left New York in 2013' }),
    ],
    volumes: [named('files', { catalog: 'main', schema: 'default' })],
    tables: [
      table('samples', 'nycflights13', 'flights', {
        comment: 'All flights that departed from New York in 2013',
      }),
      table('samples', 'nycflights13', 'airlines'),
      table('samples', 'nycflights13', 'airports'),
      table('samples', 'nycflights13', 'planes'),
      table('samples', 'nycflights13', 'weather'),
      table('main', 'sales', 'orders', { comment: 'One row an order' }),
      table('main', 'sales', 'monthly', {
        kind: 'view',
        format: 'view',
        location: undefined,
        view_sql: 'SELECT month, sum(total) AS total\nFROM main.sales.orders\nGROUP BY month',
      }),
    ],
    dropped: [],
    history: [
      {
        version: 3,
        timestamp: at(45),
        operation: 'WRITE',
        parameters: { mode: 'Append' },
        metrics: { numOutputRows: '1200', numFiles: '1' },
        user: 'admin@localhost',
        engine: 'OpenBricks',
      },
      {
        version: 2,
        timestamp: at(300),
        operation: 'DELETE',
        parameters: { predicate: '["cancelled = true"]' },
        metrics: { numDeletedRows: '842', numRemovedFiles: '2' },
        user: 'admin@localhost',
        engine: 'delta-rs',
      },
      {
        version: 1,
        timestamp: at(2000),
        operation: 'WRITE',
        parameters: { mode: 'Append' },
        metrics: { numOutputRows: '120000', numFiles: '4' },
        user: 'admin@localhost',
        engine: 'OpenBricks',
      },
      {
        version: 0,
        timestamp: at(3000),
        operation: 'CREATE TABLE AS SELECT',
        parameters: { partitionBy: '["month"]' },
        metrics: { numOutputRows: '216418', numFiles: '8', numOutputBytes: '8123456' },
        user: 'admin@localhost',
        engine: 'OpenBricks',
      },
    ],
    files: Array.from({ length: 12 }, (_, i) => ({
      path: `month=${i + 1}/part-0000${i}-7f3a.snappy.parquet`,
      bytes: 900_000 + i * 37_000,
      rows: 27_000 + i * 80,
      partition_values: { month: String(i + 1) },
      modified_at: at(45 + i * 200),
      deletion_vector: i === 4,
    })),
    entries: [
      { name: 'raw', folder: '', path: 'raw', directory: true },
      {
        name: 'orders.csv',
        folder: '',
        path: 'orders.csv',
        directory: false,
        bytes: 1_245_184,
        modified_at: at(30),
      },
      {
        name: 'customers.parquet',
        folder: '',
        path: 'customers.parquet',
        directory: false,
        bytes: 88_245_184,
        modified_at: at(2000),
      },
      {
        name: 'README.md',
        folder: '',
        path: 'README.md',
        directory: false,
        bytes: 912,
        modified_at: at(9000),
      },
    ],
    uploads: new Map(),
    saved: [
      {
        id: 's1',
        name: 'Delays by carrier',
        sql: 'SELECT carrier, count(*) AS flights, avg(dep_delay) AS mean_delay\nFROM samples.nycflights13.flights\nGROUP BY carrier\nORDER BY flights DESC',
        owner: 'admin@localhost',
        created_at: at(900),
        updated_at: at(400),
      },
    ],
    queries: [
      {
        id: 'q1',
        sql: 'SELECT carrier, count(*) FROM samples.nycflights13.flights GROUP BY carrier',
        state: 'finished',
        user: 'admin@localhost',
        started_at: at(12),
        elapsed_ms: 84,
        rows: 16,
      },
      {
        id: 'q2',
        sql: 'SELECT * FROM nowhere',
        state: 'failed',
        user: 'admin@localhost',
        started_at: at(25),
        elapsed_ms: 3,
        error: { id: 'sql.unknownTable', detail: 'There is no table nowhere.' },
      },
      {
        id: 'q3',
        sql: 'INSERT INTO main.sales.orders SELECT * FROM main.sales.staged',
        state: 'cancelled',
        user: 'admin@localhost',
        started_at: at(125),
        elapsed_ms: 5321,
      },
    ],
    byCarrier: CARRIERS.map((carrier, i) => [carrier, 58_665 - i * 6100, 3.5 + ((i * 7) % 12)]),
  };
}
