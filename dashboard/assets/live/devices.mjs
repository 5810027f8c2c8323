// The devices bound to a session: what they are, whether they are connected, and binding one.

import { act, confirmButton, outcomeLine } from "./actions.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { readBack } from "./read_back.mjs";
import { get, post, remove } from "./rest.mjs";
import { words } from "./words.mjs";

const text = words.session;
let next = null; // chosen when the session was opened: to be read back on its page

/** The page that opens next asks for this device to be read back. */
export function readBackNext(device) {
  next = device;
}

/** {node, put(session, view), load()}. */
export function devices(id) {
  const outcome = outcomeLine();
  const [none, list] = [el("p.muted", {}, text.no_devices), el("ul.device-list")];
  const choice = el("select", { "aria-label": text.bind_which, required: true });
  const bind = el("button.button", { type: "submit" }, text.bind);
  const form = el("form.inline", {}, choice, bind);
  const check = readBack(outcome, (device, sentence) => post(`/sessions/${id}/bindings`, { device, read_back: sentence }));
  const node = el("section.card.devices", { "aria-label": text.devices }, el("h2", {}, text.devices), none, list, form, check.node, outcome.node);
  const rows = new Map();
  let registered = [];
  let offered = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check.open(choice.value);
  });
  return {
    node,
    async load() {
      const answer = await get("/devices");
      if (answer.ok) registered = answer.body.filter((one) => one.revoked_at_ms === null).map((one) => one.device);
      else outcome.tell(answer);
    },
    put(session, view) {
      keyed(list, rows, session.devices.map((one) => one.device), (device) => row(device, unbind));
      for (const one of session.devices) rows.get(one.device).put(one, view);
      show(none, session.devices.length === 0);
      const mayAct = view.state.hello?.role === "clinician" && !["closed", "aborted"].includes(session.phase);
      setAttribute(node, "data-may-act", mayAct);
      show(form, mayAct && check.node.hidden);
      if (next !== null && mayAct) [next] = [null, check.open(next)];
      check.put(session, view);
      offer(Object.values(view.state.sessions).flatMap((one) => one.devices.map((device) => device.device)));
    },
  };

  function unbind(pressed, device) {
    return act(pressed, outcome, () => remove(`/sessions/${id}/bindings/${encodeURIComponent(device)}`));
  }

  /** Devices that are bound nowhere. The list is rebuilt only when it changed, so that an open menu is left alone. */
  function offer(bound) {
    const free = registered.filter((device) => !bound.includes(device));
    const key = free.join("\n");
    if (key === offered) return;
    offered = key;
    choice.replaceChildren(...(free.length ? free.map((device) => el("option", { value: device }, device)) : [el("option", { value: "" }, text.bind_none)]));
    bind.disabled = free.length === 0;
  }
}

function row(device, unbind) {
  const [source, mode, state] = [el("span.muted"), el("b.device-mode"), el("span.device-state")];
  const off = confirmButton(text.unbind, (pressed) => unbind(pressed, device), "quiet");
  const node = el("li", {}, el("span.device-name", {}, el("b", {}, device), " ", mode, " ", source), state, off.node);
  return {
    node,
    put(one) {
      setText(source, one.source);
      show(mode, one.mode !== "real");
      setText(mode, words.modes[one.mode] ?? "");
      setAttribute(state, "data-connected", String(one.is_connected));
      setText(state, one.is_connected ? text.connected : text.disconnected);
    },
  };
}
