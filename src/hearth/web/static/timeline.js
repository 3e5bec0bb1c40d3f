// The chart of the timeline takes the wheel for zooming. Without Ctrl the wheel belongs to the page,
// which scrolls; ECharts would stop the event all the same.
export function watchTimeline() {
  const options = { capture: true, passive: true };
  const yieldWheel = (event) => {
    if (!event.ctrlKey && event.target.closest?.(".timeline-chart")) event.stopPropagation();
  };
  document.addEventListener("wheel", yieldWheel, options);
  document.addEventListener("mousewheel", yieldWheel, options); // the name that ECharts listens to
}
