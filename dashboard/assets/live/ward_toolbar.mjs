// What stands above the tiles: how many rooms, how many columns, which order, and a new session.

import { el, setAttribute, setText, show } from "./dom.mjs";
import { COLUMNS, keep, ORDERS, wardSettings } from "./ward_settings.mjs";
import { say, words } from "./words.mjs";

const text = words.ward;

/** {node, columns(), order(), put({count, infusing, density, isHeld})}. `columns()` is null where they are chosen by the screen. */
export function wardToolbar(newSession) {
  const settings = wardSettings(location.search, (key) => localStorage.getItem(key));
  const [rooms, held, legend] = [el("span"), el("span.muted", { role: "status" }), el("span.small.legend")];
  const columns = choice("columns", COLUMNS, (value) => (value === "auto" ? text.auto : value));
  const order = choice("order", ORDERS, (value) => (value === "room" ? text.by_room : text.worst));
  const node = el("div.toolbar", {}, rooms, legend, el("span.grow"), held, columns, order, newSession);
  setText(legend, text.legend);
  return {
    node,
    columns: () => (settings.columns === "auto" ? null : Number(settings.columns)),
    order: () => settings.order,
    put({ count, infusing, density, isHeld }) {
      setText(rooms, `${count === 1 ? text.room_one : say(text.rooms, { count })} · ${say(text.infusing, { count: infusing })}`);
      setText(held, isHeld ? text.held : "");
      show(legend, density === "row");
      show(node, count > 0);
    },
  };

  function choice(name, values, label) {
    const buttons = values.map((value) => el("button", { type: "button", [`data-${name}`]: value, onclick: () => choose(value) }, label(value)));
    const group = el("div.segments", { role: "group", "aria-label": text[name], title: text[name] }, ...buttons);
    const press = () => buttons.forEach((button, i) => setAttribute(button, "aria-pressed", String(values[i] === settings[name])));
    function choose(value) {
      settings[name] = value;
      keep(name, value);
      press();
    }
    press();
    return group;
  }
}
