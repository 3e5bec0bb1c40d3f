// A file that a person chooses is read here, and its text put into the box of the same form.
export function watchFiles() {
  document.addEventListener("change", async (event) => {
    const field = event.target.closest("input[type=file][data-into]");
    if (!field?.files.length) return;
    const box = field.form.querySelector(field.dataset.into);
    box.value = await field.files[0].text();
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
}
