// A closer look at the images: sizes and mean images, the quality check, the folders.

import {ask, call, pictureOf} from "./api.js";
import {showImage} from "./dialogs.js";
import {bars, counted, fill, h, whole} from "./dom.js";
import {SPLITS} from "./sets.js";
import {given, store} from "./store.js";

const MOST_GROUPS = 40;
const MOST_SHOWN = 12;
const MOST_FOLDERS = 400;
const MOST_BINS = 12;
const GROUPS = [
  ["conflicts", "In more than one class"],
  ["exact_duplicates", "Exact duplicates"],
  ["near_duplicates", "Near duplicates"],
];
const SINGLE = [
  ["dark", "Dark"],
  ["bright", "Bright"],
  ["blurred", "Blurred"],
  ["odd_sized", "Unusual size"],
];

/** Parts that are made when they are opened. */
export function closerLooks(page, found) {
  return [
    part("Sizes and pixels", async () =>
      sizes(await call(`datasets/${found.id}/sizes`, {signal: page.signal})),
    ),
    part("Quality check", async () =>
      quality(await ask("inspect", {data: given("data")}, page.signal), found),
    ),
    part("Folders", () => folders(page, found)),
  ];
}

function part(title, make) {
  const place = h("div");
  const made = h(
    "details.card",
    {ontoggle: () => made.open && !place.children.length && show()},
    h("summary", {}, title),
    place,
  );
  return made;

  async function show() {
    fill(place, h("p.muted", {role: "status"}, "Checking the images …"));
    try {
      fill(place, await make());
    } catch (error) {
      if (error.name !== "AbortError") fill(place, h("p.bad", {role: "alert"}, error.message));
    }
  }
}

function sizes(found) {
  const looked = Object.entries(found.looked_at)
    .map(([split, count]) => counted(count, `${SPLITS[split].toLowerCase()} image`))
    .join(", ");
  const pixels = Object.entries(found.pixels).map(([split, {mean, deviation}]) =>
    h(
      "p",
      {},
      `${SPLITS[split]}: pixels (0–255) have a mean of ${mean.toFixed(1)} ` +
        `and a standard deviation of ${deviation.toFixed(1)}.`,
    ),
  );
  const [height, width, channels] = found.shape;
  const side = (title, sides) =>
    Object.entries(sides).map(([split, rows]) =>
      h("div", {}, h("h3", {}, `${title}, ${SPLITS[split].toLowerCase()}`), histogram(rows)),
    );
  const means = Object.entries(found.means).map(([name, png]) =>
    h(
      "figure.mean",
      {},
      h("img", {src: `data:image/png;base64,${png}`, alt: `Mean image of ${name}`}),
      h("figcaption", {}, name),
    ),
  );
  return [
    h(
      "p",
      {},
      `Networks receive the images as ${height} × ${width} px, ${channels === 1 ? "grayscale" : "color"}. ` +
        `Measured: ${looked}.`,
    ),
    pixels,
    h(".two", {}, side("Heights", found.heights), side("Widths", found.widths)),
    means.length ? [h("h3", {}, "Mean image of each class"), h(".means", {}, means)] : null,
  ];
}

/** Counts of sides as bars, of equal ranges where there are many. */
function histogram(rows) {
  const low = Math.min(...rows.map((row) => row.pixels));
  const high = Math.max(...rows.map((row) => row.pixels));
  const step = Math.max(1, Math.ceil((high - low + 1) / MOST_BINS));
  const bins = new Map();
  for (const {pixels, images} of rows) {
    const start = low + step * Math.floor((pixels - low) / step);
    bins.set(start, (bins.get(start) ?? 0) + images);
  }
  const most = Math.max(...bins.values());
  const name = (start) => (step === 1 ? `${start} px` : `${start}–${start + step - 1} px`);
  return bars(
    [...bins]
      .sort(([one], [other]) => one - other)
      .map(([start, count]) => [name(start), count / most, whole(count)]),
  );
}

function quality(found, dataset) {
  const warnings = [...found.warnings, ...(found.test?.warnings ?? []).map((text) => `Test images: ${text}`)];
  const list = warnings.length
    ? h(
        "ul.messages",
        {},
        warnings.map((text) => h("li", {}, text)),
      )
    : h("p.good", {}, "No problems were found.");
  const at = address("train", dataset);
  const groups = GROUPS.map(([key, title]) => groupCard(title, found[key], at));
  const single = SINGLE.map(([key, title]) => strip(title, found[key], at));
  const leaks = [...(found.leaks ?? []), ...(found.near_leaks ?? [])];
  const both = leaks.map((leak) => [at(leak.train), address("test", dataset)(leak.test)]);
  return [list, groups, groupCard("Images in both training and test", both, (path) => path), single];
}

const address = (split, dataset) => (path) => {
  const folder = dataset.sets[split]?.folder.replace(/\/?[^/]*\.(csv|tsv)$/i, "");
  return folder ? `${folder}/${path}` : path;
};

function groupCard(title, groups, at) {
  if (!groups.length) return null;
  const row = (group) =>
    h(
      ".strip",
      {},
      group.slice(0, MOST_SHOWN).map((path) => thumbnail(at(path), path)),
    );
  return h(
    "div",
    {},
    h("h3", {}, `${title}: ${whole(groups.length)}`),
    groups.slice(0, MOST_GROUPS).map(row),
  );
}

function strip(title, images, at) {
  if (!images.length) return null;
  const shown = images.slice(0, MOST_GROUPS).map((path) => thumbnail(at(path), path));
  return h("div", {}, h("h3", {}, `${title}: ${whole(images.length)}`), h(".strip", {}, shown));
}

function thumbnail(image, text) {
  const name = image.split("/").slice(-2).join("/");
  const act = () => showImage({src: pictureOf(image, 512), title: name, lines: [text]});
  return h(
    "button.thumb",
    {type: "button", onclick: act, title: text},
    h("img", {src: pictureOf(image, 64), alt: name, loading: "lazy"}),
    h("span", {}, name),
  );
}

/** Every folder with how many images it holds. */
async function folders(page, found) {
  const made = [];
  for (const split of Object.keys(found.sets)) {
    const {paths: files} = await call(`datasets/${found.id}/${split}/listing`, {signal: page.signal});
    const totals = new Map();
    for (const file of files) {
      const parts = file.split("/").slice(0, -1);
      for (let depth = 0; depth <= parts.length; depth += 1) {
        const folder = parts.slice(0, depth).join("/");
        totals.set(folder, (totals.get(folder) ?? 0) + 1);
      }
    }
    const line = ([folder, count]) => {
      const depth = folder ? folder.split("/").length : 0;
      const name = folder ? folder.split("/").at(-1) : found.sets[split].folder || store.data.train_dir;
      return h("li", {class: `depth-${Math.min(depth, 6)}`}, `${name} `, h("span.muted", {}, whole(count)));
    };
    const lines = [...totals].sort(([one], [other]) => one.localeCompare(other, "en", {numeric: true}));
    made.push(
      h("div", {}, h("h3", {}, SPLITS[split]), h("ul.tree", {}, lines.slice(0, MOST_FOLDERS).map(line))),
    );
  }
  return h(".two", {}, made);
}
