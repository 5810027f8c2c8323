// Dash loads this file as a classic script. It gives Dash the live components and brings in the ES modules that do the work.
(() => {
  const SHELL_WITHIN_MS = 20_000;
  const TRY_EVERY_MS = 5_000;
  const self = document.currentScript.src;
  const live = import(new URL("live/main.mjs", self));

  /** A page that could not be loaded whole is loaded again as soon as the server serves it: nobody may stand by to press the key. */
  function loadAgain(why) {
    document.documentElement.dataset.feed = "fault";
    const { words } = JSON.parse(document.getElementById("catalogue").textContent);
    document.getElementById("not-live-why").textContent = words.not_live.in_part.replace("{why}", why);
    setInterval(async () => {
      const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
      if (answer?.ok) location.reload();
    }, TRY_EVERY_MS);
  }

  live.catch((error) => loadAgain(error.message));
  setTimeout(() => {
    if (!document.getElementById("main")) loadAgain("no layout");
  }, SHELL_WITHIN_MS);

  /** A Dash component whose DOM belongs to `mount[name]` of main.mjs from its first render to its last. */
  const part = (name) =>
    function LivePart(props) {
      const React = window.React;
      const ref = React.useRef(null);
      React.useEffect(() => {
        let unmount = () => {};
        let isGone = false;
        const mounted = live.then((main) => {
          if (!isGone) unmount = main.mount[name](ref.current, props);
        });
        mounted.catch((error) => loadAgain(error.message));
        return () => {
          isGone = true;
          unmount();
        };
      }, [props.session]);
      return React.createElement("div", { id: props.id, ref, className: `part part-${name}` });
    };

  window.infusion = { Header: part("header"), Ward: part("ward"), Session: part("session"), Record: part("record") };
})();
