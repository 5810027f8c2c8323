// Sheets of the paper record: whose it is on each of them, and the tables.

import { el } from "./dom.mjs";
import { hourMinute, mg, number, readable, timeOfDay, zoneName } from "./format.mjs";
import { orderText } from "./identity.mjs";
import { givenBy } from "./record_events.mjs";
import { cuffTable, toldOf } from "./record_sheets.mjs";
import { phaseWords, roomName, say, words } from "./words.mjs";

const text = words.paper;
const ROWS = 27; // what fits on a sheet, with a few of two lines

/** One sheet: head, `content`, foot. */
export function recordSheet(about, content, page) {
  const { session, pages, readMs, zone, trouble } = about;
  const mode = session.mode === "real" ? null : el("b.paper-mode", {}, `${words.modes[session.mode]} · ${words.modes[`${session.mode}_what`]}`);
  const asOf = say(text.as_of, { time: `${dateOf(readMs, zone)} ${timeOfDay(readMs, zone)}`, zone: `${zoneName(readMs, zone)} (${zone})` });
  const line = el("div.paper-line", {}, el("h2", {}, text.title), mode, el("span.grow"), el("span.num", {}, asOf), el("b.num", {}, say(text.page, { page, pages })));
  const warning = trouble ? el("p.paper-trouble", {}, say(text.failed, { detail: trouble })) : null;
  return el("section.sheet", { "aria-label": say(text.page, { page, pages }) }, el("header", {}, line, facts(about), warning), content, el("footer", {}, text.foot));
}

function facts({ session, events, nowMs, zone }) {
  const { patient } = session;
  const time = (ms) => (ms === null || ms === undefined ? text.not_yet : hourMinute(ms, zone));
  const person = [patient.label, patient.birth_year === null ? null : say(text.born, { year: patient.birth_year }), say(words.session.kg, { kg: number(patient.weight_g / 1000) })];
  const ended = ["closed", "aborted"].includes(session.phase) ? `${hourMinute(session.phase_since_ms, zone)} ${phaseWords(session).phase}` : phaseWords(session).phase;
  const rows = [
    [text.patient, person.filter(Boolean).join(" · ")],
    [text.room, roomName(session.room)],
    [text.session, session.id],
    [text.order, orderText(session)],
    [text.given, say(text.given_value, { mg: mg(givenBy(events, nowMs)), ordered: mg(session.order.dose_ug) })],
    [text.begun, `${dateOf(session.created_at_ms, zone)} ${hourMinute(session.created_at_ms, zone)}`],
    [text.start, time(session.started_at_ms)],
    [text.stop, time(session.stopped_at_ms)],
    [text.end, ended],
    [text.devices, session.devices.map((device) => device.device).join(", ") || text.not_yet],
  ];
  return el("dl.paper-facts", {}, ...rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** 22 Nov 2026 in the site's zone. */
const dateOf = (ms, zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "2-digit", month: "short", year: "numeric" }).format(ms);

/** Every cuff value with what was measured beside it; a table for each sheet. */
export function cuffSheets({ tracks, zone }, rateVital) {
  const shown = (value) => (value === null ? text.not_yet : number(value));
  const rows = cuffTable(tracks, rateVital).map((row) => [hourMinute(row.atMs, zone), `${number(row.systolic)}/${number(row.diastolic)}`, shown(row.mean), shown(row.rate), shown(row.spo2), shown(row.breathing), row.mark ? text[row.mark] : ""]);
  return tables(text.cuffs, text.cuff_columns, rows, "cuffs");
}

/** What people did and which alerts stood. */
export function happenedSheets({ entries, zone }) {
  return tables(text.happened, text.happened_columns, toldOf(entries).map((entry) => [timeOfDay(entry.at_ms, zone), readable(entry.text)]), "happened");
}

/** As many tables as sheets are needed; one that says so where there are no rows. */
function tables(title, columns, rows, name) {
  const count = Math.max(1, Math.ceil(rows.length / ROWS));
  return Array.from({ length: count }, (_, i) => table(title, columns, rows.slice(i * ROWS, (i + 1) * ROWS), name));
}

function table(title, columns, rows, name) {
  const head = el("thead", {}, el("tr", {}, ...columns.map((column) => el("th", { scope: "col" }, column))));
  const body = el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td.num", {}, cell)))));
  return rows.length ? el(`table.paper-table.paper-${name}`, {}, el("caption", {}, title), head, body) : el("p.muted", {}, `${title}: ${text.nothing}`);
}
