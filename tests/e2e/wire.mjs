// A connection to the server that a test can cut.
import net from 'node:net';

/** Stands between the page and the server, and can be taken away. */
export async function openWire(url) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  const join = (client) => {
    const server = net.connect(Number(port), hostname);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  };
  const listener = net.createServer(join);
  const listen = (at) => new Promise((done) => listener.listen(at, '127.0.0.1', done));
  await listen(0);
  const at = listener.address().port;
  return {
    url: `http://127.0.0.1:${at}`,
    cut() {
      const closed = new Promise((done) => listener.close(done));
      for (const socket of open) socket.destroy();
      return closed;
    },
    mend: () => listen(at),
  };
}
