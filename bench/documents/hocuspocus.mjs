// Hocuspocus as its documentation starts it: `node hocuspocus.mjs PORT [FILE]`, with a file of SQLite
// or in memory.
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, database] = process.argv.slice(2);
const server = new Server({
  address: "127.0.0.1",
  port: Number(port),
  quiet: true,
  extensions: database ? [new SQLite({ database })] : [],
});
await server.listen();
console.log("listening");
