// What the record is drawn with besides readings and journal: the limits that held and the model's curve. Asked for again whenever a dose or
// a limit changes, and the curve every few minutes, because it reaches an hour ahead and no further.

import { get } from "./rest.mjs";

const MODEL_SITE = "brain"; // whose curve is drawn
const PEAK_SITE = "blood_pressure"; // whose peak is shaded
const AGAIN_MS = 600_000;
const RETRY_MS = 2_000;

/** {put(session, view, entries), limits(), model()}. What cannot be loaded is not drawn. */
export function recordSources(id) {
  let [limits, model] = [[], null];
  let dosesKnown = null;
  let limitsKnown = null;
  let askedAt = -Infinity;
  async function loadModel() {
    const answer = await get(`/sessions/${id}/effect-site`);
    if (answer.ok) model = drawnModel(answer.body);
    else dosesKnown = null; // once more, a little later
  }
  async function loadLimits() {
    const answer = await get(`/sessions/${id}/limits-in-force`);
    if (answer.ok) limits = answer.body;
    else limitsKnown = null;
  }
  return {
    limits: () => limits,
    model: () => model,
    put(session, view, entries) {
      const doses = entries.filter((entry) => entry.phase || entry.rate_ug_per_min !== undefined || entry.amount_ug !== undefined || entry.voids).length;
      const own = JSON.stringify(session.own_limits ?? []);
      const isChanged = doses !== dosesKnown || own !== limitsKnown;
      if (view.at - askedAt < (isChanged ? RETRY_MS : AGAIN_MS)) return;
      askedAt = view.at;
      if (doses !== dosesKnown || !isChanged) loadModel();
      if (own !== limitsKnown) loadLimits();
      [dosesKnown, limitsKnown] = [doses, own];
    },
  };
}

/** Of the answer of GET .../effect-site what is drawn: {points: [{at_ms, ng_per_ml}], peak}. */
export function drawnModel({ sites }) {
  const of = (name) => sites.find((one) => one.site === name) ?? sites[0];
  const { from_ms: from, step_ms: step, ng_per_ml: values } = of(MODEL_SITE);
  return { points: values.map((value, i) => ({ at_ms: from + i * step, ng_per_ml: value })), peak: of(PEAK_SITE).peak };
}
