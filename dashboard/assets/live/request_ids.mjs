// The ids of requests whose answer never came. Pure.
//
// The same thing asked again keeps its id, so that it cannot be done twice. Any answer from the same place ends that: then it is known how
// things stand, and what is asked next is asked anew. Bounded by MAX: beyond it the oldest is forgotten.

export const MAX = 100;

/** {of(method, path, body), answered(path)}. `make` gives a fresh id. */
export function requestIds(make) {
  const waiting = new Map(); // what was asked -> {id, path}
  return {
    of(method, path, body) {
      const key = `${method} ${path} ${JSON.stringify(body ?? null)}`;
      if (!waiting.has(key)) waiting.set(key, { id: make(), path });
      if (waiting.size > MAX) waiting.delete(waiting.keys().next().value);
      return waiting.get(key).id;
    },
    answered(path) {
      for (const [key, one] of waiting) if (one.path === path) waiting.delete(key);
    },
  };
}
