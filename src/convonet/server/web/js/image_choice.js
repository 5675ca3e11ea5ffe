// The choice of one image: of the sets that are chosen, or a file of this computer.

import {call, pictureOf} from "./api.js";
import {fill, h, note, say} from "./dom.js";
import {store} from "./store.js";

const SOME = 12;

/**
 * `bring(file)` puts a file on the server and gives its path. `path()` gives the chosen image's path, "" for
 * none.
 */
export function imageChoice(page, bring) {
  const state = {path: "", turn: 0};
  const shown = h("img", {alt: "", hidden: true, width: 96, height: 96});
  const name = h("p.muted.small", {role: "status"}, "No image chosen");
  const some = h(".strip", {role: "group", "aria-label": "Test images"});
  const file = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    "aria-label": "Image file",
    onchange: fromFile,
  });
  const element = h(
    ".card",
    {},
    h("h2", {}, "Image"),
    h(
      ".row.middle",
      {},
      shown,
      name,
      h("button", {type: "button", onclick: () => file.click()}, "Choose a file …"),
      file,
    ),
    some,
  );
  page.on(store, "dataset", offer);
  offer();
  return {element, path: async () => state.path};

  async function offer() {
    const {dataset} = store;
    const split = ["test", "val", "train"].find((each) => dataset?.sets[each]?.images);
    if (!split) return fill(some);
    const turn = ++state.turn;
    const total = dataset.sets[split].images;
    const offsets = [
      ...new Set(Array.from({length: SOME}, (_, index) => Math.floor((index * total) / SOME))),
    ];
    const found = await Promise.all(
      offsets.map((offset) =>
        call(`datasets/${dataset.id}/${split}/images?offset=${offset}&limit=1`, {signal: page.signal}),
      ),
    ).catch(() => []);
    if (turn !== state.turn) return;
    const rows = found.flatMap((answer) => answer.images);
    fill(
      some,
      rows.map((row) => thumbnail(row)),
    );
    if (rows.length && !state.path) take(rows[0].image, title(rows[0]), pictureOf(rows[0].image));
  }

  function title(row) {
    return `${row.path.split("/").pop()} (${row.class})`;
  }

  function thumbnail(row) {
    const text = title(row);
    const act = () => take(row.image, text, pictureOf(row.image));
    const image = h("img", {src: pictureOf(row.image, 64), alt: text, loading: "lazy"});
    return h("button.thumb", {type: "button", onclick: act, title: text}, image, h("span", {}, row.class));
  }

  function take(path, text, source) {
    state.path = path;
    shown.src = source;
    shown.hidden = false;
    say(name, text);
  }

  async function fromFile() {
    const [given] = file.files;
    file.value = "";
    if (!given) return;
    try {
      const path = await bring(given);
      take(path, given.name, pictureOf(path));
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }
}
