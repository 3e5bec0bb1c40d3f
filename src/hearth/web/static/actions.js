// What a button does without asking the server: theme, folding, copying, panels and dialogs.
import { heatFigures } from "./models.js";
import { openDialog, openPanel } from "./panels.js";

const keep = (name, value) => {
  try {
    localStorage.setItem(`hearth.${name}`, value);
  } catch {
    // A browser that keeps nothing still shows the choice until the page is left.
  }
};

const THEMES = ["system", "dark", "light"];

function theme(button) {
  const root = document.documentElement;
  const now = root.dataset.theme ?? "system";
  const next = button?.dataset.theme ?? THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
  keep("theme", next);
  say(`Theme: ${next}`);
}

function toggleOnRoot(name, value) {
  const root = document.documentElement;
  if (root.dataset[name] === value) delete root.dataset[name];
  else root.dataset[name] = value;
  keep(name, root.dataset[name] ?? "");
}

function list() {
  const root = document.documentElement;
  if (window.matchMedia("(min-width: 1024px)").matches) return toggleOnRoot("side", "closed");
  if (root.dataset.drawer === "open") delete root.dataset.drawer;
  else root.dataset.drawer = "open";
  if (root.dataset.drawer) document.querySelector(".side [data-search]")?.focus();
}

export function closeDrawer() {
  const open = document.documentElement.dataset.drawer === "open";
  delete document.documentElement.dataset.drawer;
  return open;
}

async function copy(button) {
  const text =
    button.dataset.copy === "code"
      ? button.closest("figure").querySelector("code").textContent
      : button.dataset.copy;
  await writeClipboard(text);
  const label = button.querySelector("[data-word]") ?? button;
  const before = label.textContent;
  if (!button.dataset.done) {
    button.dataset.done = "1";
    label.textContent = "Copied";
    setTimeout(() => {
      label.textContent = before;
      delete button.dataset.done;
    }, 1500);
  }
  say("Copied");
}

async function writeClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http from another machine has no clipboard API; a selected text area still works.
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function say(words) {
  const region = document.getElementById("hearth-said");
  if (region) region.textContent = words;
}

export const actions = {
  theme,
  list,
  rail: () => toggleOnRoot("rail", "folded"),
  drawer: closeDrawer,
  palette: () => openDialog("palette"),
  keys: () => openDialog("keys"),
  prompt: () => openDialog("prompt"),
  panel: (button) => openPanel(button.dataset.panel, button),
  close: (button) => button.closest("dialog")?.close(),
  focus: () => document.querySelector("[data-composer]")?.focus(),
  filter: () => document.querySelector("[data-filter]")?.focus(),
  heatFigures,
  find: () => {
    if (document.documentElement.dataset.side === "closed") toggleOnRoot("side", "closed");
    if (!window.matchMedia("(min-width: 1024px)").matches)
      document.documentElement.dataset.drawer = "open";
    document.querySelector("[data-search]")?.focus();
  },
};

// Do what a button says: here, on the server, or both.
export function run(button, event) {
  if (button.dataset.copy !== undefined) return copy(button);
  if (button.tagName === "A") {
    if (event?.ctrlKey || event?.metaKey || event?.shiftKey) return;
    event?.preventDefault();
  }
  const dialog = button.closest("dialog[data-dialog]");
  if (dialog && button.dataset.stay === undefined) dialog.close();
  if (button.dataset.ui) actions[button.dataset.ui]?.(button);
  if (button.dataset.do) window.hearth.send({ ...button.dataset });
}
