// Call back once an element is on the page; NiceGUI draws it after the scripts have run.
export function whenThere(selector, then) {
  const found = document.querySelector(selector);
  if (found) return then(found);
  const observer = new MutationObserver(() => {
    const late = document.querySelector(selector);
    if (!late) return;
    observer.disconnect();
    then(late);
  });
  observer.observe(document.documentElement, { childList: true, subtree: true });
}
