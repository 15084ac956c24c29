// Unmodified editors of documents for the tests: reads one JSON command a line, answers each with one.
import { createInterface } from "node:readline";

import { open } from "./kinds.mjs";
import { storm } from "./storm.mjs";

const editors = new Map();

function editor(name) {
  const found = editors.get(name);
  if (!found) throw new Error(`there is no editor ${name}`);
  return found;
}

const commands = {
  open: async ({ name, ...settings }) => {
    if (editors.has(name)) throw new Error(`there is an editor ${name} already`);
    editors.set(name, open(settings));
  },
  edit: ({ name, ...change }) => editor(name).edit(change),
  state: ({ name }) => editor(name).state(),
  missing: ({ name, update }) => editor(name).missing(update),
  ledger: ({ name }) => editor(name).acknowledgedUpdate(),
  update: ({ name }) => editor(name).update(),
  present: ({ name, state }) => editor(name).present(state),
  people: ({ name }) => editor(name).people(),
  disconnect: ({ name }) => editor(name).disconnect(),
  connect: ({ name }) => editor(name).connect(),
  crash: ({ name }) => {
    editor(name).crash();
    editors.delete(name);
  },
  storm: (settings) => storm(editors, settings),
};

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const { id, command, ...settings } = JSON.parse(line);
  let answer;
  try {
    answer = { id, value: (await commands[command](settings)) ?? null };
  } catch (error) {
    answer = { id, error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
lines.on("close", () => process.exit(0));
console.warn = () => {}; // providers tell of every lost connection
