// A model for other programs.

import {archiveOf, ask, call, fileOf, seg} from "./api.js";
import {counted, fill, h} from "./dom.js";
import {modelOptions} from "./models.js";
import {SPLITS} from "./sets.js";
import {shownAs} from "./shown.js";
import {store} from "./store.js";

const MOST_FILES = 40;

const equal = (found) =>
  `Same predictions as the original model, within ${found.largest_difference.toExponential(1)}.`;

/** What 8 bits bring and cost, in one line. */
function besideFloat({float, int8, accuracy_loss: loss, accuracy_loss_interval: ends, images, split}) {
  const mebibytes = ({bytes}) => (bytes / 2 ** 20).toFixed(1);
  const size = `${mebibytes(int8)} MiB (${mebibytes(float)} in floating point)`;
  const speed = (int8.images_per_second["32"] / float.images_per_second["32"]).toFixed(1);
  const [drop, low, high] = [loss, ...ends].map((part) => (100 * part).toFixed(1));
  const cost = `${drop} percentage points (95% CI ${low} to ${high})`;
  const tested = counted(images, `${SPLITS[split].toLowerCase()} image`);
  return `${size}, ${speed} times as fast; accuracy drop ${cost} on ${tested}.`;
}

/** A card that exports a model and links to its files. */
export function exportCard(page, model) {
  const format = h(
    "select",
    {id: "format"},
    store.about.export_formats.map(({name, title}) => h("option", {value: name}, title)),
  );
  const fetchRuntime = h("input", {type: "checkbox", id: "fetch-runtime"});
  const web = h(
    "label",
    {hidden: true},
    fetchRuntime,
    " Download ONNX Runtime Web (32 MiB) to the server if it is not there",
  );
  const maxLoss = h("input", {type: "number", id: "max-loss", min: 0, max: 100, step: 0.1, value: 1});
  const int8 = h(
    ".field",
    {hidden: true},
    h("label", {htmlFor: "max-loss"}, "Maximum accuracy drop (percentage points)"),
    maxLoss,
  );
  format.addEventListener("change", () => {
    web.hidden = format.value !== "web";
    int8.hidden = format.value !== "onnx-int8";
  });
  const place = h("div", {"aria-live": "polite"});
  const go = h("button", {type: "button", onclick: run}, "Export");
  const request = () => ({kind: "export", options: {...modelOptions(model), format: format.value, ...own()}});
  return h(
    ".card",
    {id: "export-card"},
    h("h2", {}, "Export"),
    h("p.muted", {}, "For other programs. The exported model is compared image by image with this one."),
    h(".field", {}, h("label", {htmlFor: "format"}, "Format"), format),
    web,
    int8,
    h("p"),
    go,
    h("p"),
    place,
    shownAs(request),
  );

  /** Options that only this format has. */
  function own() {
    if (format.value === "web") return fetchRuntime.checked ? {fetch: true} : {};
    return format.value === "onnx-int8" ? {max_loss: Number(maxLoss.value) / 100} : {};
  }

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
    const isFolder = files.some((file) => file.name.startsWith(`${name}/`));
    const whole = h("a.button", {href: archiveOf(model, name)}, `Download ${name}.zip`);
    const link = (file) => h("li", {}, h("a", {href: fileOf(model, file.name, true)}, file.name));
    fill(
      place,
      h("p.good", {}, found.int8 ? besideFloat(found) : equal(found)),
      isFolder ? h("p", {}, whole) : null,
      mine.length ? h("ul.messages", {}, mine.slice(0, MOST_FILES).map(link)) : h("p", {}, found.path),
    );
  }
}
