// Starts the page. The live parts come first, in #early; Dash, which is ten times as large, is loaded once they show what the monitor
// says, and takes them over where they stand.
(() => {
  const SHELL_WITHIN_MS = 20_000;
  const TRY_EVERY_MS = 5_000;
  const EARLY_POINTS = 2_000; // of each vital sign: about as many as a screen has columns
  const DASH_AFTER_MS = 3_000; // at the latest, whatever is still under way
  const live = import(new URL("live/joined.mjs", document.currentScript.src)).then((modules) => modules.main);
  const early = document.getElementById("early");
  const standing = new Map(); // part -> {root, props, unmount}, until Dash has taken it over

  /** A page that could not be loaded whole is loaded again as soon as the server serves it: nobody may stand by to press the key. */
  function loadAgain(why) {
    document.documentElement.dataset.feed = "fault";
    document.documentElement.dataset.came = "in-part"; // whatever the feed says: half a page is not to be taken for the whole
    const { words } = JSON.parse(document.getElementById("catalogue").textContent);
    document.getElementById("not-live-title").textContent = words.not_live.title;
    document.getElementById("not-live-why").textContent = words.not_live.in_part.replace("{why}", why);
    setInterval(async () => {
      const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
      if (answer?.ok) location.reload();
    }, TRY_EVERY_MS);
  }

  /** The live part that a path opens, as dashboard/pages says it; null where Dash makes the whole page. */
  function partOf(path) {
    if (path === "/") return { name: "ward", props: { id: "ward" } };
    const found = /^\/(session|record)\/(S-[0-9]{6,12})$/.exec(path);
    return found && { name: found[1], props: { id: found[1], session: found[2] } };
  }

  /** What takes the monitor longest is asked for before there is anything to draw it: {session, points, columns}, or null. */
  function askForHistory() {
    const page = partOf(location.pathname);
    if (page?.name !== "session") return null;
    const { session } = page.props;
    const answer = fetch(`/api/v1/sessions/${session}/readings?max_points=${EARLY_POINTS}`, { cache: "no-store", headers: { accept: "application/json" } });
    return { session, points: EARLY_POINTS, columns: answer.then((came) => (came.ok ? came.json() : null)).catch(() => null) };
  }

  /** {root, unmount} of the part `name`, below `host`. */
  function mount(main, name, props, host) {
    const root = document.createElement("div");
    root.id = props.id;
    root.className = `part part-${name}`;
    host.append(root);
    const end = main.mount[name](root, props);
    return { root, props, unmount: () => (end(), root.remove()) };
  }

  function mountEarly(main) {
    const page = partOf(location.pathname);
    standing.set("header", mount(main, "header", { id: "header" }, early.querySelector("#early-header")));
    if (page) standing.set(page.name, mount(main, page.name, page.props, early.querySelector("#early-main")));
    return page !== null;
  }

  /** Dash's own scripts, in their order, out of the template that keeps them from running before. */
  async function loadDash() {
    for (const given of document.getElementById("dash").content.querySelectorAll("script")) {
      await run(given);
      given.remove();
    }
  }

  function run(given) {
    const script = document.createElement("script");
    script.id = given.id;
    document.body.append(script);
    if (!given.hasAttribute("src")) {
      script.textContent = given.textContent;
      return null;
    }
    return new Promise((done, failed) => {
      script.onload = done;
      script.onerror = () => failed(new Error(given.src));
      script.src = given.src;
    });
  }

  /** Numbers that are live are not taken from the screen because Dash is late: it is asked for again. */
  function withoutDash(error) {
    if (!isStanding()) return loadAgain(error.message);
    setTimeout(() => loadDash().catch(withoutDash), TRY_EVERY_MS);
  }

  const isStanding = () => standing.has(partOf(location.pathname)?.name);

  function endEarly() {
    standing.clear();
    early.remove();
    document.querySelector(".skip").href = "#main";
  }

  /** To where Dash has its place. Where the browser can, without taking it out of the page: what is pressed or read out meanwhile goes on. */
  function move({ root, host }) {
    if (host.moveBefore) host.moveBefore(root, null);
    else host.append(root);
  }

  /** Moves the parts once Dash has a place for each, but never from under a press. */
  function settle() {
    const parts = [...standing.values()];
    if (isPressed || !parts.length || !parts.every((one) => one.host)) return;
    const focused = document.activeElement;
    for (const one of parts) move(one);
    endEarly();
    if (document.activeElement !== focused) focused?.focus?.({ preventScroll: true });
  }

  let isPressed = false;
  addEventListener("pointerdown", () => (isPressed = true), { capture: true, passive: true });
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, () => {
      isPressed = false;
      setTimeout(settle); // after the click
    }, { capture: true, passive: true });
  }

  /** Once every part that stands is Dash's, Dash's page is shown in the place of ours. What was in focus stays so. */
  function takeOver(name, props, host) {
    const part = standing.get(name);
    if (!part || part.props.session !== props.session) return null;
    part.host = host;
    settle();
    return () => part.unmount();
  }

  /** Another page was asked for before Dash had taken over. */
  function giveUpEarly(main) {
    for (const part of standing.values()) {
      if (part.host) move(part);
      else part.unmount();
    }
    endEarly();
    return main;
  }

  /** A Dash component whose DOM belongs to `mount[name]` of main.mjs from its first render to its last. */
  const part = (name) =>
    function LivePart(props) {
      const React = window.React;
      const ref = React.useRef(null);
      React.useLayoutEffect(() => {
        const taken = takeOver(name, props, ref.current);
        if (taken) return taken;
        let unmount = () => {};
        let isGone = false;
        live.then(giveUpEarly).then((main) => {
          if (!isGone) unmount = mount(main, name, props, ref.current).unmount;
        }).catch((error) => loadAgain(error.message));
        return () => {
          isGone = true;
          unmount();
        };
      }, [props.session]);
      return React.createElement("div", { ref, className: "host" });
    };

  window.infusion = { Header: part("header"), Ward: part("ward"), Session: part("session"), Record: part("record"), history: askForHistory() };
  live
    .then(async (main) => {
      if (mountEarly(main)) await Promise.race([main.shown(), new Promise((done) => setTimeout(done, DASH_AFTER_MS))]);
      await loadDash().catch(withoutDash);
    })
    .catch((error) => loadAgain(error.message));
  setTimeout(() => {
    if (!document.getElementById("main") && !isStanding()) loadAgain("no layout");
  }, SHELL_WITHIN_MS);
})();
