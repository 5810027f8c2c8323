// The form that opens a session: room, whose, what is ordered, which device. Pseudonymous by design.

import { act, button, outcomeLine } from "./actions.mjs";
import { readBackNext } from "./devices.mjs";
import { el, setText, show } from "./dom.mjs";
import { go } from "./navigate.mjs";
import { loaded, protocols } from "./protocols.mjs";
import { get, post } from "./rest.mjs";
import { words } from "./words.mjs";

const text = words.new;
const ASK_AGAIN_MS = 2_000;

/** {node, openButton(), put(view)}. The form is hidden until an open button is pressed. */
export function newSession() {
  const outcome = outcomeLine();
  const openers = [];
  const fields = {
    room: field(text.room, { type: "text", maxlength: "80", required: true }),
    label: field(text.label, { type: "text", maxlength: "80", required: true, autocomplete: "off" }),
    birthYear: field(text.birth_year, { type: "number", min: "1900", max: "2100", step: "1", inputmode: "numeric" }),
    code: field(text.code, { type: "text", maxlength: "16", pattern: "[A-Za-z0-9][A-Za-z0-9\\-]{2,15}", autocomplete: "off", placeholder: text.code_hint, title: text.code_title }),
    weight: field(text.weight, { type: "number", min: "20", max: "300", step: "any", required: true, inputmode: "decimal" }),
    dose: field(text.dose, { type: "number", min: "0", max: "20", step: "any", value: "0.5", required: true, inputmode: "decimal" }),
    duration: field(text.duration, { type: "number", min: "0", max: "1440", step: "any", value: "40", required: true, inputmode: "decimal" }),
  };
  const treatment = choice(text.treatment, Object.entries(words.treatments));
  const preset = choice(text.preset, [["", text.preset_none]]);
  const device = choice(text.device, [["", text.device_none]]);
  const submit = el("button.button.primary", { type: "submit" }, text.open);
  const cancel = button(text.cancel, () => show(node, false), "quiet");
  const { room, label, birthYear, code, weight, dose, duration } = fields;
  const grid = el("div.fields", {}, ...[room, label, birthYear, code, weight, treatment, preset, dose, duration, device].map((one) => one.node));
  const foot = el("div.buttons", {}, submit, cancel, el("span.muted.small", {}, text.privacy));
  const node = el("form.card.new-session", { id: "new-session", hidden: true, "aria-label": text.title }, el("h2", {}, text.title), grid, foot, outcome.node);
  treatment.input.addEventListener("change", offerPresets);
  preset.input.addEventListener("change", takePreset);
  for (const one of [dose, duration]) one.input.addEventListener("input", () => (preset.input.value = "")); // it is another order now

  const chosen = () => protocols().preset.find((one) => one.id === preset.input.value) ?? null;

  /** The presets of the treatment; the first of them is taken. */
  function offerPresets() {
    const own = protocols().preset.filter((one) => one.treatment === treatment.input.value);
    preset.input.replaceChildren(...[...own.map((one) => el("option", { value: one.id }, one.title)), el("option", { value: "" }, text.preset_none)]);
    show(preset.node, own.length > 0);
    takePreset();
  }

  function takePreset() {
    const [one, kind] = [chosen(), treatment.input.value];
    const isMg = one ? one.dose_mg !== null : kind === "esketamine_nasal";
    setText(dose.node.firstChild, isMg ? text.dose_mg : text.dose);
    dose.input.max = isMg ? "2000" : "20";
    if (one !== null) dose.input.value = String(one.dose_mg ?? one.dose_mg_per_kg);
    if (one?.duration_min) duration.input.value = String(one.duration_min);
    const shown = [[dose, kind !== "none"], [duration, kind === "ketamine_iv"]];
    for (const [part, isShown] of shown) {
      show(part.node, isShown);
      part.input.disabled = !isShown; // a hidden field must not hold the form up
    }
  }

  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await act(submit, outcome, open);
    if (answer?.ok) go(`/session/${answer.body.id}`);
  });

  async function open() {
    const [kind, one] = [treatment.input.value, chosen()];
    const isMg = one ? one.dose_mg !== null : kind === "esketamine_nasal";
    const amount = kind === "none" ? {} : { [isMg ? "dose_mg" : "dose_mg_per_kg"]: dose.input.valueAsNumber };
    if (kind === "ketamine_iv") amount.duration_min = duration.input.valueAsNumber;
    const order = { treatment: kind, ...amount };
    const year = birthYear.input.value === "" ? null : birthYear.input.valueAsNumber;
    const coded = code.input.value.trim() === "" ? {} : { code: code.input.value.trim().toUpperCase() };
    const patient = { label: label.input.value, birth_year: year, weight_kg: weight.input.valueAsNumber, ...coded };
    const opened = await post("/sessions", { room: room.input.value, patient, order, ...(one ? { indication: one.id } : {}) });
    if (opened.ok && device.input.value !== "") readBackNext(device.input.value); // bound on its page, once it was read back
    return opened;
  }

  async function openForm() {
    show(node, true);
    room.input.focus();
    offerWhenKnown();
    const answer = await get("/devices");
    const free = answer.ok ? answer.body.filter((one) => one.session === null && one.revoked_at_ms === null) : [];
    const names = free.map((one) => one.device);
    device.input.replaceChildren(...["", ...names].map((name) => el("option", { value: name }, name || text.device_none)));
  }

  /** Once: what was typed after it stays. Where the monitor gave no answer it is asked again. */
  async function offerWhenKnown() {
    if (!(await loaded())) return setTimeout(offerWhenKnown, ASK_AGAIN_MS);
    if (!preset.input.dataset.offered) offerPresets();
    preset.input.dataset.offered = "true";
  }

  return {
    node,
    openButton() {
      openers.push(button(words.ward.new, openForm, "primary"));
      return openers.at(-1);
    },
    put(view) {
      for (const opener of openers) show(opener, view.state.hello?.role === "clinician");
    },
  };
}

function field(name, attributes) {
  const input = el("input", attributes);
  return { node: el("label.field", {}, el("span", {}, name), input), input };
}

function choice(name, options) {
  const input = el("select", {}, ...options.map(([value, shown]) => el("option", { value }, shown)));
  return { node: el("label.field", {}, el("span", {}, name), input), input };
}
