// The form of an entry that is hashed, of a log whose names and texts can be withheld: commitments in their places. A full log holds the
// salt and the values, a de-identified one the commitments and the SHA-256 of the salt.
import { digestOf, hex, sha256, utf8 } from "./bytes.mjs";
import { canonical } from "./canonical.mjs";
import { Refused } from "./words.mjs";

export const SALTED = "infusion-monitor/log/2";
export const DEIDENTIFIED = "De-identified: commitments stand for names, texts and the patient; the seals are those of the full record.";
const TOKEN = /^withheld:[0-9a-f]{64}$/;
const REVIEWER = /(?<="reviewer":)"(?:[^"\\]|\\.)*"/gs;
export const NAMES = ["by", "confirmed_by", "name"];
const PLAIN = "audio_resumed baseline_set device_joined device_left gates_judged limit_awaits_confirmation measurement monitor_restarted remeasure_requested";
const NAMED =
  "alert_shown audio_pause_ended audio_paused bolus_given device_unbound drug_drawn limit_changed limit_confirmed rate_set session_created waste_witnessed";
// The texts of each kind of entry; the names of people are NAMES wherever they are met. A kind that is not here is not known.
export const TEXTS = {
  ...Object.fromEntries(`${PLAIN} ${NAMED} alert_changed screens_changed`.split(" ").map((kind) => [kind, []])),
  alert_acknowledged: ["comment"],
  alert_notified: ["detail"],
  device_announced: ["text"],
  device_bound: ["read_back", "source"],
  drug_wasted: ["note"],
  entry_voided: ["reason"],
  limit_proposed: ["reason"],
  note_added: ["text"],
  observation_charted: ["note"],
  patient_corrected: ["code", "old_code", "reason"],
  phase_ordered: ["override"],
  signed_off: ["meaning"],
};
const isThere = (value) => value !== null && value !== undefined;

async function hmac(key, message) {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, message));
}

export class Withheld {
  isDeidentified = false;
  salt = null;

  // The canonical bytes that the chain is over; null where they are those of the entry as it stands. `where` goes into what is thrown.
  async hashed(entry, where) {
    const { body } = entry;
    let made;
    if (body.kind === "session_created") this.begin(body.salt, where);
    if (!Object.hasOwn(TEXTS, body.kind)) throw new Refused(`this verifier does not know what is withheld in an entry of kind ${JSON.stringify(body.kind)}`, where);
    try {
      made = await this.form(body, entry.seq);
    } catch (error) {
      throw new Refused(error instanceof Refused ? error.what : "an entry does not have the fields of its kind", where);
    }
    if (canonical(made) === canonical(body)) return null;
    if (this.isDeidentified) throw new Refused("it says something that is withheld in a de-identified record", where);
    return utf8.encode(canonical({ ...entry, body: made }));
  }

  begin(salt, where) {
    const digits = typeof salt === "string" ? salt.replace(/^sha256:/, "") : "";
    this.salt = digestOf(digits);
    if (!this.salt) throw new Refused("the salt is neither 64 hex digits nor sha256: and 64 hex digits", where);
    this.isDeidentified = salt !== digits;
  }

  async form(body, seq) {
    const made = { ...body };
    for (const name of NAMES) if (isThere(body[name])) made[name] = await this.person(body[name]);
    for (const name of TEXTS[body.kind]) if (isThere(body[name])) made[name] = await this.commitment(`${seq}/${name}`, body[name]);
    if (body.kind === "alert_changed" && body.alert.acknowledged_by !== null)
      made.alert = { ...body.alert, acknowledged_by: await this.person(body.alert.acknowledged_by) };
    if (body.kind === "screens_changed") made.people = (await Promise.all(body.people.map((name) => this.person(name)))).sort();
    if (body.kind === "session_created") await this.first(made);
    return made;
  }

  async first(made) {
    const { code = null, ...patient } = made.patient;
    const said = { birth_year: patient.birth_year, code, label: patient.label };
    const label = this.isDeidentified ? await this.commitment("", patient.label) : await this.made("1/patient", canonical(said));
    made.patient = { ...patient, birth_year: null, label };
    const names = [...new Set(made.limits.match(REVIEWER) ?? [])].filter((name) => name !== '"unreviewed"');
    const tokens = new Map(await Promise.all(names.map(async (name) => [name, `"${await this.person(JSON.parse(name))}"`])));
    made.limits = made.limits.replace(REVIEWER, (name) => tokens.get(name) ?? name);
    made.limits_sha256 = hex(await sha256(utf8.encode(made.limits)));
    if (!this.isDeidentified) made.salt = `sha256:${hex(await sha256(this.salt))}`;
  }

  person(name) {
    return this.commitment(`person/${canonical(name)}`, name);
  }

  // What stands for a text; in a de-identified record it stands there already.
  async commitment(label, value) {
    if (typeof value !== "string") throw new TypeError(label);
    if (!this.isDeidentified) return this.made(label, canonical(value));
    if (!TOKEN.test(value)) throw new Refused(`a name or a text is not withheld, as it must be in a de-identified record: ${JSON.stringify(value.slice(0, 40))}`);
    return value;
  }

  async made(label, text) {
    return `withheld:${hex(await hmac(await hmac(this.salt, utf8.encode(label)), utf8.encode(text)))}`;
  }
}
