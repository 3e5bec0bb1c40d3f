// Keys that work everywhere. Those that are a single letter stay quiet while one types.
import { closeDrawer, run } from "./actions.js";
import { openDialog } from "./panels.js";

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const press = (selector) => {
  const button = document.querySelector(selector);
  if (button && !button.disabled) run(button);
};

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openDialog("palette");
    } else if (command && event.shiftKey && event.key.toLowerCase() === "o") {
      event.preventDefault();
      press("[data-do=new]");
    } else if (event.key === "Escape") {
      escape(event);
    } else if (!command && !event.altKey && !typing(event.target)) {
      plain(event);
    }
  });
  document.addEventListener("keydown", walkTokens);
}

function plain(event) {
  if (event.key === "?") openDialog("keys");
  else if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[data-composer], [data-filter]")?.focus();
  } else if (event.key.length === 1 && !event.repeat) {
    const named = `[data-press~="${CSS.escape(event.key.toLowerCase())}"]:not(:disabled)`;
    const button = [...document.querySelectorAll(named)].find((one) => one.checkVisibility());
    if (button) run(button);
  }
}

// Esc closes what is open, innermost first; with nothing open it stops the answer.
function escape(event) {
  if (document.querySelector("dialog[open], [data-popover]:popover-open")) return;
  const cancel = event.target.closest("form")?.querySelector("[data-cancel]");
  if (cancel) return run(cancel);
  if (closeDrawer()) return;
  press(".composer [data-do=stop]");
}

// The tokens of the lens are one stop of the Tab key; arrows walk among them.
function walkTokens(event) {
  const token = event.target.closest?.(".lens [data-do=token]");
  if (!token) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    return run(token);
  }
  const tokens = [...token.closest(".lens").querySelectorAll("[data-do=token]")];
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
  let next = step ? tokens.indexOf(token) + step : undefined;
  if (event.key === "Home") next = 0;
  if (event.key === "End") next = tokens.length - 1;
  if (next === undefined) return;
  event.preventDefault();
  const target = tokens[Math.max(0, Math.min(next, tokens.length - 1))];
  tokens.forEach((other) => (other.tabIndex = other === target ? 0 : -1));
  target.focus();
}
