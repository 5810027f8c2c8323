// Keys, checkpoints, and that the seals of a record are in the tree that the newest checkpoint names.
import { base64, digestOf, isSame, sha256, toBase64, utf8 } from "./bytes.mjs";
import { canonical, hasKeys, isEqual, readLine, without } from "./canonical.mjs";
import { isSignedBy, keyId } from "./signer.mjs";
import { growsInto, rootOfLeaves } from "./tree.mjs";
import { Refused } from "./words.mjs";

const STATEMENT = "infusion-monitor/key-statement/1";
const BODY = /^([^\s+]{1,200})\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;
const SIGNATURE = /^\u2014 ([^\s+]{1,200}) ([A-Za-z0-9+/]{8,400}={0,2})$/;

// The keys, oldest first, each with whether the one before it named it.
export async function readKeys(content) {
  const file = "keys.json";
  const wrong = (what) => new Refused(what, { file });
  const value = readLine(content, { file, line: 1 });
  const { keys: rows, origin } = value;
  if (!hasKeys(value, ["format", "keys", "origin"]) || value.format !== "infusion-monitor/keys/1" || !Array.isArray(rows) || !rows.length || typeof origin !== "string")
    throw wrong("not a list of keys in the form that this verifier knows");
  const keys = [];
  for (const [number, row] of rows.entries()) {
    const key = hasKeys(row, ["from_ms", "id", "public_key", "statement", "until_ms"]) ? base64(row.public_key, 32) : null;
    if (!key || row.id !== (await keyId(key)) || !Number.isInteger(row.from_ms)) throw wrong(`key ${number + 1} does not have the fields of one`);
    if (row.until_ms !== (rows[number + 1]?.from_ms ?? null)) throw wrong(`key ${number + 1} does not end where the next one begins`);
    const said = row.statement;
    if (said !== null) {
      const before = keys.at(-1)?.key;
      const fits = before && hasKeys(said, ["format", "from_ms", "new", "old", "origin", "signature"]) && said.format === STATEMENT && said.new === row.public_key;
      if (!fits || said.old !== toBase64(before) || said.origin !== origin || said.from_ms !== row.from_ms) throw wrong(`the statement for key ${number + 1} is about something else`);
      const signature = base64(said.signature, 64);
      if (!signature || !(await isSignedBy(before, signature, utf8.encode(canonical(without(said, "signature"))))))
        throw wrong(`the statement for key ${number + 1} is not signed by the key before it`);
    }
    keys.push({ key, id: row.id, isNamed: said !== null });
  }
  if (origin !== `infusion-monitor/${keys[0].id}`) throw wrong("the tree is not named after the first key");
  return { origin, keys };
}

// How many statements lead from the given key to the one that signed.
export function checkTrust(pinned, keys) {
  const at = keys.findIndex((row) => isSame(row.key, pinned));
  if (at < 0) throw new Refused(`signed by key ${keys.at(-1).id}, and the given key is none of its installation's: made or changed elsewhere`);
  const lost = keys.slice(at + 1).find((row) => !row.isNamed);
  if (lost) throw new Refused(`no statement leads from the given key to key ${lost.id}: it was lost, or this was made elsewhere`, { file: "keys.json" });
  return keys.length - 1 - at;
}

// In ascending order of size, each signed by a key of the installation.
export async function readNotes(content, origin, keys) {
  const file = "checkpoints.txt";
  const wrong = (what) => new Refused(what, { file });
  if (!content.length) return [];
  let parts;
  try {
    parts = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content).split("\n\n");
  } catch {
    throw wrong("it is not text");
  }
  if (parts.length % 2 || !parts.at(-1).endsWith("\n")) throw wrong("not checkpoints: each is three lines, an empty one, and signatures");
  parts[parts.length - 1] = parts.at(-1).slice(0, -1);
  const names = new Map(await Promise.all(keys.map(async ({ key }) => [toBase64((await sha256(utf8.encode(`${origin}\n\u0001`), key)).subarray(0, 4)), key])));
  const notes = [];
  for (let at = 0; at < parts.length; at += 2) {
    const number = at / 2 + 1;
    const body = `${parts[at]}\n`;
    const match = BODY.exec(body);
    const root = match && base64(match[3], 32);
    if (!root || match[1] !== origin) throw wrong(`checkpoint ${number} is not one of ${origin}`);
    let own = 0;
    for (const line of parts[at + 1].split("\n")) {
      const signed = SIGNATURE.exec(line);
      const value = signed && base64(signed[2]);
      if (!value) throw wrong(`checkpoint ${number}: a signature is not in its one form`);
      const key = signed[1] === origin ? names.get(toBase64(value.subarray(0, 4))) : undefined;
      if (!key) continue;
      if (value.length !== 68 || !(await isSignedBy(key, value.subarray(4), utf8.encode(body))))
        throw wrong(`checkpoint ${number}: the signature does not fit: it was changed after it was signed`);
      own += 1;
    }
    if (!own) throw wrong(`checkpoint ${number} is signed by no key of the installation`);
    const size = Number(match[2]);
    if (notes.length && size <= notes.at(-1).size) throw wrong(`checkpoint ${number} does not cover more than the one before it`);
    notes.push({ size, root });
  }
  return notes;
}

// How many seals of the record the newest checkpoint covers.
export async function checkProofs(content, walk, notes) {
  const file = "proofs.json";
  const wrong = (what) => new Refused(what, { file });
  const proofs = readLine(content, { file, line: 1 });
  const newest = notes.at(-1) ?? { size: 0 };
  if (!hasKeys(proofs, ["consistency", "format", "hashes", "leaves", "session", "size"])) throw wrong("it does not have the fields of proofs");
  if (proofs.format !== "infusion-monitor/proofs/1" || proofs.session !== walk.header.session || proofs.size !== newest.size)
    throw wrong("it is of another session, another form, or another tree than the newest checkpoint's");
  const hashes = (list) => {
    const found = Array.isArray(list) ? list.map(digestOf) : [null];
    if (found.includes(null)) throw wrong("a hash of a proof is 64 lower-case hex digits");
    return found;
  };
  if (!Array.isArray(proofs.leaves) || proofs.leaves.length > walk.seals) throw wrong("it names more seals than the record has");
  let before = -1;
  const leaves = proofs.leaves.map((leaf, number) => {
    if (!Array.isArray(leaf) || leaf.length !== 2 || !Number.isInteger(leaf[0]) || leaf[0] <= before || leaf[0] >= newest.size)
      throw wrong("its leaves are not places in the tree in ascending order");
    if (leaf[1] !== walk.sealSeqs[number]) throw wrong(`its seal ${number + 1} does not end where the record's does`);
    before = leaf[0];
    return [before, walk.leaves[number]];
  });
  const given = hashes(proofs.hashes);
  if (!notes.length && given.length) throw wrong("it holds a proof and there is no checkpoint");
  const root = notes.length ? await rootOfLeaves(leaves, newest.size, given) : null;
  if (notes.length && !(root && isSame(root, newest.root))) throw wrong("the seals of the record are not those that the newest checkpoint was signed for");
  const older = notes.slice(0, -1);
  if (!Array.isArray(proofs.consistency) || proofs.consistency.length !== older.length) throw wrong("it holds not one proof for each older checkpoint");
  for (const [number, note] of older.entries()) {
    const growth = proofs.consistency[number];
    if (!hasKeys(growth, ["hashes", "new", "old"]) || !isEqual([growth.old, growth.new], [note.size, newest.size]))
      throw wrong(`there is no proof of growth from the checkpoint of ${note.size} to the newest`);
    const grown = await growsInto(note.size, note.root, newest.size, hashes(growth.hashes));
    if (!grown || !isSame(grown, newest.root)) throw wrong(`the tree of the newest checkpoint did not grow out of that of ${note.size}: history was rewritten`);
  }
  return leaves.length;
}
