// Data and hyperparameters as forms; presets; files.

import {backboneField} from "../backbones.js";
import {call, seg} from "../api.js";
import {variedWords} from "../comparing.js";
import {counted, fill, h, head, note} from "../dom.js";
import {groups} from "../form.js";
import {looks} from "../looks.js";
import {imposedValues, planWords, recipeFields} from "../recipe.js";
import {dropPlanned, takeRecipe, usedRecipe} from "../plan.js";
import {changed, check, look, store, takeHyper, typed} from "../store.js";

const OPEN_GROUPS = 2;

export function paramsPage(page) {
  const state = {kind: page.part === "data" ? "data" : "hyper"};
  const top = head("Parameters", "");
  const tabs = h(".tabs", {role: "group", "aria-label": "Which parameters"});
  const tools = h("div");
  const form = h("form.card", {onsubmit: (event) => event.preventDefault(), "aria-label": "Parameters"});
  const plan = h(
    ".card",
    {},
    recipeFields(page),
    planWords(page, {onParameters: true}),
    imposedValues(page, clearOne),
  );
  const search = h("input", {id: "param-search", type: "search", autocomplete: "off", oninput: filter});
  const onlySet = h("input", {id: "only-set", type: "checkbox", onchange: filter});
  const none = h("p.muted", {hidden: true}, "No parameter matches.");
  const finder = h(
    ".row.tools",
    {},
    h(".field", {}, h("label", {htmlFor: "param-search"}, "Search parameters"), search),
    h("label.tick", {}, onlySet, "Only values that are set"),
  );
  const before = looks(page);
  fill(page.place, top, tabs, plan, tools, finder, none, form, before);
  let shown = {refresh() {}, filter: () => 1};
  page.on(store, "checked", () => {
    shown.refresh();
    words();
  });
  page.on(store, "recipe", draw);
  draw();
  check().catch(() => {});

  function words() {
    const wrong = Object.keys(store.faults.data).length + Object.keys(store.faults.hyper).length;
    if (wrong) return top.lead(`${counted(wrong, "value is", "values are")} invalid`);
    if (!store.varied.length) {
      const expert = usedRecipe() === "none";
      const plain = "Empty fields use the default shown in gray";
      return top.lead(
        expert || state.kind === "data"
          ? plain
          : "The plan sets the values; choose Expert to see and change all of them",
      );
    }
    top.lead(`${variedWords("settings to tune")}; training uses the first value of each`);
  }

  function draw() {
    const focused = form.contains(document.activeElement) ? document.activeElement.id : "";
    const isHyper = state.kind === "hyper";
    const planned = isHyper && usedRecipe() !== "none";
    const tab = ([kind, title]) =>
      h(
        "button",
        {type: "button", "aria-pressed": String(kind === state.kind), onclick: () => choose(kind)},
        title,
      );
    fill(
      tabs,
      [
        ["hyper", "Network and training"],
        ["data", "Data"],
      ].map(tab),
    );
    plan.hidden = !isHyper;
    before.hidden = !isHyper;
    form.hidden = finder.hidden = planned;
    fill(tools, toolbar());
    shown = groups(state.kind, planned ? [] : isHyper ? hyperFields() : dataFields(), OPEN_GROUPS);
    fill(form, isHyper && !planned ? familyField() : null, shown.elements);
    if (search.value || onlySet.checked) filter();
    words();
    if (focused) document.getElementById(focused)?.focus();
  }

  function choose(kind) {
    state.kind = kind;
    search.value = "";
    draw();
  }

  function filter() {
    none.hidden = shown.filter(search.value, onlySet.checked) > 0;
  }

  function family() {
    const name = (store.hyper.family || "convonet").split(",")[0].trim();
    return store.about.families.find((each) => each.name === name) ?? store.about.families[0];
  }

  function dataFields() {
    return store.about.fields.data.filter((field) => field.name !== "result_dir").map((field) => [field]);
  }

  function hyperFields() {
    const own = family().parameters;
    const tuned = family().name === "transfer";
    const belongs = ({name, group}) =>
      name !== "family" && (group !== "Network" || name in own) && (group !== "Fine-tuning" || tuned);
    return store.about.fields.hyper.filter(belongs).map((field) => {
      const element = field.name === "base" && tuned ? backboneField() : undefined;
      return [field, own[field.name], "default", element];
    });
  }

  function familyField() {
    const options = store.about.families.map((each) =>
      h("option", {value: each.name, selected: each.name === family().name}, each.title),
    );
    const select = h(
      "select",
      {
        id: "hyper-family",
        "aria-describedby": "family-help",
        onchange: (event) => takeFamily(event.target.value),
      },
      options,
    );
    return h(
      ".field.narrow",
      {},
      h("label", {htmlFor: "hyper-family"}, "Network"),
      select,
      h("p.help", {id: "family-help"}, family().description),
    );
  }

  function takeFamily(name) {
    dropPlanned();
    store.recipe = "none";
    store.hyper.family = name;
    const own = family().parameters;
    for (const field of store.about.fields.hyper) {
      if (field.group === "Network" && field.name !== "family" && !(field.name in own))
        delete store.hyper[field.name];
    }
    // A backbone wants images of the size that it was trained with.
    const base =
      name === "transfer" && store.about.bases.find((each) => each.name === (store.hyper.base || own.base));
    if (base && !store.data.image_size)
      Object.assign(store.data, {image_size: `${base.image_size}`, channels: "3"});
    changed("data", "hyper", "recipe");
    check().catch(() => {});
    if (base) look().catch(() => {});
  }

  function toolbar() {
    const names = store.about.presets[state.kind];
    const presets = h(
      "select",
      {id: "preset"},
      h("option", {value: ""}, "Choose a preset"),
      names.map((name) => h("option", {value: name}, name.replaceAll("_", " "))),
    );
    presets.addEventListener(
      "change",
      () => presets.value && use(() => call(`presets/${state.kind}/${seg(presets.value)}`)),
    );
    const file = h("input", {
      type: "file",
      accept: ".json,application/json",
      hidden: true,
      "aria-label": "Parameter file",
      onchange: () => file.files[0] && use(async () => opened(JSON.parse(await file.files[0].text()))),
    });
    return h(
      ".row.tools",
      {},
      h(".field", {}, h("label", {htmlFor: "preset"}, "Presets"), presets),
      h(
        ".buttons",
        {},
        h("button", {type: "button", onclick: () => file.click()}, "Open a file …"),
        file,
        h("button", {type: "button", onclick: save}, "Save as a file"),
        h("button", {type: "button", onclick: clear}, "Defaults"),
      ),
    );
  }

  async function use(read) {
    try {
      take(await read());
    } catch (error) {
      note(error instanceof SyntaxError ? "The file is not JSON" : error.message);
    }
  }

  /** Files of version 0 and 1 keep the last epoch where they do not say which. */
  function opened(values) {
    const old = state.kind === "hyper" && (values.format_version ?? 0) < 2;
    return old ? {save_best: "none", ...values} : values;
  }

  function take(values) {
    if (state.kind === "hyper") takeHyper(values);
    else takeData(values);
    draw();
    check().catch(() => {});
  }

  function takeData(values) {
    const fields = Object.fromEntries(store.about.fields.data.map((field) => [field.name, field]));
    const paths = Object.entries(store.data).filter(([name]) => name.endsWith("_dir"));
    const known = Object.entries(values)
      .filter(([name]) => name in fields && name !== "result_dir")
      .map(([name, value]) => [name, typed(fields[name], value)])
      .filter(([, text]) => text !== "");
    store.data = Object.fromEntries([...paths, ...known]);
    changed("data");
    look();
  }

  function clear() {
    const before = usedRecipe();
    if (state.kind === "hyper") dropPlanned();
    take({});
    if (state.kind === "hyper" && before !== "none") takeRecipe(before);
  }

  function clearOne(name) {
    delete store.hyper[name];
    changed("hyper");
    check().catch(() => {});
  }

  function save() {
    if (Object.keys(store.faults[state.kind]).length) return note("A value is invalid; nothing was saved");
    const values = {format_version: store.about.format_version, ...store.values[state.kind]};
    const text = `${JSON.stringify(values, null, 2)}\n`;
    const link = h("a", {
      href: URL.createObjectURL(new Blob([text], {type: "application/json"})),
      download: `${state.kind}_params.json`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}
