// The browser's side of the web face: it forwards what people do and keeps what is purely visual.
//
// A button with data-do="retry" data-id="7" sends {do: "retry", id: "7"} to the page on the server;
// a form with data-do sends its fields as well. A button with data-ui="theme" is handled here.
import { actions, run } from "./actions.js";
import { moveTo, showDraft, watchComposer } from "./composer.js";
import { whenThere } from "./dom.js";
import { watchFiles } from "./files.js";
import { watchKeys } from "./keys.js";
import { power, watchMachine } from "./machine.js";
import { watchModels } from "./models.js";
import { watchPanels } from "./panels.js";
import { watchTerms } from "./terms.js";
import { watchThread } from "./thread.js";
import { watchTimeline } from "./timeline.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do],[data-ui],[data-copy]");
  if (!button || button.disabled || button.matches("form")) return;
  run(button, event);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-do]");
  if (!form) return;
  event.preventDefault();
  hearth.send({ ...form.dataset, ...Object.fromEntries(new FormData(form)) });
});

document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-set]");
  if (field) hearth.send({ do: "set", name: field.dataset.set, value: field.value });
  const choice = event.target.closest("[data-send]");
  if (choice) hearth.send({ do: choice.dataset.send, [choice.dataset.as]: choice.value });
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches("[data-mirror]")) {
    const twin = document.querySelector(`[data-mirror-of="${field.dataset.mirror}"]`);
    if (twin) twin.value = field.value;
  }
  if (field.matches("[data-search]")) {
    clearTimeout(field.pause);
    field.pause = setTimeout(() => hearth.send({ do: field.dataset.search || "search", query: field.value }), 120);
  }
});

// A value that was refused goes back to the one that holds.
document.addEventListener("hearth:put-back", ({ detail: name }) => {
  for (const field of document.querySelectorAll(`[data-set="${CSS.escape(name)}"]`))
    field.value = field.defaultValue;
});

window.addEventListener("popstate", () => {
  hearth.send({ do: "visit", path: location.pathname, search: location.search });
  showDraft();
});

window.hearth = {
  actions,
  power,
  send: (command) => window.emitEvent("hearth", command),
  address: (path) => path === location.pathname + location.search || moveTo(path),
};

const [lost, trying] = document.querySelectorAll("#popup > span");
lost.textContent = "Hearth does not answer.";
trying.textContent = "Trying to reach it again. What you have written is kept.";

// On a phone the rail scrolls sideways: the present page is brought into sight.
whenThere(".rail [aria-current]", (link) => link.scrollIntoView({ block: "nearest", inline: "center" }));

watchFiles();
watchKeys();
watchPanels();
watchThread();
watchComposer();
watchMachine();
watchModels();
watchTerms();
watchTimeline();
