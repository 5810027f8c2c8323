// A record (JSONL) from its first byte to its last: the order of the entries, each seal, the manifest.
import { hex, isSame, joined, sha256, utf8 } from "./bytes.mjs";
import { canonical, hasKeys, isEqual, readLine } from "./canonical.mjs";
import { leafHash } from "./tree.mjs";
import { Signed } from "./signed.mjs";
import { checkSignature } from "./signer.mjs";
import { DEIDENTIFIED, SALTED, Withheld } from "./withheld.mjs";
import { INTENDED_USE, Refused, SESSION, time } from "./words.mjs";

const ABOUT = ["exported_at_ms", "format", "installation", "intended_use", "log_format", "modes", "session", "software"];
const FOUND = ["complete", "counts", "entries", "first_at_ms", "first_seq", "head", "last_at_ms", "last_seq", "limits_sha256", "modes", "seals"];
const KNOWN = { format: ["infusion-monitor/export/1"], log_format: ["infusion-monitor/log/1", SALTED], intended_use: [INTENDED_USE] };
const START = utf8.encode('{"entry":');
const END = utf8.encode(',"type":"entry"}\n');
const LF = Uint8Array.of(10);
const EVERY = 2_000; // entries between two looks at the screen

// `data`: the whole file. `progress(share)` is awaited now and then. Gives the walk and the manifest.
export async function verifyRecord(data, progress = async () => {}) {
  const walk = new Walk(data);
  try {
    return await walk.go(progress);
  } catch (refused) {
    throw refused instanceof Refused && refused.seq !== null && !refused.isNamed ? await walk.earliest(refused) : refused;
  }
}

const isEntry = (line) => line.length > START.length + END.length && isSame(line.subarray(0, START.length), START);
const entryBytes = (line) => line.subarray(START.length, line.length - END.length);

class Walk {
  constructor(data) {
    Object.assign(this, { data, at: 0, line: 0, entries: 0, atMs: -Infinity, firstMs: null, counts: {}, modes: new Set(), isOver: false });
    Object.assign(this, { seals: 0, sealed: 0, head: null, limits: null, leaves: [], sealSeqs: [], open: [], hashed: [], openLine: 2 });
  }

  next() {
    const end = this.data.indexOf(10, this.at);
    const line = this.data.subarray(this.at, end < 0 ? this.data.length : end + 1);
    this.at += line.length;
    this.line += 1;
    return line;
  }

  async go(progress) {
    this.header = this.readHeader();
    let digest = await sha256(utf8.encode(`${this.header.log_format}\n${this.header.session}\n`));
    this.signed = new Signed(hex(digest));
    while (this.at < this.data.length) {
      const start = this.at;
      const line = this.next();
      if (isEntry(line)) {
        const entry = this.place(line);
        this.open.push(entryBytes(line));
        this.hashed.push((await this.withheld?.hashed(entry, { line: this.line, seq: this.entries })) ?? this.open.at(-1));
        if (this.entries % EVERY === 0) await progress(this.at / this.data.length);
        continue;
      }
      const seq = line.length > END.length && isSame(line.subarray(-END.length), END) ? this.entries + 1 : null;
      const value = readLine(line, { line: this.line, seq });
      if (value.type === "manifest") return this.end(value, start);
      if (value.type !== "seal") throw new Refused("neither an entry, nor a seal, nor the manifest", { line: this.line, seq });
      digest = await this.seal(value, digest);
    }
    throw new Refused(`the file ends without a manifest, after entry seq ${this.entries}: it was cut off`, { line: this.line + 1 });
  }

  readHeader() {
    const header = readLine(this.next(), { line: 1 });
    if (!hasKeys(header, [...ABOUT, "type"]) || header.type !== "header") throw new Refused("the first line is not a header with the fields of one", { line: 1 });
    for (const [name, known] of Object.entries(KNOWN))
      if (!known.includes(header[name])) throw new Refused(`${name} is not the one that this verifier knows, ${known.join(" or ")}`, { line: 1 });
    if (typeof header.session !== "string" || !SESSION.test(header.session)) throw new Refused("the session is not named as a session is", { line: 1 });
    const { modes } = header;
    if (!Array.isArray(modes) || modes.some((mode) => !["real", "simulated", "replayed"].includes(mode))) throw new Refused("the modes are not known ones", { line: 1 });
    this.withheld = header.log_format === SALTED ? new Withheld() : null;
    return header;
  }

  // What must be known of the whole record.
  get said() {
    return this.withheld?.isDeidentified ? [DEIDENTIFIED] : [];
  }

  place(line) {
    const where = { line: this.line, seq: this.entries + 1 };
    const value = readLine(line, where);
    const { entry } = value;
    const isWhole = hasKeys(value, ["entry", "type"]) && value.type === "entry" && hasKeys(entry, ["at_ms", "body", "seq", "session"]);
    if (!isWhole || !Number.isInteger(entry.seq) || !Number.isInteger(entry.at_ms) || typeof entry.body?.kind !== "string")
      throw new Refused("an entry line holds an entry of at_ms, body, seq and session, and nothing else", where);
    const { body } = entry;
    if (entry.session !== this.header.session) throw new Refused(`the entry belongs to another session than ${this.header.session}`, where);
    if (entry.seq !== where.seq) throw new Refused(`an entry is missing, repeated or out of place: this one says it is seq ${entry.seq}`, where);
    if (entry.at_ms < this.atMs) throw new Refused(`its time goes back, from ${time(this.atMs)} to ${time(entry.at_ms)}`, where);
    if ((body.kind === "session_created") !== (where.seq === 1)) throw new Refused("a record begins with session_created, which comes nowhere else", where);
    if (where.seq === 1) {
      this.firstMs = entry.at_ms;
      this.limits = { text: String(body.limits), stated: body.limits_sha256 };
      if (Object.hasOwn(body, "salt") !== (this.withheld !== null)) throw new Refused(`a log has a salt where its format is ${SALTED}, and there alone`, where);
    }
    this.entries = where.seq;
    this.atMs = entry.at_ms;
    this.counts[body.kind] = (this.counts[body.kind] ?? 0) + 1;
    if (["phase_ordered", "signed_off"].includes(body.kind) && (body.under ?? null) !== null) this.signed.take(body.under, where);
    if (body.kind === "measurement" || body.kind === "device_bound") this.modes.add(String(body.mode));
    if (body.kind === "phase_ordered" && ["closed", "aborted"].includes(body.phase)) this.isOver = true;
    return entry;
  }

  async seal(value, digest) {
    const where = { line: this.line };
    const { seal } = value;
    if (!hasKeys(value, ["checks", "seal", "type"]) || !hasKeys(seal, ["at_ms", "digest", "first_seq", "last_seq", "session"]))
      throw new Refused("a seal line holds checks and a seal of at_ms, digest, first_seq, last_seq and session", where);
    if (seal.session !== this.header.session) throw new Refused(`the seal belongs to another session than ${this.header.session}`, where);
    const [first, last] = [this.sealed + 1, this.entries];
    if (seal.first_seq !== first || seal.last_seq !== last || first > last)
      throw new Refused(`the seal says it closes entries ${seal.first_seq} to ${seal.last_seq}, but those since the seal before it are ${first} to ${last}`, where);
    const found = await sha256(joined([digest, ...this.hashed.flatMap((text) => [text, LF])]));
    if (seal.digest !== hex(found))
      throw (await this.changedEntry(value.checks)) ?? new Refused(`the seal does not fit entries ${first} to ${last} after the seals before it`, where);
    this.leaves.push(await leafHash(utf8.encode(canonical(seal))));
    this.sealSeqs.push(last);
    this.signed.digests.set(last, seal.digest);
    Object.assign(this, { head: seal.digest, seals: this.seals + 1, sealed: last, open: [], hashed: [], openLine: this.line + 1 });
    return found;
  }

  // The first entry since the last seal that does not fit its check: 8 hex digits each, there to find an entry, not to prove it.
  async changedEntry(checks) {
    if (typeof checks !== "string" || !/^([0-9a-f]{8})*$/.test(checks)) return null;
    for (const [number, text] of this.open.entries()) {
      if (8 * number >= checks.length) return null;
      if (hex(await sha256(text)).slice(0, 8) === checks.slice(8 * number, 8 * number + 8)) continue;
      const what = "the entry was changed after it was recorded: it does not fit the digest above it nor its own check";
      return Object.assign(new Refused(what, { line: this.openLine + number, seq: this.sealed + 1 + number }), { isNamed: true });
    }
    return null;
  }

  // An entry out of order may be the fault of a changed one before it (a time set forward shows at the next entry): looks for that.
  async earliest(refused) {
    while (this.at < this.data.length) {
      const line = this.next();
      if (isEntry(line)) continue;
      let value;
      try {
        value = readLine(line, {});
      } catch {
        continue;
      }
      if (value.seal) return (value.seal.first_seq === this.sealed + 1 && (await this.changedEntry(value.checks))) || refused;
      if (value.unsealed) return (await this.changedEntry(value.unsealed.checks)) ?? refused;
    }
    return refused;
  }

  async end(manifest, start) {
    const where = { line: this.line };
    if (this.at < this.data.length) throw new Refused("there is something after the manifest", { line: this.line + 1 });
    const fits = manifest.sha256 === hex(await sha256(this.data.subarray(0, start)));
    const named = fits ? null : await this.changedEntry(manifest.unsealed?.checks);
    if (named) throw named;
    const keys = new Set([...ABOUT, ...FOUND, "public_key", "sha256", "signature", "type", "unsealed"]);
    if (!hasKeys(manifest, keys) || !hasKeys(manifest.unsealed, ["checks", "entries"])) throw new Refused("the manifest does not have the fields of one", where);
    const limits = this.limits && hex(await sha256(utf8.encode(this.limits.text)));
    if (this.limits && this.limits.stated !== limits) throw new Refused("limits_sha256 is not the SHA-256 of the limits beside it", { line: 2, seq: 1 });
    for (const name of ABOUT) if (!isEqual(this.header[name], manifest[name])) throw new Refused(`the header and the manifest say different things of ${name}`, { line: 1 });
    for (const [name, found] of Object.entries(this.found(limits)))
      if (!isEqual(manifest[name], found)) throw new Refused(`the manifest says ${name} is ${canonical(manifest[name])}, the file holds ${canonical(found)}`, where);
    if (manifest.unsealed.entries !== this.entries - this.sealed) throw new Refused("the manifest says of another number of entries that they are under no seal", where);
    if (!fits) throw new Refused("the lines above are not those this manifest was made for: a seal or an unsealed entry was changed", where);
    await checkSignature(manifest, where);
    return { walk: this, manifest };
  }

  found(limits) {
    const has = this.entries > 0;
    return {
      complete: this.isOver && this.sealed === this.entries,
      counts: this.counts,
      entries: this.entries,
      first_at_ms: this.firstMs,
      first_seq: has ? 1 : null,
      head: this.head,
      last_at_ms: has ? this.atMs : null,
      last_seq: has ? this.entries : null,
      limits_sha256: limits,
      modes: [...this.modes].sort(),
      seals: this.seals,
    };
  }
}
