// The links to the pages, on every page. They change the page without a reload, so that stream and sound go on.

import { el, setAttribute } from "./dom.mjs";
import { follow } from "./navigate.mjs";
import { words } from "./words.mjs";

const text = words.header;
const PATHS = Object.keys(text.nav);

/** The link that the open page stands under; a session's page is the ward's. */
const current = () => PATHS.findLast((path) => path !== "/" && (location.pathname === path || location.pathname.startsWith(`${path}/`))) ?? "/";

/** The name of the page that is open. */
export const navName = () => text.nav[current()];

/** {node, draw()}. */
export function nav() {
  const links = PATHS.map((path) => el("a", { href: path, onclick: follow }, text.nav[path]));
  return {
    node: el("nav.pages", { "aria-label": text.nav_title }, ...links),
    draw() {
      for (const [i, link] of links.entries()) setAttribute(link, "aria-current", PATHS[i] === current() ? "page" : null);
    },
  };
}
