// Fields for what a job is asked for beside images and parameters; an empty one leaves it to the server.

import {h, note, say} from "./dom.js";

function labelled(element, label, value) {
  const fault = h("p.fault", {id: `${element.id}-fault`, role: "alert"});
  const tell = (sentence) => {
    say(fault, sentence);
    if (sentence) element.setAttribute("aria-invalid", "true");
    else element.removeAttribute("aria-invalid");
  };
  element.setAttribute("aria-describedby", fault.id);
  element.addEventListener("input", () => tell(""));
  return {
    element: h(".field", {}, h("label", {htmlFor: element.id}, label), element, fault),
    input: element,
    value,
    tell,
  };
}

/** A choice among `[value, title]`. */
export function pick(id, label, choices) {
  const element = h(
    "select",
    {id},
    choices.map(([value, title]) => h("option", {value}, title)),
  );
  return labelled(element, label, () => element.value);
}

/** A number; `placeholder` says what is taken where nothing is typed. */
export function number(id, label, placeholder) {
  const element = h("input", {id, inputMode: "decimal", placeholder, autocomplete: "off"});
  return labelled(element, label, () => element.value.trim() || undefined);
}

/** A number of minutes, sent in seconds. */
export function minutes(id, label, placeholder) {
  const field = number(id, label, placeholder);
  const typed = field.value;
  field.value = () => scaled(typed(), 60);
  return field;
}

/** A number times `factor`; what is no number stays as it is, for the server to name it. */
function scaled(text, factor) {
  const value = Number(text) * factor;
  return text === undefined || Number.isNaN(value) ? text : Number(value.toPrecision(12));
}

/** Several percentages, parted by commas or spaces, sent as fractions. */
export function percentages(id, label, value) {
  const element = h("input", {id, value, autocomplete: "off", spellcheck: false});
  return labelled(element, label, () =>
    element.value
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map((text) => scaled(text, 0.01)),
  );
}

/** The options of a request, from `{name: field}`. */
export function chosen(fields) {
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, field]) => [name, field.value()])
      .filter(([, value]) => value !== undefined),
  );
}

/** Say what was wrong with a request: at each of the fields that is meant, and in a note what has none. */
export function tellRefusal(fields, error) {
  const faults = Object.entries(error.faults ?? {}).map(([key, sentence]) => [
    key.replace(/^options\./, ""),
    sentence,
  ]);
  const told = new Map(faults.filter(([name]) => fields[name]));
  for (const [name, field] of Object.entries(fields)) field.tell(told.get(name) ?? "");
  fields[told.keys().next().value]?.input.focus();
  if (!faults.length || told.size < faults.length) note(error.message);
}
