"use strict";
// A table is sorted by the column whose heading is pressed, again the other way round.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const place = [...head.parentNode.children].indexOf(head);
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = head.closest("table").tBodies[0];
    const value = (row) => {
      const text = row.children[place].dataset.value ?? row.children[place].textContent.trim();
      return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
    };
    const before = (a, b) =>
      typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    const rows = [...body.rows].sort((a, b) => before(value(a), value(b)) * (up ? 1 : -1));
    body.append(...rows);
  });
}
const picker = document.getElementById("picker");
picker?.addEventListener("change", () => {
  for (const figure of document.querySelectorAll("figure[data-column]"))
    figure.hidden = picker.value !== "" && figure.dataset.column !== picker.value;
});
