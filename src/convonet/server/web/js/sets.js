// What is known of the sets that are chosen: counts, findings, skipped files, and how test names are matched.

import {hintOf} from "./api.js";
import {bars, counted, fill, h, note, tile, whole} from "./dom.js";
import {imagesFault} from "./reasons.js";
import {changed, check, look, store} from "./store.js";

export const SPLITS = {train: "Training", val: "Validation", test: "Test"};
const MOST_BARS = 60;
const MOST_ON_A_PHONE = 8;
const MOST_SKIPPED = 200;

/** A card for each set that cannot be used: why, and what can be done. */
export function errorCards(found) {
  return Object.entries(found.errors).map(([split, fault]) => {
    const offered = Object.entries(fault.details?.offered_map ?? {});
    const hint = offered.length ? "These look like the same classes under different names:" : hintOf(fault);
    return h(
      ".card",
      {role: "alert"},
      h("h2.bad", {}, `${SPLITS[split]} images cannot be used`),
      h("p", {}, `${imagesFault(fault)}.`),
      hint ? h("p", {}, hint) : null,
      offered.length ? mapTable(offered) : null,
    );
  });
}

/** The offered class map, shown before it is taken with one click. */
function mapTable(pairs) {
  const row = ([name, meant]) =>
    h("tr", {}, h("td.wrap", {}, name), h("td", {"aria-hidden": "true"}, "→"), h("td.wrap", {}, meant));
  const head = h(
    "tr",
    {},
    h("th", {scope: "col"}, "Folder"),
    h("td"),
    h("th", {scope: "col"}, "Class of the training images"),
  );
  const take = h(
    "button.primary",
    {type: "button", onclick: () => takeMap(Object.fromEntries(pairs))},
    "Use this class map",
  );
  return [
    h(
      ".scroll",
      {},
      h("table", {}, h("caption.sr", {}, "Class map"), h("thead", {}, head), h("tbody", {}, pairs.map(row))),
    ),
    h("p"),
    take,
  ];
}

async function takeMap(offered) {
  store.data.class_map = JSON.stringify({...store.dataset.data.class_map, ...offered});
  changed("data");
  await Promise.all([look(), check().catch((error) => note(error.message))]);
}

/** What a person should know of the images before training. */
export function findings(found) {
  if (!found.findings?.length) return null;
  const items = found.findings.map((text) => h("li", {}, text));
  return h(".card", {}, h("h2", {}, "Before training"), h("ul.messages", {}, items));
}

/** How many images each set and each class has. */
export function counts(found) {
  const [train, test] = [found.sets.train?.classes ?? {}, found.sets.test?.classes ?? {}];
  const shown = Object.keys(train).length ? train : test;
  const both = shown !== test && Object.keys(test).length > 0;
  const most = Math.max(1, ...Object.values(train), ...Object.values(test));
  const value = (name) =>
    both && test[name] !== undefined ? `${whole(shown[name])} · ${whole(test[name])}` : whole(shown[name]);
  const bar = (name) => [name, (shown[name] ?? 0) / most, value(name)];
  const few = matchMedia("(max-width: 760px)").matches ? MOST_ON_A_PHONE : MOST_BARS;
  const names = found.classes;
  const place = h("div", {}, bars(names.slice(0, few).map(bar)));
  const all = h(
    "button.quiet",
    {type: "button", onclick: () => fill(place, bars(names.map(bar)))},
    `All ${counted(names.length, "class", "classes")}`,
  );
  const skipped = (set) => (set.skipped_count ? `${whole(set.skipped_count)} skipped` : "no skipped files");
  const totals = Object.entries(found.sets).map(([split, set]) =>
    tile(SPLITS[split], whole(set.images), skipped(set)),
  );
  if (names.length > few) place.append(all);
  return h(
    ".card",
    {},
    h(".tiles", {}, totals, tile("Classes", whole(names.length))),
    h("h2", {}, "Images per class"),
    place,
    both ? h("p.muted.small.below", {}, "Training · test") : null,
  );
}

/** The files that were skipped, and why. */
export function skippedFiles(found) {
  const all = Object.entries(found.sets).flatMap(([split, set]) =>
    set.skipped.map((file) => [SPLITS[split], file.path, file.reason]),
  );
  if (!all.length) return null;
  const head = ["Set", "File", "Reason"].map((title) => h("th", {scope: "col"}, title));
  const rows = all.slice(0, MOST_SKIPPED).map((row) =>
    h(
      "tr",
      {},
      row.map((cell) => h("td.wrap", {}, cell)),
    ),
  );
  const table = h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
  const region = {tabindex: 0, role: "region", "aria-label": "Skipped files"};
  return h(".card", {}, h("h2", {}, "Skipped files"), h(".scroll", region, table));
}
