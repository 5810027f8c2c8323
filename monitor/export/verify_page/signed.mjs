// What people's signatures in a record say that it was when they signed: the last seal, and the newest checkpoint.
import { toBase64 } from "./bytes.mjs";
import { hasKeys } from "./canonical.mjs";
import { Refused } from "./words.mjs";

const MAX_SIGNED = 100; // checkpoints that signatures name; a bundle holds the largest so many, and no more are kept here

export class Signed {
  // `digests`: of each seal by its last entry; `checkpoints`: of each size that a signature names, its root and where it is named.
  constructor(digest0) {
    Object.assign(this, { digests: new Map([[0, digest0]]), checkpoints: new Map() });
  }

  // The signature at `where`. Throws where it is not under a seal of this record.
  take(under, where) {
    const wrong = (what) => new Refused(what, where);
    if (!(hasKeys(under, ["digest", "seq"]) || hasKeys(under, ["digest", "root", "seq", "size"])) || !Number.isInteger(under.seq))
      throw wrong("what the signature is under does not have the fields of it");
    if (!this.digests.has(under.seq)) throw wrong(`the signature is under a seal of entry ${under.seq} that is not above it`);
    if (this.digests.get(under.seq) !== under.digest) throw wrong(`the signature is under another record: its digest is not that of the seal of entry ${under.seq}`);
    if (!Object.hasOwn(under, "size")) return;
    const { root, size } = under;
    if (!Number.isInteger(size) || typeof root !== "string") throw wrong("the checkpoint that the signature is under does not have the fields of one");
    if ((this.checkpoints.get(size)?.root ?? root) !== root) throw wrong(`the signature names another root for the checkpoint of ${size} leaves than one before it`);
    if (!this.checkpoints.has(size)) this.checkpoints.set(size, { root, where });
    if (this.checkpoints.size > MAX_SIGNED) this.checkpoints.delete(Math.min(...this.checkpoints.keys()));
  }

  // Each checkpoint that a signature names is among those of the bundle.
  check(notes) {
    const roots = new Map(notes.map((note) => [note.size, toBase64(note.root)]));
    for (const [size, { root, where }] of this.checkpoints)
      if (roots.get(size) !== root) {
        const known = roots.has(size) ? "with another root" : "which this bundle does not hold";
        throw new Refused(`the signature names a checkpoint of ${size} leaves, ${known}`, { ...where, file: "record.jsonl" });
      }
  }
}
