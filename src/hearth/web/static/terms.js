// Terms that lead to the guide: under the pointer or with the focus they show the first sentence.
import { place } from "./panels.js";

const STAY_MS = 120; // to move from the term onto the words

let tip;
let leaving;

export function watchTerms() {
  for (const name of ["mouseover", "focusin"]) document.addEventListener(name, show);
  for (const name of ["mouseout", "focusout"]) document.addEventListener(name, leave);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

function show(event) {
  if (!event.target.closest) return;
  if (event.target === tip) return clearTimeout(leaving);
  const term = event.target.closest(".term");
  if (!term) return;
  clearTimeout(leaving);
  tip ??= makeTip();
  // Inside a modal dialogue or a popover, what lies outside of it cannot be pointed at.
  const home = term.closest("dialog[open], [popover]") ?? document.body;
  if (tip.parentElement !== home) home.append(tip);
  tip.textContent = term.dataset.says;
  term.setAttribute("aria-describedby", tip.id);
  tip.showPopover();
  place(tip, term);
}

function leave(event) {
  if (event.target === tip || event.target.closest?.(".term")) leaving = setTimeout(hide, STAY_MS);
}

function hide() {
  if (tip?.matches(":popover-open")) tip.hidePopover();
}

function makeTip() {
  const made = Object.assign(document.createElement("div"), { id: "hearth-tip", role: "tooltip" });
  made.popover = "manual";
  return made;
}
