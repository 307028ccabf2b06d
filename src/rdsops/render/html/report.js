"use strict";
(() => {
  const filters = document.querySelector(".filters");
  if (!filters) return;
  filters.hidden = false;
  const findings = [...document.querySelectorAll(".finding")];
  const tiles = [...document.querySelectorAll("[data-tile].tile")];
  const chips = [...document.querySelectorAll(".chip")];
  const search = document.getElementById("search");
  const theme = document.getElementById("theme");
  const environment = document.getElementById("environment");
  const matching = document.getElementById("matching");
  let tile = "";

  function show() {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const levels = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.severity);
    let count = 0;
    for (const finding of findings) {
      const is = finding.dataset;
      const fits = (!levels.length || levels.includes(is.severity))
        && (!theme.value || is.theme === theme.value)
        && (!environment.value || is.environment === environment.value)
        && (!tile || is.tile === tile)
        && words.every((word) => is.words.includes(word));
      finding.hidden = !fits;
      if (fits) count += 1;
    }
    for (const each of tiles) each.classList.toggle("chosen", each.dataset.tile === tile);
    matching.textContent = `${count} of ${findings.length}`;
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  for (const each of tiles) {
    each.addEventListener("click", () => { tile = tile === each.dataset.tile ? "" : each.dataset.tile; show(); });
  }
  document.getElementById("reset").addEventListener("click", () => {
    search.value = ""; theme.value = ""; environment.value = ""; tile = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    show();
  });
  for (const field of [search, theme, environment]) field.addEventListener("input", show);
  addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details")) each.open = true; });
  show();
})();
