// An HL7 sender of other hands: the messages (a JSON list on standard input) one after the other to a port of this machine.
// Each answer is a line: MSA-1 and MSA-2.
import { Client, Message } from "node-hl7-client";
import { text } from "node:stream/consumers";

const messages = JSON.parse(await text(process.stdin));
const client = new Client({ host: "127.0.0.1" });
let answered;
const connection = client.createConnection({ port: Number(process.argv[2]) }, async (response) => {
  const answer = response.getMessage();
  console.log(["MSA.1", "MSA.2"].map((path) => answer.get(path).toString()).join(" "));
  answered();
});
for (const one of messages) {
  const answer = new Promise((resolve) => {
    answered = resolve;
  });
  await connection.sendMessage(new Message({ text: one }));
  await answer;
}
process.exit(); // its close() waits for ever
