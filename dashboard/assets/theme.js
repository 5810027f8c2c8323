// Before the first paint: the theme chosen on this screen. "auto" follows the system, and dark is what a system without a wish gets.
(() => {
  const root = document.documentElement;
  const wantsLight = matchMedia("(prefers-color-scheme: light)");
  const apply = () => {
    root.dataset.theme = root.dataset.themeChoice === "auto" ? (wantsLight.matches ? "light" : "dark") : root.dataset.themeChoice;
    dispatchEvent(new Event("themechange"));
  };
  window.chooseTheme = (choice) => {
    root.dataset.themeChoice = choice;
    localStorage.setItem("theme", choice);
    apply();
  };
  root.dataset.themeChoice = localStorage.getItem("theme") || "auto";
  wantsLight.addEventListener("change", apply);
  apply();
})();
