// A map of the images: similar ones lie close together. It is zoomed and moved, coloured, and selected from.

import {call, seg} from "../api.js";
import {counted, empty, fill, h, head, percent, say, whole} from "../dom.js";
import {coloring, colorings} from "../map_colors.js";
import {mapLists} from "../map_lists.js";
import {MapView} from "../map_view.js";
import {addressOf} from "../marks.js";
import {pick} from "../options.js";
import {SPLITS} from "../sets.js";
import {given, store} from "../store.js";
import {Working} from "../working.js";

const MOST_NAMED = 24;
// The last map stays while this browser tab is open, so that other pages can be visited.
let last = null;

export function mapPage(page) {
  const working = new Working(page, {cancelled: "Stopped", interrupted: "Interrupted"});
  const draw = h("button.primary", {type: "button", onclick: start}, "Draw the map");
  const top = head("Map", "Similar images lie close together", working.stop, draw);
  const choice = h(".row");
  const body = h("div");
  let [sets, answers, seed, view] = [null, null, null, null];
  fill(page.place, top, h(".card", {}, choice), body);
  working.element.hidden = true;
  working.addEventListener("end", ended);
  page.on(store, "dataset", offer);
  page.leave(() => view?.close());
  offer();

  function offer() {
    // Marks that were written change nothing on the map.
    if (view && last?.id === store.dataset?.id) return;
    view?.close();
    view = null;
    const there = Object.entries(store.dataset?.sets ?? {}).filter(([, set]) => set.images);
    draw.disabled = !there.length;
    choice.parentElement.hidden = !there.length;
    if (!there.length) {
      const data = h("a.button", {href: "#data"}, "Choose images");
      return fill(
        body,
        empty("No images yet", "Choose images on the Data page to draw a map of them here.", data),
      );
    }
    sets = pick(
      "map-split",
      "Set",
      there.map(([name]) => [name, SPLITS[name]]),
    );
    const models = store.model ? [[store.model, `From ${store.model}`]] : [];
    answers = pick("map-model", "Predictions", [["", "None"], ...models]);
    seed = h("input", {id: "map-seed", inputMode: "numeric", value: "0", autocomplete: "off"});
    fill(
      choice,
      sets.element,
      answers.element,
      h(".field", {}, h("label", {htmlFor: "map-seed"}, "Seed"), seed),
    );
    if (last?.id === store.dataset.id && !working.live) show(last.map);
    else fill(body, working.element, explained());
  }

  function explained() {
    return h(
      "p.muted",
      {},
      "A frozen backbone computes features of the images once, which takes up to a minute per thousand. ",
      "A set of more than 40,000 images is sampled at random.",
    );
  }

  async function start() {
    draw.disabled = true;
    const options = {split: sets.value(), seed: seed.value || "0"};
    if (answers.value()) options.model = answers.value();
    try {
      const run = await call("runs", {
        body: {kind: "map", data: given("data"), options},
        signal: page.signal,
      });
      fill(body, working.element, explained());
      working.watch(run.id);
    } catch (error) {
      draw.disabled = false;
      if (error.name !== "AbortError") refuse(error.message);
    }
  }

  async function ended() {
    draw.disabled = false;
    if (working.progress.state !== "done") return;
    try {
      const map = await call(`runs/${seg(working.run)}/result`, {signal: page.signal});
      last = {id: store.dataset?.id, map};
      show(map);
    } catch (error) {
      if (error.name !== "AbortError") refuse(error.message);
    }
  }

  function refuse(message) {
    fill(
      body,
      h(".card", {role: "alert"}, h("h2.bad", {}, "The map could not be drawn"), h("p", {}, message)),
    );
  }

  function show(map) {
    view?.close();
    const address = (row) => addressOf({root: map.root, path: map.paths[row]});
    view = new MapView(map, address);
    const some =
      map.images < map.total ? `${whole(map.images)} of ${counted(map.total)}` : counted(map.images);
    top.lead(`${some}; similar ones lie close together`);
    const named = h("p.muted.small", {role: "status"}, "\u00a0");
    view.addEventListener("hover", () => say(named, view.hovered < 0 ? "\u00a0" : words(map, view.hovered)));
    fill(
      body,
      h(".card", {}, tools(map), h(".map-body", {}, view.element, legend(map)), named),
      mapLists(view, address, () => store.dataset),
    );
  }

  function tools(map) {
    const by = pick("map-color", "Color", colorings(map));
    by.input.addEventListener("change", () => recolor(map, by.value()));
    const mode = pick("map-mode", "Dragging", [
      ["move", "Moves the map"],
      ["select", "Selects images"],
    ]);
    mode.input.addEventListener("change", () => {
      view.selecting = mode.value() === "select";
    });
    const button = (text, name, act) => h("button", {type: "button", "aria-label": name, onclick: act}, text);
    return h(
      ".row",
      {},
      by.element,
      mode.element,
      h(
        ".buttons",
        {},
        button("+", "Zoom in", () => view.zoom(1.5)),
        button("−", "Zoom out", () => view.zoom(1 / 1.5)),
        button("Show all", "Show the whole map", () => view.whole()),
      ),
      h("p.muted.small", {}, "The mouse wheel zooms. Drag with Shift to select."),
    );
  }

  function legend(map) {
    const place = h("ul.map-legend", {"aria-label": "Colors"});
    page.legend = place;
    queueMicrotask(() => recolor(map, "class"));
    return place;
  }

  function recolor(map, by) {
    const made = coloring(map, by);
    view.color(made);
    const counts = made.groups.map(() => 0);
    for (const group of view.groups) counts[group] += 1;
    const line = ({title, color}, group) => {
      const swatch = h("span.swatch", {"aria-hidden": "true"});
      swatch.style.background = color;
      const box = h("input", {
        type: "checkbox",
        checked: true,
        onchange: () => view.toggle(group, box.checked),
      });
      return h(
        "li",
        {},
        h("label", {}, box, swatch, ` ${title} `, h("span.muted", {}, whole(counts[group]))),
      );
    };
    const more = made.groups.length - MOST_NAMED;
    fill(
      page.legend,
      made.groups.slice(0, MOST_NAMED).map(line),
      more > 0 ? h("li.muted", {}, `and ${counted(more, "more class", "more classes")}`) : null,
    );
  }
}

function words(map, row) {
  const parts = [map.paths[row], map.classes[map.labels[row]]];
  if (map.predicted)
    parts.push(`predicted ${map.classes[map.predicted[row]]} (${percent(map.confidence[row])})`);
  if (map.wrong_label_scores[row] > 0)
    parts.push(`its neighbors are mostly ${map.classes[map.suggested[row]]}`);
  return parts.join(" · ");
}
