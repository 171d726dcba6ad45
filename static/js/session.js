// Warns two minutes before the session ends; one press keeps it.
"use strict";

const warning = document.querySelector("[data-session-end]");
const AHEAD = 120;
const LONGEST = 2147483; // seconds that fit a timer

if (warning) {
  const seconds = Number(warning.dataset.seconds);
  let timer;

  const watch = () => {
    clearTimeout(timer);
    warning.hidden = true;
    timer = setTimeout(show, Math.min(Math.max(seconds - AHEAD, 0), LONGEST) * 1000);
  };

  const show = () => {
    warning.hidden = false;
    warning.focus();
  };

  const stay = async () => {
    const back = document.activeElement;
    const answer = await fetch(warning.dataset.keep, { method: "HEAD", credentials: "same-origin" });
    if (answer.redirected || !answer.ok) {
      window.location.reload();
      return;
    }
    watch();
    if (back && back.closest("[data-session-end]")) {
      document.getElementById("content").focus();
    }
  };

  warning.querySelector("[data-stay]").addEventListener("click", stay);
  // Whoever types is here: each draft that is kept starts the time anew.
  document.addEventListener("session-kept", () => warning.hidden && watch());
  watch();
}
