// Keeps what is being typed into a long form as a draft on the server, and offers it when the form is next opened.
//
// A form takes drafts when it is posted and has a text area or a date, or says data-draft; data-draft="off" forbids it.
// A draft belongs to the address its form is sent to: the server discards it when that address has taken the form.
"use strict";

(() => {
  const PAUSE = 3000; // milliseconds after the last key
  const NEVER_KEPT = ["hidden", "password", "file", "submit", "button", "reset", "image"];

  const { address, answered } = document.currentScript.dataset;

  const takesDrafts = (form) =>
    form.dataset.draft !== "off" &&
    !form.querySelector("[type=password]") &&
    (form.hasAttribute("data-draft") || form.querySelector("textarea, .date-parts"));

  const pathOf = (form) => {
    const url = new URL(form.getAttribute("action") || "", window.location.href);
    return url.pathname + url.search;
  };

  // The answer to a form that was sent shows what was typed last: nothing older is offered there.
  const answers = (path) => answered && path === window.location.pathname + window.location.search;

  const fieldsOf = (form) =>
    [...form.elements].filter(
      (field) =>
        field.name && field.matches("input, select, textarea") && !field.disabled && !NEVER_KEPT.includes(field.type)
    );

  const isTicked = (field) => field.type === "checkbox" || field.type === "radio";

  // The values of a field: none, when it is a box that is not ticked.
  const valuesOf = (field, asDrawn) => {
    if (isTicked(field)) {
      return (asDrawn ? field.defaultChecked : field.checked) ? [field.value] : [];
    }
    if (field.options) {
      const drawn = [...field.options].filter((option) => option.defaultSelected);
      // A list of one choice that marks none shows its first.
      const shown = drawn.length || field.multiple ? drawn : [...field.options].slice(0, 1);
      return (asDrawn ? shown : [...field.selectedOptions]).map((option) => option.value);
    }
    return [asDrawn ? field.defaultValue : field.value];
  };

  const read = (form, asDrawn = false) => {
    const values = {};
    for (const field of fieldsOf(form)) {
      values[field.name] = [...(values[field.name] || []), ...valuesOf(field, asDrawn)];
    }
    return values;
  };

  const differ = (some, others) =>
    Object.keys(some).some((name) => name in others && JSON.stringify(some[name]) !== JSON.stringify(others[name]));

  const write = (form, values) => {
    const places = {};
    for (const field of fieldsOf(form)) {
      const wanted = values[field.name];
      if (!wanted) {
        continue;
      }
      if (isTicked(field)) {
        field.checked = wanted.includes(field.value);
      } else if (field.options) {
        for (const option of field.options) {
          option.selected = wanted.includes(option.value);
        }
      } else {
        const place = places[field.name] || 0;
        places[field.name] = place + 1;
        field.value = wanted[place] ?? field.value;
      }
      // Whatever reckons along while one types does so now.
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  const element = (name, attributes, ...content) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) {
      made.setAttribute(attribute, value);
    }
    made.append(...content);
    return made;
  };

  const keepDraftsOf = (form) => {
    const path = pathOf(form);
    const isAnswer = answers(path);
    // Live regions speak only of what changes in them, so both are there from the start.
    const offer = element("div", { "aria-live": "polite" });
    const status = element("p", { class: "hint", role: "status" });
    form.prepend(offer);
    form.append(status);

    let timer = 0;
    let sending;

    const save = async () => {
      clearTimeout(timer);
      timer = 0;
      let fields = read(form);
      if (!isAnswer && !differ(fields, read(form, true))) {
        if (offer.hasChildNodes()) {
          return; // nothing new is typed, and the old is not decided upon
        }
        fields = {};
      }
      if (sending) {
        sending.abort();
      }
      sending = new AbortController();
      try {
        const answer = await fetch(address, {
          method: "POST",
          headers: {
            "Content-Type": "application/json",
            "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value,
          },
          body: JSON.stringify({ path, fields }),
          keepalive: document.hidden,
          signal: sending.signal,
        });
        say(await inWords(answer));
      } catch (error) {
        if (error.name !== "AbortError") {
          say("What you type cannot be kept as a draft: the server does not answer.");
        }
      }
    };

    const inWords = async (answer) => {
      if (answer.status === 413) {
        return "What you type is too long to be kept as a draft.";
      }
      if (answer.redirected || answer.status === 403) {
        return "What you type cannot be kept as a draft: you were signed out. Copy it before you go on.";
      }
      if (!answer.ok) {
        return "What you type cannot be kept as a draft.";
      }
      document.dispatchEvent(new Event("session-kept"));
      if (answer.status === 204) {
        return status.textContent && "Draft discarded.";
      }
      const kept = await answer.json();
      const without = kept.complete ? "" : ", without what looks like personal data";
      return `Draft kept at ${kept.clock}${without}.`;
    };

    const say = (words) => {
      if (status.textContent !== words) {
        status.textContent = words;
      }
    };

    const decide = (words) => {
      offer.replaceChildren();
      const first = fieldsOf(form)[0];
      if (first) {
        first.focus();
      }
      say(words);
    };

    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(save, PAUSE);
    });

    // What is sent is no draft any more; when it is refused, the page comes back with it.
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      timer = 0;
      if (sending) {
        sending.abort();
      }
    });

    document.addEventListener("visibilitychange", () => {
      if (document.hidden && timer) {
        save();
      }
    });

    if (isAnswer) {
      timer = setTimeout(save, PAUSE);
    }

    return (draft) => {
      if (!differ(draft.fields, read(form))) {
        return;
      }
      const back = element("button", { type: "button", class: "button button--secondary" }, "Put it back");
      const away = element("button", { type: "button", class: "link-button" }, "Discard");
      back.addEventListener("click", () => {
        write(form, draft.fields);
        decide("What you typed is back.");
      });
      away.addEventListener("click", () => {
        decide("Draft discarded.");
        save();
      });
      offer.append(
        element(
          "div",
          { class: "notice no-print" },
          element("p", { class: "notice__title" }, "Draft"),
          element(
            "div",
            { class: "notice__content" },
            element("p", {}, `What you typed on ${draft.day} at ${draft.clock} was kept`),
            element("div", { class: "button-group" }, back, away)
          )
        )
      );
    };
  };

  const offers = new Map();
  for (const form of document.querySelectorAll("main form[method=post i]")) {
    if (takesDrafts(form) && !offers.has(pathOf(form))) {
      offers.set(pathOf(form), keepDraftsOf(form));
    }
  }

  const ask = async () => {
    const paths = [...offers.keys()].filter((path) => !answers(path));
    if (!paths.length) {
      return;
    }
    const answer = await fetch(`${address}?${new URLSearchParams(paths.map((path) => ["path", path]))}`);
    if (!answer.ok || answer.redirected) {
      return;
    }
    for (const draft of (await answer.json()).drafts) {
      offers.get(draft.path)(draft);
    }
  };

  ask().catch(() => {}); // without an answer the form is just a form
})();
