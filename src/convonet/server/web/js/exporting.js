// A model for other programs.

import {ask, call, fileOf, seg} from "./api.js";
import {fill, h} from "./dom.js";
import {shownAs} from "./shown.js";
import {store} from "./store.js";

const MOST_FILES = 30;

/** A card that exports a model and links to its files. */
export function exportCard(page, model) {
  const format = h(
    "select",
    {id: "format"},
    store.about.export_formats.map(({name, title}) => h("option", {value: name}, title)),
  );
  const place = h("div", {"aria-live": "polite"});
  const go = h("button", {type: "button", onclick: run}, "Export");
  const request = () => ({kind: "export", options: {model, format: format.value}});
  return h(
    ".card",
    {id: "export-card"},
    h("h2", {}, "Export"),
    h("p.muted", {}, "For other programs. The exported model is compared image by image with this one."),
    h(".field", {}, h("label", {htmlFor: "format"}, "Format"), format),
    h("p"),
    go,
    h("p"),
    place,
    shownAs(request),
  );

  async function run() {
    go.disabled = true;
    fill(place, h("p.muted", {role: "status"}, "Exporting, and comparing image by image …"));
    try {
      show(await ask("export", {options: request().options}, page.signal));
    } catch (error) {
      if (error.name !== "AbortError") fill(place, h("p.bad", {role: "alert"}, error.message));
    }
    go.disabled = false;
  }

  async function show(found) {
    const name = found.path.split(/[\\/]/).pop();
    const {files} = await call(`runs/${seg(model)}/files`, {signal: page.signal}).catch(() => ({files: []}));
    const stem = name.replace(/\.[^.]+$/, "");
    const beside = format.value === "onnx" ? [] : [`${stem}.json`, `${stem}.bin`];
    const mine = files.filter(
      (file) => file.name === name || file.name.startsWith(`${name}/`) || beside.includes(file.name),
    );
    const link = (file) => h("li", {}, h("a", {href: fileOf(model, file.name, true)}, file.name));
    fill(
      place,
      h("p.good", {}, `Same predictions as before, up to ${found.largest_difference.toExponential(1)}.`),
      mine.length ? h("ul.messages", {}, mine.slice(0, MOST_FILES).map(link)) : h("p", {}, found.path),
    );
  }
}
