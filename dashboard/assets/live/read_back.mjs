// Right patient, right device: before a device is bound, the person compares what it measures now with its own screen, types the label that
// stands on it, and confirms the sentence "Room 3 = J.S. 1984 = monitor-b7".

import { act, button } from "./actions.mjs";
import { el, setText, show } from "./dom.mjs";
import { age, number } from "./format.mjs";
import { isSameLabel, sentence } from "./identify.mjs";
import { get } from "./rest.mjs";
import { roomName, say, vitals, words } from "./words.mjs";

const text = words.read_back;
const LOOK_MS = 2_000;

/** {node, open(device), put(session, view)}. `bind(pressed, device, sentence)` gives the answer of the monitor. */
export function readBack(outcome, bind) {
  const [title, mode, values, beside] = [el("p.read-back-sentence"), el("p.read-back-mode"), el("dl.facts.read-back-values"), el("p.small.muted")];
  const label = el("input", { type: "text", maxlength: "64", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true, "aria-label": text.label });
  const confirm = el("button.button.primary", { type: "submit" }, text.confirm);
  const typed = el("label.field", {}, el("span", {}, text.label), label);
  const buttons = el("div.buttons", {}, confirm, button(words.controls.cancel, close, "quiet"));
  const node = el("form.read-back", { id: "read-back", hidden: true, "aria-label": text.title }, mode, values, beside, typed, title, buttons);
  let device = null;
  let known = null;
  let askAt = -Infinity;
  let session = null;

  label.addEventListener("input", draw);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!isSameLabel(label.value, device)) return;
    const answer = await act(confirm, outcome, () => bind(device, sentence(roomName(session.room), session.patient, device)));
    if (answer?.ok) close();
    else draw();
  });

  function close() {
    device = null;
    show(node, false);
  }

  async function look() {
    const asked = device;
    const answer = await get("/devices");
    if (asked === device) known = answer.ok ? (answer.body.find((one) => one.device === device) ?? null) : null;
  }

  function draw() {
    if (device === null || session === null) return;
    const isRight = isSameLabel(label.value, device);
    setText(title, sentence(roomName(session.room), session.patient, isRight ? device : text.blank));
    confirm.disabled = !isRight;
  }

  return {
    node,
    open(name) {
      [device, known, askAt] = [name, null, -Infinity];
      label.value = "";
      show(node, true);
      draw();
      label.focus();
    },
    put(now, view) {
      session = now;
      if (device === null) return;
      if (view.at >= askAt) {
        askAt = view.at + LOOK_MS;
        look();
      }
      const newest = (known?.newest ?? []).filter((one) => one.value !== null);
      setText(mode, known === null ? text.reading : say(text.is, { mode: words.modes[known.mode] ?? text.real, source: known.source ?? "" }));
      node.dataset.mode = known?.mode ?? "";
      const shown = newest.map((one) => `${vitals[one.vital]?.label ?? one.vital} ${number(one.value)}`).join(" · ");
      const ago = known?.newest_at_ms ? say(words.looks.ago, { age: age(view.now - known.newest_at_ms) }) : "";
      values.replaceChildren(el("div", {}, el("dt", {}, text.newest), el("dd.num", {}, shown ? `${shown} · ${ago}` : text.silent)));
      const others = now.devices.map((one) => one.device).join(", ");
      show(beside, others !== "");
      setText(beside, say(text.beside, { others }));
      draw();
    },
  };
}
