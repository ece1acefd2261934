"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// A table is sorted by the heading that is pressed, again the other way round: its rows, or in a
// table whose headings stand before the rows, its columns.
const worth = (cell) => {
  const text = cell.dataset.value ?? cell.textContent.trim(), plain = text.replaceAll(",", "");
  return plain === "" || Number.isNaN(Number(plain)) ? text : Number(plain);
};
const before = (a, b) =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
for (const button of all("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table");
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const sorted = (cells) => cells.map((cell, place) => [worth(cell), place])
      .sort((a, b) => before(a[0], b[0]) * (up ? 1 : -1)).map((each) => each[1]);
    if (head.scope === "row") {
      const order = sorted([...head.parentNode.children].slice(1));
      for (const row of table.rows) {
        const cells = [...row.children].slice(1);
        row.append(...order.map((place) => cells[place]));
      }
    } else {
      const place = [...head.parentNode.children].indexOf(head), rows = [...table.tBodies[0].rows];
      table.tBodies[0].append(...sorted(rows.map((row) => row.children[place])).map((k) => rows[k]));
    }
  });
}

// Whatever is pointed at or focused says its figures; Escape silences it.
const tip = document.getElementById("tip");
const speaking = (target) => target.closest?.("[data-tip], .mark");
const told = (mark) => {
  const names = mark.ownerSVGElement?.dataset.names;
  if (names && !mark.hasAttribute("aria-label")) {
    const { x, y, value } = mark.dataset, known = JSON.parse(names);
    mark.setAttribute("aria-label", `${known[y]} and ${known[x]}: ${value} %`);
    mark.setAttribute("role", "img");
  }
  return mark.dataset.tip ?? mark.getAttribute("aria-label");
};
const say = (event) => {
  const mark = speaking(event.target);
  if (!mark) return;
  tip.textContent = told(mark);
  tip.hidden = false;
  const box = mark.getBoundingClientRect(), own = tip.getBoundingClientRect();
  const left = box.left + box.width / 2 - own.width / 2;
  const room = document.documentElement.clientWidth - own.width - 4;
  const top = box.top > own.height + 8 ? box.top - own.height - 6 : box.bottom + 6;
  tip.style.left = `${scrollX + Math.max(4, Math.min(left, room))}px`;
  tip.style.top = `${scrollY + top}px`;
};
const silence = () => { tip.hidden = true; };
for (const name of ["pointerover", "focusin"]) document.addEventListener(name, say);
for (const name of ["pointerout", "focusout"]) document.addEventListener(name, silence);

// One mark of a chart is reached by Tab, and the others from there by the arrows.
const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") silence();
  const mark = event.target.closest?.(".mark"), step = steps[event.key];
  if (!mark || !step) return;
  event.preventDefault();
  const [x, y] = [Number(mark.dataset.x) + step[0], Number(mark.dataset.y) + step[1]];
  const next = mark.ownerSVGElement.querySelector(`.mark[data-x="${x}"][data-y="${y}"]`);
  if (!next) return;
  mark.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

// Of many columns some are drawn: the first ones, all, or those whose names hold what is typed.
const picker = document.getElementById("picker"), amount = document.getElementById("amount");
const pick = () => {
  const charts = all("figure[data-column]");
  const parts = picker.value.toLowerCase().split(",").map((part) => part.trim()).filter(Boolean);
  const exact = charts.filter((chart) => chart.dataset.column === picker.value);
  const held = (chart) => parts.some((part) => chart.dataset.column.toLowerCase().includes(part));
  const found = exact.length ? exact : charts.filter(held);
  const shown = new Set(parts.length ? found : charts.slice(0, Number(amount?.value ?? charts.length)));
  for (const chart of charts) chart.hidden = !shown.has(chart);
  document.getElementById("picked").textContent = `${shown.size} of ${charts.length} columns`;
};
picker?.addEventListener("input", pick);
amount?.addEventListener("change", pick);
addEventListener("beforeprint", () => { for (const each of all("details")) each.open = true; });
