// Lists of images of a map: what is selected, suspicious labels, outliers, and images like one.

import {pictureOf} from "./api.js";
import {showImage} from "./dialogs.js";
import {h, percent, say, whole} from "./dom.js";
import {Grid} from "./grid.js";
import {Marks, markBar} from "./marks.js";
import {look} from "./store.js";

const LISTS = [
  ["selected", "Selected"],
  ["wrong", "Suspicious labels"],
  ["outliers", "Outliers"],
  ["similar", "More like this"],
];
const MEANINGS = {
  selected: "Select images on the map: click them, or hold Shift and draw around them.",
  wrong: "Images whose neighbors belong to a different class, most suspicious first.",
  outliers: "Images far from all others, farthest first.",
  similar: "Open an image, then click More like this.",
};
const MOST_OUTLIERS = 200;

/**
 * @param view the map view
 * @param address the address of the image of a row
 * @param dataset gives the set that marks are written for; null where the set is not loaded
 */
export function mapLists(view, address, dataset) {
  const {map} = view;
  const marks = new Marks();
  const lists = {
    selected: [],
    wrong: sorted(map.wrong_label_scores).filter((row) => map.wrong_label_scores[row] > 0),
    outliers: sorted(map.outlier_scores).slice(0, MOST_OUTLIERS),
    similar: [],
  };
  let shown = lists.wrong.length ? "wrong" : "outliers";
  const words = h("p.muted", {role: "status"});
  const tabs = LISTS.map(([name, title]) =>
    h("button", {type: "button", id: `map-${name}`, onclick: () => show(name)}, title),
  );
  const bar = markBar(marks, dataset, async () => {
    await grid.renew();
    await look();
  });
  const grid = new Grid(
    "Images on the map",
    async (offset, limit) => ({
      total: lists[shown].length,
      items: lists[shown].slice(offset, offset + limit).map(item),
    }),
    open,
    {tall: 146, selected},
  );
  const element = h(
    ".card",
    {},
    h(".tabs", {role: "group", "aria-label": "Which images"}, tabs),
    words,
    grid.element,
    bar.element,
  );
  view.addEventListener("select", () => {
    lists.selected = [...view.selected];
    show("selected");
  });
  bar.offer(map.classes);
  begin();
  return element;

  async function begin() {
    if (dataset()) await marks.read(dataset()).catch(() => {});
    bar.element.hidden = !dataset();
    show(shown);
  }

  function show(name) {
    shown = name;
    const rows = lists[name];
    tabs.forEach((tab, index) => {
      const [key, title] = LISTS[index];
      const count = lists[key].length;
      tab.setAttribute("aria-pressed", String(key === name));
      say(tab, count ? `${title} (${whole(count)})` : title);
    });
    const isChosen = name === "selected" || name === "similar";
    say(words, rows.length && isChosen ? "" : MEANINGS[name]);
    grid.reset().catch(() => {});
  }

  function item(row) {
    const at = address(row);
    const [name, other] = [map.classes[map.labels[row]], map.classes[map.suggested[row]]];
    const said = map.predicted ? `predicted ${map.classes[map.predicted[row]]}` : "";
    const suspicious = map.wrong_label_scores[row] > 0 ? `perhaps ${other}` : said;
    return {
      row,
      address: at,
      src: pictureOf(at),
      mark: marks.said.get(at),
      alt: `${map.paths[row]}: ${name}${suspicious ? `, ${suspicious}` : ""}`,
      under: [name, "", suspicious],
    };
  }

  /** What is selected in the list shows on the map too. */
  function selected(items) {
    const last = items.at(-1);
    if (last) document.getElementById("true-class").value = map.classes[map.suggested[last.row]];
    view.select(
      items.map((each) => each.row),
      false,
    );
    bar.show(items);
  }

  function open({row}) {
    const sure = map.confidence ? ` (${percent(map.confidence[row])})` : "";
    showImage({
      src: pictureOf(address(row), 512),
      title: map.paths[row].split("/").pop(),
      lines: [
        `Class ${map.classes[map.labels[row]]}`,
        map.predicted ? `Predicted ${map.classes[map.predicted[row]]}${sure}` : "",
        map.paths[row],
      ].filter(Boolean),
      actions: [() => h("button", {value: "", onclick: () => similar(row)}, "More like this")],
    });
  }

  function similar(row) {
    lists.similar = [row, ...map.neighbors[row]];
    view.select(lists.similar, false);
    view.show(lists.similar);
    show("similar");
  }
}

/** Rows by falling value. */
function sorted(values) {
  return values.map((_, row) => row).sort((a, b) => values[b] - values[a]);
}
