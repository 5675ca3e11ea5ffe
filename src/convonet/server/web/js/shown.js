// What is clicked, as a command and in Python.

import {call} from "./api.js";
import {fill, h, note} from "./dom.js";

/** A part that opens to the command and the Python that do the same; `make()` gives the request of a run. */
export function shownAs(make) {
  const place = h("div");
  const part = h(
    "details.card",
    {ontoggle: () => part.open && show()},
    h("summary", {}, "As a command and as Python code"),
    place,
  );
  return part;

  async function show() {
    try {
      const found = await call("shown-as", {body: make()});
      fill(place, block("Command", found.command), block("Python", found.python));
    } catch (error) {
      fill(place, h("p.muted", {}, error.message));
    }
  }
}

function block(title, text) {
  const copy = h(
    "button.quiet",
    {type: "button", "aria-label": `Copy: ${title}`, onclick: () => copied(text)},
    "Copy",
  );
  return [
    h(".row.middle", {}, h("h3", {}, title), copy),
    h("pre", {tabIndex: 0, "aria-label": title}, text),
    h("p"),
  ];
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    note("Copied");
  } catch {
    note("The browser denied access to the clipboard. Select the text and copy it instead");
  }
}
