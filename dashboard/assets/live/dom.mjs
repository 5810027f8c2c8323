// The few calls that build and change the DOM. Text always goes in as text: nothing that came over the wire is ever parsed as HTML.

/** An element: el("div.tile", {title: "x", onclick: f}, child, "text"). Classes follow the tag; properties are attributes unless functions. */
export function el(tagAndClasses, attributes = {}, ...children) {
  const [tag, ...classes] = tagAndClasses.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Change the text of a node only where it differs: an unchanged screen costs no layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or remove an attribute only where it differs. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

const SHAPES = { high: "M8 1.5 15.2 14.5H.8Z", medium: "M8 .8 15.2 8 8 15.2 .8 8Z", low: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z", technical: "M2 2h12v12H2Z" };
const SVG = "http://www.w3.org/2000/svg";

/** The shape of an alert (triangle, diamond, disc, square), drawn, because not every machine has the characters. */
export function shape(tone) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `shape shape-${tone}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[tone]);
  svg.append(path);
  return svg;
}

/** Children of `parent` as `keys` order them: kept nodes are moved, new ones made by `make(key)`, others ended and removed. `nodes` is a Map of key to part. */
export function keyed(parent, nodes, keys, make) {
  const wanted = new Set(keys);
  for (const [key, part] of nodes) {
    if (!wanted.has(key)) {
      part.end?.();
      part.node.remove();
      nodes.delete(key);
    }
  }
  keys.forEach((key, place) => {
    if (!nodes.has(key)) nodes.set(key, make(key));
    const { node } = nodes.get(key);
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
}
