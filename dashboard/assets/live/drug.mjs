// The account of the drug: drawn = given + wasted before a witness + left. Pure; micrograms.

import { dose } from "./course.mjs";

/** {drawnUg, givenUg, wastedUg, waitingUg, leftUg}. `leftUg` is what is to be given, wasted or witnessed yet; negative: more given than drawn. */
export function account(session, nowMs) {
  const [vials, wastes] = [session.vials ?? [], session.wastes ?? []];
  const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);
  const drawnUg = sum(vials, (row) => row.drawn_ug);
  const wastedUg = sum(wastes.filter((row) => row.witness !== null), (row) => row.wasted_ug);
  const waitingUg = sum(wastes.filter((row) => row.witness === null), (row) => row.wasted_ug);
  const { givenUg } = dose(session, nowMs);
  return { drawnUg, givenUg, wastedUg, waitingUg, leftUg: drawnUg - givenUg - wastedUg };
}
