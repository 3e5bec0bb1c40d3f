// The Models page: the heat map that is walked by arrow keys, and a table that keeps its place.
export function watchModels() {
  document.addEventListener("keydown", walkCells);
  for (const name of ["mouseover", "focusin"]) document.addEventListener(name, showTip);
}

// The cells are one stop of the Tab key; arrows walk among them, over empty places too.
function walkCells(event) {
  const cell = event.target.closest?.(".heat td[data-tip]");
  const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  if (!cell || !step[event.key]) return;
  event.preventDefault();
  const [down, right] = step[event.key];
  const rows = [...cell.closest("tbody").rows];
  let row = rows.indexOf(cell.parentElement);
  let column = cell.cellIndex;
  let next;
  do {
    row += down;
    column += right;
    next = rows[row]?.cells[column];
  } while (next && !next.dataset.tip);
  if (!next) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function showTip(event) {
  const cell = event.target.closest?.(".heat td[data-tip]");
  if (!cell) return;
  cell.closest("section").querySelector("[data-heat-tip]").textContent = cell.dataset.tip;
}

export function heatFigures(button) {
  const table = button.closest("section").querySelector(".heat");
  const on = table.toggleAttribute("data-figures");
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Hide figures" : "Show figures";
}
