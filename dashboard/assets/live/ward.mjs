// The ward: a tile per open session, worst first or by room, and what is wrong with devices that belong to nobody.
//
// Bound: MAX_TILES tiles; with more sessions the worst are shown and the rest is said in a line.

import { loudestSession, urgencyOf } from "./alerts.mjs";
import { el, keyed, setAttribute, setText, shape, show } from "./dom.mjs";
import { afterSnapshot, fillHistory, subscribe, view as viewNow } from "./feed.mjs";
import { age } from "./format.mjs";
import { pointsOf } from "./history.mjs";
import { onKeys } from "./keys.mjs";
import { newSession } from "./new_session.mjs";
import { setPage } from "./page.mjs";
import { pauseOf } from "./pause.mjs";
import { get } from "./rest.mjs";
import { tile } from "./tiles.mjs";
import { say, words } from "./words.mjs";

export const MAX_TILES = 120;
const COLUMNS = [1, 4, 9, 12, 20]; // rooms that one, two, three .. columns serve; more rooms get six, and no tile gets narrower than it can be read
const DENSE_FROM = 9;
const SPARK_THIN_MS = 30_000; // the monitor gives 120 points for ten minutes, the least and the greatest of each ten seconds
const SPARKS = ["heart_rate", "pulse_rate", "systolic_bp", "diastolic_bp", "spo2"];
const text = words.ward;
const byRoom = (a, b) => a.room.localeCompare(b.room, "en", { numeric: true }) || a.id.localeCompare(b.id);

/** Mount the ward in `root`. Returns how to unmount. */
export function mountWard(root) {
  setPage({ session: null });
  const form = newSession();
  const order = orderChoice();
  const [rooms, leftOut] = [el("span"), el("p.strip")];
  const [wall, strips, empty] = [el("div.wall", { id: "wall" }), el("div.strips"), emptyState(form.openButton())];
  const bar = el("div.toolbar", {}, rooms, el("span.grow"), order.node, form.openButton());
  root.append(bar, form.node, strips, wall, leftOut, empty.node);
  const tiles = new Map();
  const unbound = new Map();

  const stopDrawing = subscribe((view) => {
    const all = Object.values(view.state.sessions);
    const shown = arrange(all, order.value());
    keyed(wall, tiles, shown.map((session) => session.id), tile);
    for (const session of shown) tiles.get(session.id).put(session, view);
    const columns = String(COLUMNS.findIndex((most) => shown.length <= most) + 1 || COLUMNS.length + 1);
    setAttribute(wall, "data-dense", String(shown.length > DENSE_FROM));
    if (wall.style.getPropertyValue("--columns") !== columns) wall.style.setProperty("--columns", columns);
    const infusing = all.filter((session) => session.phase === "infusing").length;
    setText(rooms, `${all.length === 1 ? text.room_one : say(text.rooms, { count: all.length })} · ${say(text.infusing, { count: infusing })}`);
    show(leftOut, all.length > shown.length || view.state.leftOut > 0);
    setText(leftOut, say(text.left_out, { count: all.length - shown.length + view.state.leftOut }));
    empty.put(view, all.length);
    show(bar, all.length > 0);
    drawUnbound(strips, unbound, view);
    form.put(view);
  });
  const stopHistory = afterSnapshot(loadSparklines);
  const stopKeys = onKeys({ p: togglePause });
  loadSparklines();

  /** Of the selected room, else of the one that calls loudest, else of one that is paused. */
  function togglePause() {
    const selected = [...tiles.values()].find((one) => one.node.contains(document.activeElement));
    const sessions = Object.values(viewNow().state.sessions);
    const other = loudestSession(sessions) ?? sessions.find((session) => pauseOf(session, viewNow().now) !== null);
    (selected ?? tiles.get(other?.id))?.togglePause();
  }

  return () => {
    stopDrawing();
    stopHistory();
    stopKeys();
    for (const part of tiles.values()) part.end();
    root.replaceChildren();
  };
}

/** At most MAX_TILES sessions. Which ones is always decided by urgency; `order` only says where they stand. */
export function arrange(sessions, order) {
  const worst = (a, b) => urgencyOf(b.alerts) - urgencyOf(a.alerts) || byRoom(a, b);
  const shown = [...sessions].sort(worst).slice(0, MAX_TILES);
  return order === "room" ? shown.sort(byRoom) : shown;
}

function orderChoice() {
  let value = localStorage.getItem("ward-order") === "room" ? "room" : "worst";
  const buttons = ["worst", "room"].map((key) => el("button", { type: "button", "data-order": key, onclick: () => choose(key) }, key === "room" ? text.by_room : text.worst));
  const node = el("div.segments", { role: "group", "aria-label": text.order }, ...buttons);
  function choose(key) {
    value = key;
    localStorage.setItem("ward-order", key);
    for (const button of buttons) setAttribute(button, "aria-pressed", String(button.dataset.order === key));
  }
  choose(value);
  return { node, value: () => value };
}

function emptyState(openForm) {
  const [title, what] = [el("h2", {}, text.empty_title), el("p", {}, text.empty_what)];
  const steps = el("ol", {}, ...text.empty_do.map((step) => el("li", {}, step)));
  const node = el("section.card.notice", { id: "empty" }, title, what, steps, openForm);
  return {
    node,
    put(view, count) {
      show(node, count === 0 && view.state.position !== null);
    },
  };
}

function drawUnbound(parent, parts, view) {
  const devices = view.state.system?.unbound ?? [];
  keyed(parent, parts, devices.map((one) => one.device), () => {
    const what = el("span");
    return { node: el("div.strip.tone-technical", { role: "status" }, shape("technical"), what), what };
  });
  for (const one of devices) {
    const values = { device: one.device, readings: one.readings, age: age(view.now - one.last_at_ms) };
    setText(parts.get(one.device).what, `${one.mode === "real" ? "" : `${words.modes[one.mode]} · `}${say(words.technical.unbound, values)}`);
  }
}

/** Ten minutes of history of every open session: at first, and after each snapshot, because values may have been missed before it. */
async function loadSparklines() {
  const { state } = viewNow();
  if (state.position === null) return; // the first snapshot calls again
  const ids = arrange(Object.values(state.sessions), "worst").map((session) => session.id);
  if (!ids.length) return;
  const answer = await get(`/ward/trend?minutes=10&vitals=${SPARKS.join(",")}&sessions=${ids.join(",")}`);
  if (!answer.ok) return; // the lines begin with what comes live; the overlay tells if the monitor is gone
  for (const [id, vitals] of Object.entries(answer.body.sessions)) {
    const rows = Object.entries(vitals).map(([vital, columns]) => [vital, pointsOf(columns)]);
    fillHistory(id, Object.fromEntries(rows), SPARK_THIN_MS);
  }
}
