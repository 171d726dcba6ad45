// Puts the focus on what went wrong, and keeps a second press of a button from sending a form twice.
"use strict";

const first = document.querySelector("[data-focus-first]");
if (first) {
  first.focus();
}

for (const link of document.querySelectorAll(".error-summary a[href^='#']")) {
  link.addEventListener("click", (event) => {
    const field = document.getElementById(link.hash.slice(1));
    if (!field) {
      return;
    }
    event.preventDefault();
    const group = field.closest(".field") || field;
    group.scrollIntoView();
    field.focus({ preventScroll: true });
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // The page stays when the answer is a file, and may then be sent again.
  setTimeout(() => delete form.dataset.sent, 5000);
});
