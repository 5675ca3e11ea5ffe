// Forms from the declarations of parameters: a label, an input, a sentence of help, and what is wrong
// with it.

import {fill, h, later, say} from "./dom.js";
import {chooseFolder} from "./dialogs.js";
import {changed, check, look, store, takeImages} from "./store.js";

const checkSoon = later(() => check().catch(() => {}), 250);
// Parameters that change which images there are, or what is known of them.
const DECIDING = new RegExp(
  ["_dir$", "class", "label_pattern", "group_", "image_size", "channels", "test_share", "split_seed"].join(
    "|",
  ),
);
const takeSoon = later((folder) => takeImages(folder).catch(() => {}), 500);
const lookSoon = later(() => look(), 500);

/**
 * One field of the form `kind` (`data` or `hyper`); `own` is what an empty field means, and `word` what that
 * is called.
 */
export function field(kind, declared, own, word = "default") {
  const id = `${kind}-${declared.name}`;
  const fault = h("p.fault", {id: `${id}-fault`});
  const help = h("p.help", {id: `${id}-help`}, declared.help);
  const plan = h("p.planned-value", {id: `${id}-plan`});
  const spot = h(".with");
  const set = (text) => {
    if (kind === "data" && declared.name === "train_dir") return takeSoon(text);
    store[kind][declared.name] = text;
    if (text === "") delete store[kind][declared.name];
    checkSoon();
    if (kind === "data" && DECIDING.test(declared.name)) lookSoon();
    changed(kind);
  };
  const common = {
    id,
    name: declared.name,
    "aria-describedby": `${id}-help ${id}-plan ${id}-fault`,
    autocomplete: "off",
  };
  const value = store[kind][declared.name] ?? "";
  const choices = declared.kind === "bool" ? ["true", "false"] : declared.choices.map(String);
  const vary =
    choices.length && declared.tunable
      ? h("button.vary.quiet", {type: "button", onclick: () => several(true)}, "Add values to tune")
      : null;

  function several(on) {
    fill(
      spot,
      on
        ? entry(declared, common, store[kind][declared.name] ?? "", set, own)
        : choice(declared, common, choices, value, set, own, word),
    );
    if (vary) vary.hidden = on;
    if (on && document.activeElement !== document.body) spot.querySelector("input")?.focus();
  }
  if (choices.length) several(value.includes(","));
  else
    fill(
      spot,
      entry(declared, common, value, set, own),
      declared.kind === "path" ? folderButton(declared, id, set) : null,
    );
  const made = h(
    ".field",
    {},
    h(
      "label",
      {htmlFor: id},
      h("span", {}, declared.label, declared.unit ? h("span.unit", {}, ` (${declared.unit})`) : null),
      vary,
    ),
    spot,
    plan,
    fault,
    help,
  );
  if (["layers", "map", "weights", "path"].includes(declared.kind)) made.classList.add("wide");
  made.refresh = () => {
    const planned = store.planned[kind][declared.name];
    const differs = planned !== undefined && (store[kind][declared.name] ?? "") !== planned;
    made.classList.toggle("differs", differs);
    say(plan, differs ? `The plan uses ${planned}` : "");
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
  const props = {
    ...common,
    value,
    placeholder: shownDefault(declared, own),
    oninput: (event) => set(event.target.value.trim()),
  };
  if (["layers", "map", "weights"].includes(declared.kind))
    return h("textarea", {...props, rows: 3, spellcheck: false});
  const numbers = ["int", "float"].includes(declared.kind);
  return h("input", {
    ...props,
    type: "text",
    spellcheck: false,
    inputMode: numbers && !declared.tunable ? "decimal" : "text",
  });
}

function choice(declared, common, choices, value, set, own, word) {
  return h(
    "select",
    {...common, onchange: (event) => set(event.target.value)},
    h("option", {value: "", selected: value === ""}, `${shownDefault(declared, own)} (${word})`),
    choices.map((each) => h("option", {value: each, selected: each === value}, each)),
  );
}

function folderButton(declared, id, set) {
  return h(
    "button",
    {
      type: "button",
      "aria-label": `Choose a folder: ${declared.label}`,
      onclick: async () => {
        const chosen = await chooseFolder(declared.label, store.data[declared.name]);
        if (chosen === null) return;
        document.getElementById(id).value = chosen;
        set(chosen);
      },
    },
    "Choose …",
  );
}

/**
 * Groups of fields; the first ones are open. `fields` is a list of `[declaration, own default, its name,
 * element]`; an
 * element of its own stands in the place of the usual field.
 */
export function groups(kind, fields, open = 2) {
  const found = new Map();
  for (const item of fields) found.set(item[0].group, [...(found.get(item[0].group) ?? []), item]);
  const inputs = [];
  const sections = [...found].map(([title, members], index) => section(title, members, index < open));
  return {elements: sections, refresh: () => inputs.forEach((each) => each.refresh()), filter};

  function section(title, members, isOpen) {
    const made = members.map(([declared, own, word, element]) => {
      const input = element ?? field(kind, declared, own, word);
      input.refresh ??= () => {};
      input.words = [declared.name, declared.label, declared.help, title].join(" ").toLowerCase();
      input.isSet = () => Boolean(store[kind][declared.name]);
      return input;
    });
    inputs.push(...made);
    const set = made.filter((input) => input.isSet()).length;
    const count = set ? h("span.muted", {}, ` · ${set} set`) : null;
    const group = h(
      "details.group",
      {open: isOpen || set > 0},
      h("summary", {}, title, count),
      h(".form", {}, made),
    );
    group.inputs = made;
    return group;
  }

  /**
   * Show only the fields in which every word stands, and with `onlySet` only those with a value; gives their
   * number.
   */
  function filter(text, onlySet = false) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const input of inputs) {
      input.hidden = !words.every((word) => input.words.includes(word)) || (onlySet && !input.isSet());
    }
    for (const group of sections) {
      group.hidden = group.inputs.every((input) => input.hidden);
      if (words.length || onlySet) group.open = true;
    }
    return inputs.filter((input) => !input.hidden).length;
  }
}
