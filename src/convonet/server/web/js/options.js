// Fields for what a job is asked for beside images and parameters; an empty one leaves it to the server.

import {h} from "./dom.js";

const labelled = (element, label, value) => ({element: h(".field", {}, h("label", {htmlFor: element.id}, label), element), value});

/** A choice among `[value, title]`. */
export function pick(id, label, choices) {
  const element = h("select", {id}, choices.map(([value, title]) => h("option", {value}, title)));
  return labelled(element, label, () => element.value);
}

/** A number; `placeholder` says what is taken where nothing is typed. */
export function number(id, label, placeholder) {
  const element = h("input", {id, inputMode: "decimal", placeholder, autocomplete: "off"});
  return labelled(element, label, () => element.value.trim() || undefined);
}

/** Several numbers, parted by commas or spaces. */
export function numbers(id, label, value) {
  const element = h("input", {id, value, autocomplete: "off", spellcheck: false});
  return labelled(element, label, () => element.value.split(/[\s,;]+/).filter(Boolean));
}

/** The options of a request, from `{name: field}`. */
export function chosen(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value()]).filter(([, value]) => value !== undefined));
}
