// Popovers placed beside what opened them, and modal dialogs; both give the focus back on closing.
import { whenThere } from "./dom.js";

const GAP = 8;

export function openPanel(name, anchor) {
  const panel = document.querySelector(`[data-popover="${name}"]`);
  if (!panel) return;
  if (panel.dataset.justClosed === "1") return; // this very press has just dismissed it
  panel.opener = anchor;
  anchor.setAttribute("aria-expanded", "true");
  if (!panel.matches(":popover-open")) panel.showPopover();
  place(panel, anchor);
  (panel.querySelector("[autofocus]") ?? panel).focus({ preventScroll: true });
}

export function openDialog(name) {
  const dialog = document.querySelector(`dialog[data-dialog="${name}"]`);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  if (name === "palette") startPalette(dialog);
}

export function place(panel, anchor) {
  const at = anchor.getBoundingClientRect();
  const box = panel.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - GAP;
  const above = at.top - GAP;
  const top = box.height <= below || below >= above ? at.bottom + GAP : at.top - GAP - box.height;
  const left = panel.dataset.align === "end" ? at.right - box.width : at.left;
  const most = window.innerWidth - box.width - GAP;
  panel.style.top = `${Math.max(GAP, Math.min(top, window.innerHeight - box.height - GAP))}px`;
  panel.style.left = `${Math.max(GAP, Math.min(left, most))}px`;
}

export function watchPanels() {
  whenThere(".toasts", raiseWhenChanged);
  document.addEventListener(
    "toggle",
    (event) => {
      const panel = event.target;
      if (!panel.matches?.("[data-popover]") || event.newState !== "closed") return;
      panel.dataset.justClosed = "1";
      setTimeout(() => delete panel.dataset.justClosed, 150);
      panel.opener?.setAttribute("aria-expanded", "false");
      if (panel.contains(document.activeElement) || document.activeElement === document.body)
        panel.opener?.focus({ preventScroll: true });
    },
    true,
  );
  document.addEventListener("click", (event) => {
    if (event.target.matches("dialog[data-dialog]")) event.target.close(); // the backdrop
  });
  new ResizeObserver(replaceAll).observe(document.documentElement);
  document.addEventListener("hearth:grown", replaceAll);
}

// Notices lie in the top layer, above a popover that was opened before them.
function raiseWhenChanged(toasts) {
  const raise = () => {
    if (toasts.matches(":popover-open")) toasts.hidePopover();
    if (toasts.childElementCount) toasts.showPopover();
  };
  new MutationObserver(raise).observe(toasts, { childList: true });
  raise();
}

function replaceAll() {
  for (const panel of document.querySelectorAll("[data-popover]:popover-open"))
    if (panel.opener?.isConnected) place(panel, panel.opener);
}

// --- the palette: every command and page, filtered as one types -------------------------------

function startPalette(dialog) {
  const input = dialog.querySelector("input");
  input.value = "";
  filter(dialog, "");
  input.oninput = () => filter(dialog, input.value);
  input.onkeydown = (event) => {
    const rows = [...dialog.querySelectorAll("[role=option]:not([hidden])")];
    const now = rows.findIndex((row) => row.ariaSelected === "true");
    if (event.key === "ArrowDown") select(rows, Math.min(now + 1, rows.length - 1), input);
    else if (event.key === "ArrowUp") select(rows, Math.max(now - 1, 0), input);
    else if (event.key === "Enter") rows[now]?.click();
    else return;
    event.preventDefault();
  };
}

function filter(dialog, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...dialog.querySelectorAll("[role=option]")];
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  const shown = rows.filter((row) => !row.hidden);
  dialog.querySelector("[data-none]").hidden = shown.length > 0;
  rows.forEach((row) => (row.ariaSelected = "false"));
  select(shown, 0, dialog.querySelector("input"));
}

function select(rows, index, input) {
  rows.forEach((row, i) => (row.ariaSelected = i === index ? "true" : "false"));
  rows[index]?.scrollIntoView({ block: "nearest" });
  if (rows[index]) input.setAttribute("aria-activedescendant", rows[index].id);
  else input.removeAttribute("aria-activedescendant");
}
