// What is wrong, and where. `line` counts from 1, `seq` is the entry or the one that belongs in its place, `file` is one of a bundle's.
export class Refused extends Error {
  constructor(what, { line = null, seq = null, file = null } = {}) {
    super(what);
    Object.assign(this, { what, line, seq, file });
  }

  get where() {
    const line = this.line === null ? "" : this.seq === null ? `line ${this.line}` : `line ${this.line}, entry seq ${this.seq}`;
    return [this.file, line].filter(Boolean).join(" ");
  }

  in(file) {
    return new Refused(this.what, { line: this.line, seq: this.seq, file: this.file ?? file });
  }
}

export const INTENDED_USE = "secondary display and record; not for primary monitoring";
export const SESSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const time = (atMs) => (Number.isSafeInteger(atMs) && Math.abs(atMs) < 8e15 ? new Date(atMs).toISOString() : `${atMs} ms`);
