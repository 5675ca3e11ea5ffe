// Opening a model file below the server's folder.

import {call, query} from "./api.js";
import {chooseFolder, open} from "./dialogs.js";
import {h, note, whole} from "./dom.js";

const MODELS = /\.(keras|h5|hdf5|onnx)$/i;

/** Choose a model file and show what it says of itself; gives its path, "" when it was given up. */
export async function openModel() {
  const path = await chooseFolder("Model file", "", {files: MODELS, folders: false});
  if (!path) return "";
  try {
    const found = await call(`models${query({path})}`);
    return (await confirmed(path, found)) ? path : "";
  } catch (error) {
    note(error.message);
    return "";
  }
}

async function confirmed(path, {info, bytes}) {
  const shape = info?.pixels
    ? `${info.pixels.height} × ${info.pixels.width} px, ${info.pixels.channels === 1 ? "grayscale" : "color"}`
    : null;
  const classes = info?.classes?.join(", ");
  const rows = [
    ["File", path],
    ["Size", `${whole(Math.round(bytes / 1024))} KiB`],
    ["Images", shape ?? "not stated"],
    ["Classes", classes ?? "not stated: classes are shown as numbers"],
  ];
  const dialog = h(
    "dialog",
    {"aria-label": "Open a model"},
    h("h2", {}, "Open a model"),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        rows.map(([name, value]) => h("tr", {}, h("th", {scope: "row"}, name), h("td.wrap", {}, value))),
      ),
    ),
    h(
      "form",
      {method: "dialog"},
      h(
        ".buttons",
        {},
        h("button", {value: ""}, "Cancel"),
        h("button.primary", {value: "yes"}, "Use this model"),
      ),
    ),
  );
  return (await open(dialog)) === "yes";
}
