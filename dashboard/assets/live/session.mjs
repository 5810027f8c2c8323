// One session on one page. Works on what the stream says; a session that has ended is read over REST and stands still.

import { alertList } from "./alert_list.mjs";
import { chartPanel } from "./chart_panel.mjs";
import { controls } from "./controls.mjs";
import { devices } from "./devices.mjs";
import { duePanel } from "./due_panel.mjs";
import { dosePanel } from "./dose_panel.mjs";
import { drugPanel } from "./drug_panel.mjs";
import { el, setText, show } from "./dom.mjs";
import { entriesPanel } from "./entries_panel.mjs";
import { afterSnapshot, fail, subscribe, view as viewNow, watch } from "./feed.mjs";
import { gates } from "./gates.mjs";
import { identity } from "./identity.mjs";
import { journal } from "./journal.mjs";
import { onKeys } from "./keys.mjs";
import { limitsPanel } from "./limits_panel.mjs";
import { go } from "./navigate.mjs";
import { setPage } from "./page.mjs";
import { pastSession } from "./past_session.mjs";
import { patientCode } from "./patient_code.mjs";
import { pressureReadout, rateReadout, vitalReadout } from "./readout.mjs";
import { recordPanel } from "./record_panel.mjs";
import { get } from "./rest.mjs";
import { saysPanel } from "./says_panel.mjs";
import { signOff } from "./sign_off.mjs";
import { settle } from "./state.mjs";
import { summary } from "./summary.mjs";
import { say, words } from "./words.mjs";

const text = words.session;
const OPEN = ["planned", "baseline", "infusing", "paused", "recovery"];

/** Mount the page of session `id` in `root`. Returns how to unmount. */
export function mountSession(root, id) {
  watch(id);
  setPage({ session: id });
  const [limits, before] = [limitsPanel(id), gates(id)];
  const steps = controls(id, before.findings);
  const story = journal(id);
  const chart = chartPanel(id, limits.checks);
  const parts = {
    ...{ before, who: identity(steps, patientCode(id)), numbers: numbers(), record: recordPanel(id), alerts: alertList(id), due: duePanel(limits.checks, chart.open), chart },
    ...{ dose: dosePanel(id), said: saysPanel(), drug: drugPanel(id), signature: signOff(id), sheet: summary(id), limits, story, entries: entriesPanel(id, story.known), bound: devices(id) },
  };
  const notice = el("section.card.notice", { id: "session-notice" }, el("h2"), el("p"));
  const right = el("div.column.column-right", {}, parts.alerts.node, parts.due.node, parts.signature.node, parts.chart.node, parts.dose.node, parts.said.node, parts.drug.node);
  const left = el("div.column.column-left", {}, parts.numbers.node, parts.limits.node, parts.bound.node);
  const middle = el("div.column.column-middle", {}, parts.record.node, parts.sheet.node, parts.entries.node, parts.story.node);
  const top = el("div.top", {}, parts.who.node, parts.before.node);
  const body = el("div.session", {}, top, left, middle, right);
  root.append(notice, body);
  const source = sessionSource(id);
  let isLoaded = false;
  let past = null;

  const draw = (view) => {
    if (view.changed !== null && !view.changed.has(id)) return null;
    const { session, isOver } = source.now(view);
    if (session !== null && isOver && !OPEN.includes(session.phase)) {
      if (past === null) root.replaceChildren((past = pastSession(id, session)).node);
      setPage({ session: id, last: session });
      return past.put(session, view);
    }
    show(body, session !== null);
    tell(notice, session, isOver, source.isUnknown());
    if (session === null) return null;
    setPage({ session: id, last: session });
    if (!isLoaded && view.now !== null) {
      isLoaded = true;
      loadAll(session);
    }
    const shown = isOver ? { ...view, isLive: false } : view;
    for (const part of Object.values(parts)) part.put(session, shown, parts.story.entries());
    return null;
  };
  const stopDrawing = subscribe(draw, { hasValues: true });
  const stopHistory = afterSnapshot(() => {
    isLoaded = false; // values and entries may have been missed before it
  });
  const { alerts } = parts;
  const stopKeys = onKeys({ a: alerts.acknowledge, p: alerts.togglePause, c: chart.focus, n: story.focusNote, w: () => go("/") });

  function loadAll(session) {
    parts.record.load(session).catch((error) => fail(error.message));
    if (OPEN.includes(session.phase)) parts.limits.load();
    parts.story.load();
    parts.bound.load();
  }

  return () => {
    for (const stop of [stopDrawing, stopHistory, stopKeys]) stop();
    for (const part of [...Object.values(parts), past]) part?.end?.();
    watch(null);
    root.replaceChildren();
  };
}

function tell(notice, session, isOver, isUnknown) {
  const [title, what] = notice.children;
  const id = location.pathname.split("/").at(-1);
  show(notice, session === null || isOver);
  setText(title, isOver ? text.ended : isUnknown ? say(text.unknown, { id }) : text.loading);
  setText(what, isUnknown && session === null ? text.unknown_do : "");
}

/** The session as the stream knows it; once it is not (any more) in the stream, as REST knows it. */
function sessionSource(id) {
  let last = null;
  let asked = false;
  let isUnknown = false;
  return {
    isUnknown: () => isUnknown,
    now(view) {
      const live = view.state.sessions[id];
      if (live) {
        asked = false;
        last = live;
        return { session: live, isOver: false };
      }
      if (view.state.position !== null && !asked) {
        asked = true;
        ask();
      }
      return { session: last, isOver: last !== null && view.state.position !== null };
    },
  };
  async function ask() {
    const answer = await get(`/sessions/${id}`);
    const { now } = viewNow();
    if (answer.ok) last = settle(null, answer.body, now);
    isUnknown = answer.status === 404;
  }
}

function numbers() {
  const options = { agesAlways: true };
  const parts = [rateReadout(options), pressureReadout(options), vitalReadout("spo2", "spo2", options), vitalReadout("respiratory_rate", "rr", options)];
  const co2 = vitalReadout("etco2", "co2", options);
  return {
    node: el("section.card.numbers", { "aria-label": text.vitals }, ...parts.map((part) => part.node), co2.node),
    put(session, view) {
      for (const part of parts) part.put(session, view);
      show(co2.node, session.vitals.etco2 !== undefined);
      co2.put(session, view);
    },
  };
}
