// Another HL7 sender of other hands: the messages (a JSON list on standard input) one after the other to a port of this machine.
// Each answer is a line: MSA-1 and MSA-2.
import { Hl7Message } from "@medplum/core";
import { Hl7Client } from "@medplum/hl7";
import { text } from "node:stream/consumers";

const client = new Hl7Client({ host: "127.0.0.1", port: Number(process.argv[2]) });
for (const one of JSON.parse(await text(process.stdin))) {
  const answer = (await client.sendAndWait(Hl7Message.parse(one))).getSegment("MSA");
  console.log([1, 2].map((field) => answer.getField(field).toString()).join(" "));
}
process.exit();
