// A piece of the page that the server writes as HTML. A change is merged into what is there, node by
// node, so that focus, selection, scroll position and open details survive it.
export default {
  template: `<component :is="tag"></component>`,
  props: { html: String, tag: String },
  mounted() {
    this.$el.innerHTML = this.html;
    attend(this.$el);
  },
  watch: {
    html(html) {
      const next = document.createElement("template");
      next.innerHTML = html;
      mergeChildren(this.$el, next.content);
      attend(this.$el);
      document.dispatchEvent(new Event("hearth:grown"));
    },
  },
};

const attended = new WeakSet();

// A field that has just appeared and asks for it gets the focus, and room for its text.
function attend(element) {
  const field = element.querySelector("[autofocus]");
  if (!field || attended.has(field) || !field.checkVisibility()) return;
  attended.add(field);
  field.focus();
  field.select?.();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function mergeChildren(old, next) {
  const keyed = new Map();
  for (const child of old.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  let at = old.firstChild;
  for (const wanted of [...next.childNodes]) {
    const same = keyed.get(wanted.dataset?.key) ?? (at && alike(at, wanted) ? at : null);
    if (!same) {
      old.insertBefore(wanted, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    merge(same, wanted);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const alike = (a, b) =>
  a.nodeType === b.nodeType &&
  a.nodeName === b.nodeName &&
  (a.dataset?.key ?? null) === (b.dataset?.key ?? null);

function merge(old, next) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  if (old.isEqualNode(next)) return;
  for (const { name } of [...old.attributes])
    if (!next.hasAttribute(name) && !(name === "open" && old.matches("details"))) old.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.matches("input, select") && old !== document.activeElement)
    old.value = next.value;
  // A box whose state the server keeps follows it, also where a person has touched it before.
  if (old.matches("[type=checkbox][data-send]")) old.checked = next.hasAttribute("checked");
  mergeChildren(old, next);
}
