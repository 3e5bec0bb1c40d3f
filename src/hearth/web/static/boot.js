// Runs before the first paint, so that a remembered theme and a folded rail never flash.
const kept = (name) => {
  try {
    return localStorage.getItem(`hearth.${name}`);
  } catch {
    return null;
  }
};
const root = document.documentElement;
if (["dark", "light"].includes(kept("theme"))) root.dataset.theme = kept("theme");
if (kept("rail") === "folded") root.dataset.rail = "folded";
if (kept("side") === "closed") root.dataset.side = "closed";
