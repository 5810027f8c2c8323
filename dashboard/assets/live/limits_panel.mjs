// This patient's own limits: which were moved, by whom, which wait for a second person; and the form that moves one.

import { act, button, outcomeLine } from "./actions.mjs";
import { isLooser } from "./care.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { number } from "./format.mjs";
import { get, post } from "./rest.mjs";
import { say, vitals, words } from "./words.mjs";

const text = words.limits;
const unitOf = (vital) => vitals[vital]?.unit ?? "";

/** {node, put(session, view), load(), checks()}. `checks`: how often which sign must be charted, by the session's rules. */
export function limitsPanel(id) {
  const outcome = outcomeLine();
  const [none, list, trouble] = [el("p.muted", {}, text.none), el("ul.limit-list"), el("p.outcome", { "data-state": "failed", hidden: true })];
  const form = limitForm(id, outcome);
  const details = el("details.change-limit", {}, el("summary", {}, text.change), form.node);
  const node = el("section.card.limits", { "aria-label": text.title, id: "limits" }, el("h2", {}, text.title), none, list, trouble, details, outcome.node);
  const rows = new Map();
  let checks = [];
  let known = null; // own limits that the list of bounds was read with

  async function load() {
    const answer = await get(`/sessions/${id}/limits`);
    show(trouble, !answer.ok && answer.status !== 409); // an ended session has no limits to move
    if (!answer.ok) return setText(trouble, say(text.failed, { detail: answer.detail }));
    checks = answer.body.checks;
    form.offer(answer.body.limits);
  }

  return {
    node,
    load,
    checks: () => checks,
    put(session, view) {
      const own = session.own_limits ?? [];
      const mayAct = view.state.hello?.role === "clinician" && !["closed", "aborted"].includes(session.phase);
      keyed(list, rows, own.map(keyOf), () => limitRow((pressed, proposal) => confirm(pressed, proposal)));
      for (const one of own) rows.get(keyOf(one)).put(one, view, mayAct);
      show(none, own.length === 0);
      show(details, mayAct);
      const now = JSON.stringify(own);
      if (known !== null && now !== known) load(); // the limits in force are others now
      known = now;
    },
  };

  function confirm(pressed, proposal) {
    return act(pressed, outcome, () => post(`/sessions/${id}/limits/${proposal}/confirmation`));
  }
}

const keyOf = (one) => `${one.rule} ${one.vital} ${one.direction} ${one.proposal ?? "in force"}`;

function limitRow(onConfirm) {
  const [what, by] = [el("b.num"), el("span.muted")];
  let proposal = null;
  const press = button(text.confirm, () => onConfirm(press, proposal), "primary");
  const node = el("li", {}, el("span.limit-what", {}, what, " ", by), press);
  return {
    node,
    put(one, view, mayAct) {
      proposal = one.proposal;
      const isMine = one.by === view.state.hello?.user;
      const label = vitals[one.vital]?.label ?? one.vital;
      const values = { rule: one.rule, label, direction: text.directions[one.direction], old: number(one.ordinary), new: `${number(one.limit)} ${unitOf(one.vital)}` };
      setText(what, say(text.moved, values));
      const waits = `${say(text.waits, { by: one.by })}${isMine ? ` ${text.own}` : ""}`;
      setText(by, proposal === null ? say(text.by, { by: one.by }) : waits);
      setAttribute(node, "data-waits", String(proposal !== null));
      show(press, proposal !== null && mayAct && !isMine);
    },
  };
}

function limitForm(id, outcome) {
  const which = el("select", { "aria-label": text.which, required: true });
  const caption = el("span", {}, text.value_plain);
  const value = el("input.num", { type: "number", step: "any", required: true, inputmode: "decimal" });
  const reason = el("input", { type: "text", maxlength: "2000", required: true });
  const hint = el("p.muted.small", { role: "status" });
  const submit = el("button.button", { type: "submit" }, text.submit);
  const fields = [el("label.field", {}, el("span", {}, text.which), which), el("label.field", {}, caption, value), el("label.field", {}, el("span", {}, text.reason), reason)];
  const node = el("form.limit-form", {}, ...fields, hint, submit);
  let limits = [];
  const chosen = () => limits[Number(which.value)] ?? null;
  for (const input of [which, value]) input.addEventListener("input", draw);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { rule, vital, direction } = chosen();
    const body = { rule, vital, direction, limit: value.valueAsNumber, reason: reason.value };
    const answer = await act(submit, outcome, () => post(`/sessions/${id}/limits`, body));
    if (answer?.ok) for (const input of [value, reason]) input.value = "";
    draw();
  });

  function draw() {
    const limit = chosen();
    submit.disabled = limit === null;
    if (limit === null) return;
    const { lowest, highest } = limit;
    setAttribute(value, "min", lowest);
    setAttribute(value, "max", highest);
    setText(caption, say(text.value, { lowest: number(lowest), highest: number(highest), unit: unitOf(limit.vital) }));
    const waits = limit.needs_second && value.value !== "" && isLooser(limit, value.valueAsNumber);
    setText(hint, waits ? text.needs_second : "");
  }

  return {
    node,
    offer(next) {
      const before = which.value;
      limits = next;
      const option = (limit) => say(text.option, { ...limit, direction: text.directions[limit.direction], limit: number(limit.limit), unit: unitOf(limit.vital) });
      which.replaceChildren(...limits.map((limit, i) => el("option", { value: i }, option(limit))));
      if (before !== "") which.value = before;
      draw();
    },
  };
}
