// The repair list: images said to be of another class or left out; a file beside the images, nothing is
// moved.

import {call} from "./api.js";
import {counted, fill, h, note, say, whole} from "./dom.js";
import {store} from "./store.js";

const SETS = {train: "Training", val: "Validation", test: "Test"};

/** The marks of a set: address of an image → what was said of it. */
export class Marks {
  constructor() {
    this.rows = [];
    this.said = new Map();
  }

  async read(dataset) {
    this.take(dataset, await call(`datasets/${dataset.id}/marks`));
  }

  async write(dataset, paths, action, label) {
    this.take(
      dataset,
      await call(`datasets/${dataset.id}/marks`, {
        body: {paths, action, ...(label === undefined ? {} : {label})},
      }),
    );
  }

  take(_dataset, found) {
    this.rows = found.marks.map((mark) => ({...mark, address: addressOf(mark)}));
    this.said = new Map(
      this.rows.map((mark) => [mark.address, mark.label === null ? "left out" : `labeled ${mark.label}`]),
    );
  }
}

// Roots are absolute, addresses of images begin below the server's folder. A table's paths are relative
// to its folder.
export function addressOf({root, path}) {
  const plain = (text) => text.replaceAll("\\", "/");
  const below = plain(root)
    .slice(plain(store.about.root).length)
    .replace(/^\/+/, "")
    .replace(/\/?[^/]*\.(csv|tsv|npz)$/i, "");
  return below ? `${below}/${path}` : path;
}

/**
 * Buttons for what is selected in a grid: `show(items)` tells what that is. Items have an `address`, null
 * for none.
 */
export function markBar(marks, wanted, changed) {
  const words = h("p.muted", {role: "status"});
  const classes = h("select", {id: "true-class"});
  const buttons = [
    button("Set label", "label"),
    button("Leave out", "leave_out"),
    button("Remove marks", "undo"),
  ];
  const element = h(
    ".card.marking",
    {},
    words,
    h(
      ".row",
      {},
      h(".field", {}, h("label", {htmlFor: "true-class"}, "True class"), classes),
      h(".buttons", {}, buttons),
    ),
  );
  let items = [];

  function button(text, action) {
    return h("button", {type: "button", onclick: () => act(action)}, text);
  }

  async function act(action) {
    const paths = items.map((item) => item.address);
    if (paths.some((path) => !path || path.includes(".npz#")))
      return note("Only image files below the server's root folder can be marked");
    try {
      await marks.write(await wanted(), paths, action, action === "label" ? classes.value : undefined);
      const count = marks.rows.length;
      const some = counted(count, "image is", "images are");
      note(count ? `${some} marked; training and testing use the marks` : "No images are marked");
      await changed();
    } catch (error) {
      note(error.message);
    }
  }

  function show(chosen) {
    items = chosen;
    for (const each of buttons) each.disabled = !items.length;
    say(
      words,
      items.length
        ? `${counted(items.length)} selected`
        : "Select images whose label is wrong: press Space, Ctrl-click, or click the corner.",
    );
  }

  function offer(names) {
    fill(
      classes,
      names.map((name) => h("option", {value: name}, name)),
    );
  }

  show([]);
  return {element, show, offer};
}

/** Every mark as a table, each with a way back; nothing where there is none. */
export function markTable(marks, undo) {
  if (!marks.rows.length) return null;
  const row = (mark) =>
    h(
      "tr",
      {},
      h("td", {}, SETS[mark.set] ?? "missing"),
      h("td.wrap", {}, mark.path),
      h("td", {}, mark.class ?? "–"),
      h("td", {}, mark.label ?? "left out"),
      h(
        "td",
        {},
        h(
          "button.quiet",
          {
            type: "button",
            "aria-label": `Remove the mark from ${mark.path}`,
            onclick: () => undo([mark.address]),
          },
          "Remove mark",
        ),
      ),
    );
  return h(
    "details.card",
    {},
    h("summary", {}, `Marked images: ${whole(marks.rows.length)}`),
    h(
      "p.muted.small",
      {},
      "Marks are stored in a file beside the images; no image is moved. Train again, then compare the runs.",
    ),
    h(
      ".scroll",
      {tabindex: 0, role: "region", "aria-label": "Marked images"},
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Set", "Image", "Folder", "Mark", ""].map((text) => h("th", {scope: "col"}, text)),
          ),
        ),
        h("tbody", {}, marks.rows.slice(0, 500).map(row)),
      ),
    ),
  );
}
