// Finds officers in a long list by agency or number, and counts those chosen. Whoever is chosen stays in sight.
"use strict";

const list = document.querySelector("[data-officers] .officers");

if (list) {
  const groups = [...list.querySelectorAll(".choices__group")];
  const boxes = [...list.querySelectorAll("input[type=checkbox]")];

  const labelled = (text, control) => {
    const field = document.createElement("div");
    const label = document.createElement("label");
    field.className = "field";
    label.textContent = text;
    label.htmlFor = control.id;
    field.append(label, control);
    return field;
  };

  const agency = document.createElement("select");
  agency.id = "find-agency";
  agency.append(new Option("All agencies", ""));
  for (const group of groups) {
    agency.append(new Option(group.getAttribute("aria-label")));
  }

  const number = document.createElement("input");
  number.id = "find-number";
  number.className = "input--10";
  number.autocomplete = "off";

  const count = document.createElement("p");
  count.className = "officers__count";
  count.setAttribute("role", "status");

  const finder = document.createElement("div");
  finder.className = "officers__finder";
  finder.append(labelled("Agency", agency), labelled("Rank or number", number), count);
  list.before(finder);

  const show = () => {
    const wanted = number.value.trim().toLowerCase();
    for (const group of groups) {
      const right = !agency.value || group.getAttribute("aria-label") === agency.value;
      let any = false;
      for (const choice of group.querySelectorAll(".choice")) {
        const found = right && choice.textContent.toLowerCase().includes(wanted);
        choice.hidden = !found && !choice.querySelector("input").checked;
        any = any || !choice.hidden;
      }
      group.hidden = !any;
    }
    const chosen = boxes.filter((box) => box.checked).length;
    count.textContent = chosen === 1 ? "1 officer chosen" : `${chosen} officers chosen`;
  };

  agency.addEventListener("change", show);
  number.addEventListener("input", show);
  list.addEventListener("change", show);
  number.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
    }
  });
  show();
}
