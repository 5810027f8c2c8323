// How this screen wants its ward: columns and order. In the address where it names them, so that a wall screen opens as it was set up, else
// as this browser last had it. Pure but for `keep`.

export const COLUMNS = ["auto", "1", "2", "3", "4", "5"];
export const ORDERS = ["worst", "room"];
const KNOWN = { columns: COLUMNS, order: ORDERS };

/** {columns, order} from the address's query and what was stored; what is not known is the first of each. */
export function wardSettings(search, stored) {
  const asked = new URLSearchParams(search);
  const one = (name) => [asked.get(name), stored(`ward-${name}`)].find((value) => KNOWN[name].includes(value)) ?? KNOWN[name][0];
  return { columns: one("columns"), order: one("order") };
}

/** Remember a choice; an address that names the setting follows it. */
export function keep(name, value) {
  localStorage.setItem(`ward-${name}`, value);
  const address = new URL(location.href);
  if (!address.searchParams.has(name)) return;
  address.searchParams.set(name, value);
  history.replaceState(history.state, "", address);
}
