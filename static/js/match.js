// Adds up what is chosen on either side. A payment that is chosen counts its claims; they cannot be chosen twice.
"use strict";

const form = document.querySelector("form[data-match]");

if (form) {
  const said = form.querySelector("[data-sums]");
  const boxes = [...form.querySelectorAll("input[data-pence]")];
  const pounds = (pence) =>
    (pence < 0 ? "−" : "") +
    (Math.abs(pence) / 100).toLocaleString("en-GB", { style: "currency", currency: "GBP" });

  const add = () => {
    const whole = new Set(boxes.filter((box) => box.checked && !box.dataset.of).map((box) => box.value));
    const sums = { ours: 0, theirs: 0 };
    let any = false;
    for (const box of boxes) {
      if (box.checked && !whole.has(box.dataset.of)) {
        sums[box.dataset.side] += Number(box.dataset.pence);
        any = true;
      }
    }
    const apart = sums.ours - sums.theirs;
    said.textContent = any
      ? `Chosen: ${pounds(sums.ours)} here, ${pounds(sums.theirs)} there, ${pounds(apart)} apart.`
      : "";
  };

  form.addEventListener("change", add);
  add();
}
