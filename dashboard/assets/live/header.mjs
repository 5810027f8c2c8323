// The bar on top of every page: what is open, is it live, what is unanswered, can this screen sound, what time is it, who is signed in.

import { counts } from "./alerts.mjs";
import { el, setAttribute, setText, shape, show } from "./dom.mjs";
import { subscribe, view as viewNow } from "./feed.mjs";
import { clock, hourMinute, timeOfDay, zoneName } from "./format.mjs";
import { menu } from "./header_menu.mjs";
import { worstAlert } from "./header_worst.mjs";
import { missedPanel } from "./missed_panel.mjs";
import { nav, navName } from "./nav.mjs";
import { follow } from "./navigate.mjs";
import { openPage } from "./page.mjs";
import { keptStrips, strips } from "./header_strips.mjs";
import { isKiosk, kioskChip } from "./kiosk.mjs";
import { onKeys } from "./keys.mjs";
import { muteLeft, soundProvenAt, soundState, testSound, toggleMute } from "./sound.mjs";
import { roomName, say, words } from "./words.mjs";

const text = words.header;
const ENDED = new Set(["closed", "aborted"]); // its room may have another patient now: it goes by its number
const TONES = ["high", "medium", "low", "technical"];

/** Mount the header in `root`. Returns how to unmount. */
export function mountHeader(root) {
  const bar = el("header.bar");
  const parts = [menu(bar), place(), nav(), liveChip(), alertCounts(), worstAlert(), el("span.grow"), kioskChip(), soundChip(), muteButton(), speedChip(), siteClock(), themeChoice(), who()];
  const [kept, below] = [keptStrips(), [missedPanel(), ...strips()]];
  bar.append(...parts.map((part) => part.node ?? part));
  root.append(el("div.header-kept", {}, bar, ...kept.map((part) => part.node)), ...below.map((part) => part.node));
  const drawn = [...parts, ...kept, ...below].filter((part) => part.draw);
  const stops = [
    onKeys(isKiosk ? {} : { m: toggleMute }),
    subscribe((view) => {
      for (const part of drawn) part.draw(view);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

function place() {
  const back = el("a.back", { href: "/", onclick: follow }, "‹ ", el("span", {}, text.ward));
  const title = el("h1");
  return {
    node: el("div.place", {}, back, title),
    draw(view) {
      const page = openPage();
      const session = view.state.sessions[page.session] ?? page.last;
      show(back, page.session !== null);
      setAttribute(title, "class", page.session === null ? "unseen" : null); // the link of the open page says it already
      setText(title, page.session === null ? navName() : session && !ENDED.has(session.phase) ? roomName(session.room) : page.session);
    },
  };
}

function liveChip() {
  const node = el("span.chip.live", { id: "live-chip" });
  return {
    node,
    draw(view) {
      const seconds = view.silentMs === null ? "" : (view.silentMs / 1000).toFixed(1);
      const lost = view.isOpen ? text.live : text.reconnecting;
      const label = { connecting: text.connecting, live: view.isOpen ? say(text.live_age, { age: seconds }) : lost };
      setText(node, label[view.feed] ?? text.not_live);
      setAttribute(node, "data-state", view.feed === "live" && !view.isOpen ? "reconnecting" : view.feed);
    },
  };
}

function alertCounts() {
  const none = el("span.muted", {}, text.no_alerts);
  const chips = Object.fromEntries(TONES.map((tone) => [tone, { node: el(`span.count.tone-${tone}`, {}, shape(tone)), number: el("b.num") }]));
  for (const tone of TONES) chips[tone].node.append(chips[tone].number, el("span.count-name", {}, text.counts[tone]));
  return {
    node: el("div.counts", { role: "group", title: text.counts_title, "aria-label": text.counts_title }, none, ...TONES.map((tone) => chips[tone].node)),
    draw(view) {
      const found = counts(Object.values(view.state.sessions));
      for (const tone of TONES) {
        show(chips[tone].node, found[tone] > 0);
        setText(chips[tone].number, String(found[tone]));
      }
      show(none, view.feed === "live" && TONES.every((tone) => !found[tone]));
    },
  };
}

function soundChip() {
  const chip = { id: "sound-chip", title: words.sound.test };
  const node = isKiosk ? el("span.chip.sound", chip) : el("button.chip.sound", { ...chip, type: "button", onclick: testSound });
  let hiddenAt = null;
  document.addEventListener("visibilitychange", () => {
    hiddenAt = document.hidden ? viewNow().now : hiddenAt;
  });
  return {
    node,
    draw(view) {
      const state = soundState(view.at);
      const proven = soundProvenAt();
      const provenTime = proven === null || view.now === null ? "" : hourMinute(view.now - (view.at - proven) * view.speed, view.zone);
      const time = state === "muted" ? clock(muteLeft(view.at) + 999) : provenTime;
      const since = hiddenAt === null ? "" : ` · ${say(words.sound.hidden, { time: hourMinute(hiddenAt, view.zone) })}`;
      setText(node, say(isKiosk && state === "blocked" ? words.sound.touch : words.sound[state], { time }) + since);
      setAttribute(node, "data-short", say(words.sound_short[state], { time })); // what a narrow bar shows (css)
      setAttribute(node, "data-state", state);
    },
  };
}

function muteButton() {
  const name = el("span", {}, words.sound.mute);
  const node = el("button.button.quiet.mute", { type: "button", id: "mute", title: words.sound.mute_title, onclick: toggleMute }, name, el("kbd", {}, "M"));
  return {
    node,
    draw(view) {
      const state = soundState(view.at);
      show(node, ["muted", "unproven", "proven"].includes(state));
      setText(name, state === "muted" ? words.sound.unmute : words.sound.mute);
    },
  };
}

function speedChip() {
  const node = el("span.chip.speed", { id: "speed-chip" });
  return {
    node,
    draw(view) {
      show(node, view.speed !== 1);
      setText(node, say(text.speed, { speed: view.speed }));
    },
  };
}

function siteClock() {
  const time = el("time.num");
  const zone = el("span.muted");
  return {
    node: el("div.site-clock", {}, time, zone),
    draw(view) {
      show(time, view.now !== null);
      if (view.now === null) return;
      setText(time, timeOfDay(view.heldNow, view.zone));
      setText(zone, zoneName(view.now, view.zone));
      setAttribute(zone, "title", say(text.clock_title, { zone: view.zone }));
    },
  };
}

function themeChoice() {
  const chosen = document.documentElement.dataset.themeChoice;
  const options = Object.entries(text.themes).map(([value, name]) => el("option", { value, selected: value === chosen }, name));
  const select = el("select", { id: "theme", "aria-label": text.theme, title: text.theme }, ...options);
  select.addEventListener("change", () => window.chooseTheme(select.value)); // theme.js
  return select;
}

function who() {
  const name = el("span.user");
  const out = el("form", { method: "post", action: "/auth/logout" }, el("button.button.quiet", { type: "submit" }, text.logout));
  return {
    node: el("div.who", {}, name, out),
    draw(view) {
      const { user, role } = view.state.hello ?? {};
      setText(name, user ?? "");
      setAttribute(name, "title", role);
    },
  };
}
