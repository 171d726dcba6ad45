// Goes on with what is approved some at a time, until nothing is left; without it, a button does.
"use strict";

const next = document.querySelector("form[data-goes-on]");

if (next) {
  next.requestSubmit();
}
