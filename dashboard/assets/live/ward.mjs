// The ward: a tile per open session, worst first or by room, and what is wrong with devices that belong to nobody.
//
// Bound: MAX_TILES tiles; with more sessions the worst are shown and the rest is said in a line.

import { loudestSession } from "./alerts.mjs";
import { el, keyed, setText, shape, show } from "./dom.mjs";
import { afterSnapshot, fillHistory, subscribe, view as viewNow } from "./feed.mjs";
import { age } from "./format.mjs";
import { pointsOf } from "./history.mjs";
import { isKiosk } from "./kiosk.mjs";
import { onKeys } from "./keys.mjs";
import { newSession } from "./new_session.mjs";
import { setPage } from "./page.mjs";
import { pauseOf } from "./pause.mjs";
import { get } from "./rest.mjs";
import { wall as wallOfTiles } from "./wall.mjs";
import { arrange } from "./wall_order.mjs";
import { wardToolbar } from "./ward_toolbar.mjs";
import { say, words } from "./words.mjs";

const SPARK_THIN_MS = 30_000; // the monitor gives 120 points for ten minutes, the least and the greatest of each ten seconds
const SPARKS = ["heart_rate", "pulse_rate", "systolic_bp", "diastolic_bp", "spo2"];
const text = words.ward;

/** Mount the ward in `root`. Returns how to unmount. */
export function mountWard(root) {
  setPage({ session: null });
  const form = newSession();
  const toolbar = wardToolbar(form.openButton());
  const wall = wallOfTiles();
  const [strips, leftOut, empty] = [el("div.strips"), el("p.strip"), emptyState(form.openButton())];
  root.append(toolbar.node, form.node, strips, leftOut, wall.node, empty.node);
  const unbound = new Map();

  const draw = (view) => {
    if (view.changed !== null) return wall.putValues(view);
    const all = Object.values(view.state.sessions);
    drawUnbound(strips, unbound, view);
    const { shown, density, isHeld } = wall.put(all, view, { columns: toolbar.columns(), order: toolbar.order() });
    toolbar.put({ count: all.length, infusing: all.filter((session) => session.phase === "infusing").length, density, isHeld });
    const hidden = all.length - shown.length + view.state.leftOut;
    show(leftOut, hidden > 0);
    setText(leftOut, say(text.left_out, { count: hidden }));
    empty.put(view, all.length);
    form.put(view);
  };
  const stopDrawing = subscribe(draw, { hasValues: true });
  const stopHistory = afterSnapshot(loadSparklines);
  const stopKeys = onKeys(isKiosk ? {} : { p: togglePause });
  loadSparklines();

  /** Of the selected room, else of the one that calls loudest, else of one that is paused. */
  function togglePause() {
    const sessions = Object.values(viewNow().state.sessions);
    const other = loudestSession(sessions) ?? sessions.find((session) => pauseOf(session, viewNow().now) !== null);
    (wall.selected() ?? wall.tileOf(other?.id))?.togglePause();
  }

  return () => {
    stopDrawing();
    stopHistory();
    stopKeys();
    wall.end();
    root.replaceChildren();
  };
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
