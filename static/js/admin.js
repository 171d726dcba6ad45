// Repairs what the administration's own scripts draw: icons that carry a label must say that they are images.
"use strict";

window.addEventListener("load", () => {
  for (const icon of document.querySelectorAll("span.help-tooltip[aria-label]")) {
    icon.setAttribute("role", "img");
  }
});
