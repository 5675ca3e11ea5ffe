// Data and hyper parameters as forms; presets; files.

import {call, seg} from "../api.js";
import {fill, h, head, note} from "../dom.js";
import {groups} from "../form.js";
import {planWords, plannedValue, recipeFields} from "../recipe.js";
import {changed, check, look, store, takeHyper, takeRecipe, typed, usedRecipe} from "../store.js";

export function paramsPage(page) {
  const state = {kind: page.part === "data" ? "data" : "hyper"};
  const top = head("Parameters", "");
  const tabs = h(".tabs", {role: "group", "aria-label": "Which parameters"});
  const tools = h("div");
  const form = h("form.card", {onsubmit: (event) => event.preventDefault(), "aria-label": "Parameters"});
  const plan = h(".card", {}, h(".row.start", {}, recipeFields(page)), planWords(page));
  fill(page.place, top, tabs, plan, tools, form);
  let refresh = () => {};
  page.on(store, "checked", () => {
    refresh();
    words();
  });
  page.on(store, "recipe", draw);
  // The planned values are what empty fields show; a field that is being typed into stays as it is.
  page.on(store, "plan", () => form.contains(document.activeElement) || draw());
  draw();
  check().catch(() => {});

  function words() {
    const wrong = Object.keys(store.faults.data).length + Object.keys(store.faults.hyper).length;
    const many = store.varied.length ? `${store.varied.join(", ")} ${store.varied.length === 1 ? "has" : "have"} several values${store.combinations ? `: ${store.combinations} combinations to tune` : ""}; a training takes the first` : usedRecipe() === "none" ? "Empty fields keep the default that they show" : "What you set here is imposed on the plan; empty fields are left to it";
    top.lead(wrong ? `${wrong} ${wrong === 1 ? "value is" : "values are"} wrong` : many);
  }

  function draw() {
    fill(tabs, [["hyper", "Network and training"], ["data", "Images"]].map(([kind, title]) => h("button", {
      type: "button", "aria-pressed": String(kind === state.kind), onclick: () => { state.kind = kind; draw(); },
    }, title)));
    plan.hidden = state.kind !== "hyper";
    fill(tools, toolbar());
    const fields = state.kind === "data" ? store.about.fields.data.filter((f) => f.name !== "result_dir").map((f) => [f, undefined]) : hyperFields();
    const made = groups(state.kind, fields, state.kind === "data" ? 2 : 2);
    refresh = made.refresh;
    fill(form, state.kind === "hyper" ? familyField() : null, made.elements);
    words();
  }

  function family() {
    return store.about.families.find((each) => each.name === (store.hyper.family || "convonet").split(",")[0].trim()) ?? store.about.families[0];
  }

  function hyperFields() {
    if (usedRecipe() !== "none") return store.about.fields.hyper.filter((f) => f.group !== "Network").map((f) => [f, plannedValue(f.name), plannedValue(f.name) === undefined ? "default" : "planned"]);
    const own = family().parameters;
    const tuned = family().name === "transfer";
    return store.about.fields.hyper.filter((f) => f.name !== "family" && (f.group !== "Network" || f.name in own) && (f.group !== "Fine-tuning" || tuned)).map((f) => [f, own[f.name]]);
  }

  function familyField() {
    const planned = usedRecipe() !== "none";
    const select = h("select", {id: "hyper-family", "aria-describedby": "family-help", onchange: (event) => {
      store.recipe = "none";
      store.hyper.family = event.target.value;
      const own = family().parameters;
      for (const {name, group} of store.about.fields.hyper) if (group === "Network" && name !== "family" && !(name in own)) delete store.hyper[name];
      changed("hyper", "recipe");
      check().catch(() => {});
    }}, planned ? h("option", {value: "", selected: true, disabled: true}, "Chosen by the recipe") : null, store.about.families.map((each) => h("option", {value: each.name, selected: !planned && each.name === family().name}, each.title)));
    return h(".field.narrow", {}, h("label", {htmlFor: "hyper-family"}, "Network"), select, h("p.help", {id: "family-help"}, planned ? "Choosing a network here trains it without a recipe." : family().description));
  }

  function toolbar() {
    const presets = h("select", {id: "preset"}, h("option", {value: ""}, "Choose a preset"), store.about.presets[state.kind].map((name) => h("option", {value: name}, name.replaceAll("_", " "))));
    presets.addEventListener("change", () => presets.value && use(() => call(`presets/${state.kind}/${seg(presets.value)}`)));
    const file = h("input", {type: "file", accept: ".json,application/json", hidden: true, onchange: () => file.files[0] && use(async () => opened(JSON.parse(await file.files[0].text())))});
    return h(".row.tools", {}, h(".field", {}, h("label", {htmlFor: "preset"}, "Presets"), presets),
      h(".buttons", {}, h("button", {type: "button", onclick: () => file.click()}, "Open a file …"), file,
        h("button", {type: "button", onclick: save}, "Save as a file"), h("button", {type: "button", onclick: clear}, "Defaults")));
  }

  async function use(read) {
    try {
      take(await read());
    } catch (error) {
      note(error instanceof SyntaxError ? "This file is no JSON" : error.message);
    }
  }

  /** Files of version 0 and 1 keep the last epoch where they do not say which. */
  function opened(values) {
    return state.kind === "hyper" && (values.format_version ?? 0) < 2 ? {save_best: "none", ...values} : values;
  }

  function take(values) {
    if (state.kind === "hyper") takeHyper(values);
    else takeData(values);
    draw();
    check().catch(() => {});
  }

  function takeData(values) {
    const fields = Object.fromEntries(store.about.fields.data.map((f) => [f.name, f]));
    const paths = Object.fromEntries(Object.entries(store.data).filter(([name]) => name.endsWith("_dir")));
    store.data = {...paths, ...Object.fromEntries(Object.entries(values).filter(([name]) => name in fields && name !== "result_dir").map(([name, value]) => [name, typed(fields[name], value)]).filter(([, text]) => text !== ""))};
    changed("data");
    look();
  }

  function clear() {
    take({});
    if (state.kind === "hyper") takeRecipe("auto");
  }

  function save() {
    if (Object.keys(store.faults[state.kind]).length) return note("A value is wrong; nothing is saved");
    const text = `${JSON.stringify({format_version: store.about.format_version, ...store.values[state.kind]}, null, 2)}\n`;
    const link = h("a", {href: URL.createObjectURL(new Blob([text], {type: "application/json"})), download: `${state.kind}_params.json`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

}
