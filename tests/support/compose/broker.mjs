// An MQTT broker of other hands on a port of this machine (the first argument; 0: a free one): the port is its first line. It lives until its
// standard input ends. With a key and a certificate as further arguments it speaks TLS.
// Each line on that input is a name: the client of that name is cut off without a word, as a pulled cable does. The client "stranger" may read
// no topic; "waiting", whose asking is said, may once a line says so.
import { Aedes } from "aedes";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { createServer as createTlsServer } from "node:tls";

const [port, key, cert] = process.argv.slice(2);
let granted;
const waiting = new Promise((resolve) => (granted = resolve));
const broker = await Aedes.createBroker({
  authorizeSubscribe: async (client, subscription, done) => {
    if (client.id === "waiting") {
      console.log(client.id);
      await waiting;
    }
    done(null, client.id === "stranger" ? null : subscription);
  },
});
const server = key
  ? createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, broker.handle)
  : createServer(broker.handle);
server.listen(Number(port ?? 0), "127.0.0.1", () => console.log(server.address().port));
for await (const name of createInterface({ input: process.stdin })) {
  if (name === "waiting") granted();
  else broker.clients[name]?.conn.destroy();
}
process.exit();
