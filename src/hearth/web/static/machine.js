// The Machine page: forms that answer while a slider moves, and numbers on the axes of its charts.
const PAUSE_MS = 80; // after the last movement of a slider

export function watchMachine() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    if (event.target.matches("[data-steps]")) showStep(event.target);
    clearTimeout(form.pause);
    form.pause = setTimeout(() => form.requestSubmit(), PAUSE_MS);
  });
}

// A slider walks along a list of values; its label says the value and not the place in the list.
function showStep(slider) {
  const value = Number(slider.dataset.steps.split(" ")[slider.value]);
  const words = value ? value.toLocaleString("en-US") : slider.dataset.none;
  slider.setAttribute("aria-valuetext", value ? `${words} ${slider.dataset.unit}` : words);
  slider.closest(".slider").querySelector("output").textContent = words;
}

// A power of ten as people write it: 1000000000 is 1 G.
export function power(value) {
  const prefixes = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const [size, prefix] = prefixes.find(([least]) => value >= least) ?? [1, ""];
  return `${Number((value / size).toPrecision(3))}${prefix && `\u2009${prefix}`}`;
}
