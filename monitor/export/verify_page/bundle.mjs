// A bundle: the archive, every file of it under the signed manifest, the record, and the proofs that lead to a signed checkpoint.
import { base64, hex, isSame, sha256, toBase64 } from "./bytes.mjs";
import { hasKeys, isEqual, readLine } from "./canonical.mjs";
import { checkProofs, checkTrust, readKeys, readNotes } from "./proofs.mjs";
import { verifyRecord } from "./record.mjs";
import { checkSignature } from "./signer.mjs";
import { INTENDED_USE, Refused, time } from "./words.mjs";
import { readArchive, unpack } from "./zip.mjs";

const MANIFEST = "manifest.json";
const RECORD = "record.jsonl";
const KEYS = [
  ...["checkpoint", "complete", "created_at_ms", "entries", "files", "format", "head", "installation", "intended_use"],
  ...["packed_sha256", "public_key", "session", "signature", "software"],
];
const SAME = ["complete", "entries", "head", "installation", "public_key", "session", "software"];
const ROLES = ["record", "view", "proof", "tool", "key"];

// `pinned`: the raw public key that must have signed, or null. Gives {isVerified, lines, file, line, seq}; throws what is no verdict.
export async function verify(data, pinned = null, progress = async () => {}) {
  const isArchive = data[0] === 0x50 && data[1] === 0x4b;
  try {
    return isArchive ? await verifyBundle(data, pinned, progress) : await verifyAlone(data, pinned, progress);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const { file, line, seq, where, what } = refused;
    return { isVerified: false, lines: [where ? `${where}: ${what}` : what], file, line, seq };
  }
}

async function verifyAlone(data, pinned, progress) {
  const { walk, manifest } = await verifyRecord(data, progress);
  if (pinned && !isSame(pinned, base64(manifest.public_key))) throw new Refused("signed by another key than the given one: made or changed elsewhere");
  return said(manifest, [...walk.said, ...unsealed(walk)], pinned ? "Signed by the given key." : null);
}

async function verifyBundle(data, pinned, progress) {
  const members = new Map(readArchive(data).map((member) => [member.name, member]));
  const manifest = await readManifest(members);
  const contents = await readFiles(members, manifest);
  const { walk, manifest: record } = await verifyRecord(contents.get(RECORD), progress).catch((error) => {
    throw error instanceof Refused ? error.in(RECORD) : error;
  });
  for (const { name, sha256: stated, size } of manifest.files)
    if (stated !== hex(await sha256(contents.get(name))) || size !== contents.get(name).length) throw new Refused("it was changed after the bundle was made: its SHA-256 is not the one in the manifest", { file: name });
  for (const name of SAME) if (!isEqual(manifest[name], record[name])) throw new Refused(`the manifest and the record say different things of ${name}`, { file: MANIFEST, line: 1 });
  if (manifest.packed_sha256 !== hex(await sha256(data.subarray(0, members.get(MANIFEST).start))))
    throw new Refused("the archive was packed anew after the bundle was made: its bytes are not those in the manifest");
  const { origin, keys } = await readKeys(small(contents, "keys.json"));
  if (toBase64(keys.at(-1).key) !== manifest.public_key) throw new Refused("the last key is not the one that signed this bundle", { file: "keys.json" });
  const steps = pinned && checkTrust(pinned, keys);
  const notes = await readNotes(small(contents, "checkpoints.txt"), origin, keys);
  const newest = notes.length ? { origin, root: toBase64(notes.at(-1).root), size: notes.at(-1).size } : null;
  if (!isEqual(manifest.checkpoint, newest)) throw new Refused("checkpoint is not the newest of checkpoints.txt", { file: MANIFEST, line: 1 });
  walk.signed.check(notes);
  const covered = await checkProofs(small(contents, "proofs.json"), walk, notes);
  const words = [...walk.said, `All ${members.size - 1} files are those of the signed manifest.`];
  if (newest) words.push(`${covered} seals are in the tree of ${newest.size} leaves of ${origin}.`);
  if (covered < walk.seals) words.push(`The last ${walk.seals - covered} seals are under no checkpoint yet: only the signature of this bundle covers them.`);
  const trust = steps === 0 ? "Signed by the given key." : `Signed by a key that ${steps} statements lead to from the given key.`;
  return said(record, [...words, ...unsealed(walk)], pinned ? trust : null);
}

async function readManifest(members) {
  const where = { file: MANIFEST, line: 1 };
  const last = [...members.values()].at(-1);
  if (last.name !== MANIFEST || last.method !== 0) throw new Refused("the archive does not end with a manifest.json that is stored as it is");
  const manifest = readLine(await unpack(last), where);
  if (!hasKeys(manifest, KEYS) || manifest.format !== "infusion-monitor/bundle/1" || manifest.intended_use !== INTENDED_USE)
    throw new Refused("it does not have the fields and the form that this verifier knows", where);
  await checkSignature(manifest, where);
  return manifest;
}

async function readFiles(members, manifest) {
  const { files } = manifest;
  const where = { file: MANIFEST, line: 1 };
  if (!Array.isArray(files) || !files.every((file) => hasKeys(file, ["name", "role", "sha256", "size"]))) throw new Refused("files does not have the form of a list of files", where);
  const names = files.map((file) => file.name);
  for (const name of names) if (!members.has(name)) throw new Refused("the manifest names it, the archive does not hold it", { file: String(name) });
  for (const name of members.keys()) if (name !== MANIFEST && !names.includes(name)) throw new Refused("the archive holds it, the manifest does not name it", { file: name });
  const isSorted = names.every((name, at) => at === 0 || names[at - 1] < name);
  if (!isSorted || !names.includes(RECORD) || !files.every((file) => ROLES.includes(file.role))) throw new Refused("files is not sorted by name, without a record, or with an unknown role", where);
  const contents = new Map();
  for (const { name, size } of files) {
    if (name !== RECORD && members.get(name).size !== size) throw new Refused(`it holds ${members.get(name).size} bytes, the manifest says ${size}`, { file: name });
    contents.set(name, await unpack(members.get(name)));
  }
  return contents;
}

function small(contents, name) {
  if (!contents.has(name)) throw new Refused("the archive does not hold it", { file: name });
  return contents.get(name);
}

const unsealed = (walk) => (walk.entries > walk.sealed ? [`The last ${walk.entries - walk.sealed} entries are under no seal yet: only the signature covers them.`] : []);

function said(manifest, notes, trust) {
  const marked = manifest.modes.filter((mode) => mode !== "real").map((mode) => mode.toUpperCase());
  const lines = [
    `Session ${manifest.session}, ${manifest.complete ? "complete." : "NOT COMPLETE: it was still open when it was exported."}`,
    `${manifest.entries} entries under ${manifest.seals} seals, ${time(manifest.first_at_ms)} to ${time(manifest.last_at_ms)}.`,
    `Head digest ${manifest.head}.`,
    ...notes,
    ...(marked.length ? [`${marked.join(" and ")} data: not measured on a patient in this session.`] : []),
    `Exported ${time(manifest.exported_at_ms)} by Infusion Monitor ${manifest.software}, installation ${manifest.installation}.`,
    trust ?? `Signer not checked: paste the installation's public key above to check who signed. The signature proves only that nothing changed since key ${manifest.installation} signed.`,
    `Intended use: ${manifest.intended_use}.`,
  ];
  return { isVerified: true, lines, file: null, line: null, seq: null };
}
