// Forms from the declarations of parameters: a label, an input, a sentence of help, and what is wrong with it.

import {fill, h, later, say} from "./dom.js";
import {chooseFolder} from "./dialogs.js";
import {changed, check, look, store} from "./store.js";

const checkSoon = later(() => check().catch(() => {}), 250);
const DECIDING = /_dir$|class_map|label_pattern|missing_classes|num_classes|group_|image_size|channels/;
const lookSoon = later(() => look(), 500);

/** One field of the form `kind` (`data` or `hyper`); `own` is what an empty field means, and `word` what that is called. */
export function field(kind, declared, own, word = "default") {
  const id = `${kind}-${declared.name}`;
  const fault = h("p.fault", {id: `${id}-fault`});
  const help = h("p.help", {id: `${id}-help`}, declared.help);
  const spot = h(".with");
  const set = (text) => {
    store[kind][declared.name] = text;
    if (text === "") delete store[kind][declared.name];
    checkSoon();
    if (kind === "data" && DECIDING.test(declared.name)) lookSoon();
    changed(kind);
  };
  const common = {id, name: declared.name, "aria-describedby": `${id}-help ${id}-fault`, autocomplete: "off"};
  const value = store[kind][declared.name] ?? "";
  const choices = declared.kind === "bool" ? ["true", "false"] : declared.choices.map(String);
  const vary = choices.length && declared.tunable ? h("button.vary.quiet", {type: "button", onclick: () => several(true)}, "several …") : null;

  function several(on) {
    fill(spot, on ? entry(declared, common, store[kind][declared.name] ?? "", set, own) : choice(declared, common, choices, value, set, own, word));
    if (vary) vary.hidden = on;
    if (on && document.activeElement !== document.body) spot.querySelector("input")?.focus();
  }
  if (choices.length) several(value.includes(","));
  else fill(spot, entry(declared, common, value, set, own), declared.kind === "path" ? folderButton(declared, id, set) : null);
  const made = h(".field", {}, h("label", {htmlFor: id}, h("span", {}, declared.label, declared.unit ? h("span.unit", {}, ` (${declared.unit})`) : null), vary), spot, fault, help);
  if (["layers", "map", "weights", "path"].includes(declared.kind)) made.classList.add("wide");
  made.refresh = () => {
    const sentence = store.faults[kind][declared.name] ?? "";
    say(fault, sentence);
    const input = spot.querySelector("input, select, textarea");
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  made.refresh();
  return made;
}

function shownDefault(declared, own) {
  const value = own ?? declared.default;
  if (value === null || value === undefined) return declared.default_text || "not set";
  if (declared.kind === "size") return value[0] === value[1] ? `${value[0]}` : value.join("x");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function entry(declared, common, value, set, own) {
  const props = {...common, value, placeholder: shownDefault(declared, own), oninput: (event) => set(event.target.value.trim())};
  if (["layers", "map", "weights"].includes(declared.kind)) return h("textarea", {...props, rows: 3, spellcheck: false});
  const numbers = ["int", "float"].includes(declared.kind);
  return h("input", {...props, type: "text", spellcheck: false, inputMode: numbers && !declared.tunable ? "decimal" : "text"});
}

function choice(declared, common, choices, value, set, own, word) {
  return h("select", {...common, onchange: (event) => set(event.target.value)},
    h("option", {value: "", selected: value === ""}, `${shownDefault(declared, own)} (${word})`),
    choices.map((each) => h("option", {value: each, selected: each === value}, each)));
}

function folderButton(declared, id, set) {
  return h("button", {
    type: "button",
    "aria-label": `Choose a folder: ${declared.label}`,
    onclick: async () => {
      const chosen = await chooseFolder(declared.label, store.data[declared.name]);
      if (chosen === null) return;
      document.getElementById(id).value = chosen;
      set(chosen);
    },
  }, "Choose …");
}

/** Groups of fields; the first ones are open. `fields` is a list of `[declaration, own default, its name]`. */
export function groups(kind, fields, open = 2) {
  const found = Map.groupBy ? Map.groupBy(fields, ([declared]) => declared.group) : grouped(fields);
  const made = [];
  const sections = [...found].map(([title, members], place) => {
    const inputs = members.map(([declared, own, word]) => field(kind, declared, own, word));
    made.push(...inputs);
    const set = members.filter(([declared]) => store[kind][declared.name]).length;
    return h("details.group", {open: place < open || set > 0}, h("summary", {}, title, set ? h("span.muted", {}, ` · ${set} set`) : null), h(".form", {}, inputs));
  });
  return {elements: sections, refresh: () => made.forEach((each) => each.refresh())};
}

function grouped(fields) {
  const found = new Map();
  for (const item of fields) found.set(item[0].group, [...(found.get(item[0].group) ?? []), item]);
  return found;
}
