// The box one writes in: it grows with its text, sends on Enter, and keeps a draft for each address.
import { whenThere } from "./dom.js";

const draftKey = () => `hearth.draft.${location.pathname}`;

export function watchComposer() {
  document.addEventListener("input", (event) => {
    const box = event.target.closest("textarea[data-grow]");
    if (box) grow(box);
    if (box?.matches("[data-composer]")) {
      sessionStorage.setItem(draftKey(), box.value);
      mark(box);
    }
  });
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.("textarea[data-enter]");
    if (!box || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (box.value.trim()) box.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const box = event.target.querySelector("[data-composer]");
    if (box) empty(box);
  });
  document.addEventListener("submit", refuseUnsendable, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-do=new], [data-do=open]"))
      left = document.querySelector("[data-composer]")?.value ?? null;
  }, true);
  document.addEventListener("hearth:write", (event) => write(event.detail));
  whenThere("[data-composer]", (box) => {
    showDraft();
    if (window.matchMedia("(min-width: 640px)").matches) box.focus();
  });
}

let left = null; // what stood in the box when one went elsewhere

// Go to another address: what is typed after leaving goes along, what was typed before stays behind.
export function moveTo(path) {
  const box = document.querySelector("[data-composer]");
  if (!box) return history.pushState(null, "", path);
  const goesAlong = left === null || box.value !== left;
  if (goesAlong) sessionStorage.setItem(draftKey(), left ?? "");
  left = null;
  history.pushState(null, "", path);
  if (goesAlong) sessionStorage.setItem(draftKey(), box.value);
  else showDraft();
}

// Show what was left unfinished at this address.
export function showDraft() {
  const box = document.querySelector("[data-composer]");
  if (!box) return;
  box.value = sessionStorage.getItem(draftKey()) ?? "";
  grow(box);
  mark(box);
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, window.innerHeight * 0.4)}px`;
}

// A text that cannot be sent now stays where it is: while an answer is being written, or when it is
// longer than the socket takes.
function refuseUnsendable(event) {
  const box = event.target.querySelector("textarea[data-max]");
  if (!box) return;
  const running = event.target.querySelector("[data-do=stop]");
  const tooLong = new Blob([box.value]).size > Number(box.dataset.max);
  if (!running && !tooLong && box.value.trim()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!tooLong) return;
  const most = Number(box.dataset.max).toLocaleString("en");
  window.hearth.send({ do: "too-long", size: String(box.value.length), most });
}

const mark = (box) => (box.form.dataset.filled = box.value.trim() ? "yes" : "no");

function empty(box) {
  sessionStorage.removeItem(draftKey());
  setTimeout(() => {
    box.value = "";
    grow(box);
    mark(box);
    box.focus();
  });
}

// Put text into the box, for instance one that could not be sent.
function write(text) {
  const box = document.querySelector("[data-composer]");
  if (!box) return;
  box.value = text;
  grow(box);
  mark(box);
  box.focus();
}
