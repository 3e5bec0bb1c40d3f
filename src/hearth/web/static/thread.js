// The thread stays at its end while one is there, and stays still while one reads further up.
import { whenThere } from "./dom.js";

const NEAR_PX = 48;

export function watchThread() {
  whenThere("[data-thread]", (scroller) => follow(scroller, scroller.firstElementChild));
}

function follow(scroller, content) {
  let atEnd = true;
  let fromEnd = null; // distance to keep while earlier messages are put in above
  const toEnd = () => (scroller.scrollTop = scroller.scrollHeight);

  scroller.addEventListener(
    "scroll",
    () => {
      atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
      scroller.parentElement.dataset.atEnd = atEnd ? "yes" : "no";
    },
    { passive: true },
  );

  new ResizeObserver(() => {
    if (fromEnd !== null) {
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
      fromEnd = null;
    } else if (atEnd) toEnd();
  }).observe(content);

  new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      const earlier = scroller.querySelector("[data-do=earlier]");
      if (!earlier) return;
      fromEnd = scroller.scrollHeight - scroller.scrollTop;
      window.hearth.send({ do: "earlier" });
    },
    { root: scroller, rootMargin: "400px 0px 0px 0px" },
  ).observe(content.firstElementChild);

  document.addEventListener("hearth:end", () => {
    atEnd = true;
    requestAnimationFrame(toEnd);
  });
  window.hearth.actions.end = () => scroller.scrollTo({ top: scroller.scrollHeight });
}
