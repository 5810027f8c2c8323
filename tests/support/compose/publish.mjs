// An MQTT device of other hands: its Last Will is `offline`. Each line on standard input is {topic, payload, qos, retain}; it says the topic
// once the broker has it. It lives until it is killed.
import mqtt from "mqtt";
import { createInterface } from "node:readline";

const [port, device] = process.argv.slice(2);
const topic = `infusion/v1/${device}/status`;
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
  clientId: `device-${device}`,
  will: { topic, payload: "offline", qos: 1, retain: true },
});
await client.publishAsync(topic, "online", { qos: 1, retain: true });
console.log(topic);
for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  await client.publishAsync(one.topic, one.payload, { qos: one.qos ?? 1, retain: one.retain ?? false });
  console.log(one.topic);
}
