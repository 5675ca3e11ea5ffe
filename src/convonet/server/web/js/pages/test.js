// The scores of a model; the confusion matrix opens the images of a cell, the mistakes come worst first.

import {calibration} from "../calibration.js";
import {curves} from "../curves.js";
import {ask, call, fileOf, pictureOf, query, seg} from "../api.js";
import {empty, fill, h, head, note, percent, short, tile, whole} from "../dom.js";
import {showImage} from "../dialogs.js";
import {counted, Grid} from "../grid.js";
import {Marks, markBar} from "../marks.js";
import {matrix} from "../matrix.js";
import {modelChoice} from "../models.js";
import {given, look, store} from "../store.js";

const SPLITS = {test: "Test", val: "Validation", train: "Training"};

export function testPage(page) {
  const state = {run: "", split: "test", cell: null, dataset: null, opened: new Set()};
  const run = h("button.primary", {type: "button", onclick: () => test()}, "Test");
  const split = h("select", {id: "tested", onchange: () => { state.split = split.value; show(); }}, Object.entries(SPLITS).map(([name, title]) => h("option", {value: name}, title)));
  const top = head("Test", "", run);
  const choice = h(".row", {}, modelChoice(page, (id) => { state.run = id; show(); }), h(".field", {}, h("label", {htmlFor: "tested"}, "Images"), split));
  const body = h("div");
  fill(page.place, top, h(".card", {}, choice), body);

  async function show() {
    run.disabled = choice.hidden = !state.run;
    if (!state.run) return fill(body, empty("No model yet", "Train a network first; then it is tested on images that it has never seen.", h("a.button", {href: "#train"}, "Train")));
    try {
      draw(await call(`runs/${seg(state.run)}/evaluation${query({split: state.split})}`, {signal: page.signal}));
    } catch (error) {
      if (error.name === "AbortError") return;
      top.lead("");
      fill(body, empty("Not tested yet", `This model has not answered its ${SPLITS[state.split].toLowerCase()} images.`, h("button.primary", {type: "button", onclick: () => test()}, "Test it")));
    }
  }

  async function test(wish = {}) {
    run.disabled = true;
    fill(body, h("p.muted", {role: "status"}, "Testing …"));
    try {
      await ask("evaluate", {options: {model: state.run, split: state.split, ...wish}, data: state.split === "test" && store.data.test_dir ? given("data") : undefined}, page.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      note(error.message);
    }
    show();
  }

  function draw(scores) {
    top.lead(`${percent(scores.accuracy)} of ${whole(scores.images)} images are right; always saying the most frequent class would give ${percent(scores.baseline_accuracy)}`);
    const title = h("h2");
    const marks = new Marks();
    const bar = markBar(marks, () => state.dataset, () => Promise.all([grid.renew(), store.dataset && look()]));
    const grid = new Grid("Answers", (offset, limit) => answers(offset, limit, marks), open, {tall: 146, selected: bar.show});
    const reset = async (cell) => {
      state.cell = cell;
      await grid.reset();
      title.textContent = cell ? `${cell[0]} ${cell[0] === cell[1] ? "and said so" : `taken for ${cell[1]}`}: ${counted(grid.total)}` : `Mistakes, the surest first: ${counted(grid.total)}`;
      allMistakes.hidden = !cell;
    };
    const allMistakes = h("button.quiet", {type: "button", hidden: true, onclick: () => { reset(null); for (const cell of body.querySelectorAll(".matrix button")) cell.setAttribute("aria-pressed", "false"); }}, "All mistakes");
    const pictures = h(".card", {id: "answers", tabindex: -1, "aria-live": "polite"}, h(".row.middle", {}, title, allMistakes), grid.element, bar.element);
    const again = (wish) => test(wish);
    bar.offer(scores.classes);
    fill(body, tiles(scores),
      h(".card", {}, h("h2", {}, "Confusion matrix"), matrix(scores, async (truth, answer) => { await reset([truth, answer]); pictures.scrollIntoView({block: "nearest"}); })),
      pictures, part("Curves", () => curves(scores, again)), part("Calibration", () => calibration(scores, again)), part("Each class", () => classTable(scores)), part("All sets", allSets),
      scores.skipped?.length ? part(`Left out: ${whole(scores.skipped.length)}`, () => skippedTable(scores)) : null);
    reset(null).then(() => readMarks(marks, grid)).catch((error) => error.name === "AbortError" || note(error.message));
  }

  // The images of a run may be others than those that are chosen on the page.
  async function readMarks(marks, grid) {
    const {params} = await call(`runs/${seg(state.run)}`, {signal: page.signal});
    const data = Object.fromEntries(Object.entries(params.data ?? {}).filter(([name, value]) => value !== null && name !== "format_version" && name !== "result_dir"));
    state.dataset = call("datasets", {body: {data}, signal: page.signal});
    await marks.read(await state.dataset);
    if (marks.rows.length) await grid.renew();
  }

  /** A part that is made when it is opened; it stays open when the test is made again. */
  function part(name, make) {
    const place = h("div");
    const key = name.split(":")[0];
    const made = h("details.card", {ontoggle: () => {
      made.open ? state.opened.add(key) : state.opened.delete(key);
      if (made.open && !place.children.length) Promise.resolve(make()).then((found) => fill(place, found), (error) => fill(place, h("p.bad", {}, error.message)));
    }, open: state.opened.has(key)}, h("summary", {}, name), place);
    return made;
  }

  async function allSets() {
    const found = await call(`runs/${seg(state.run)}/sets`, {signal: page.signal});
    const row = (item) => h("tr", {}, h("td", {}, SPLITS[item.set]), h("td.n", {}, whole(item.images)), h("td.n", {}, percent(item.accuracy)), h("td.n", {}, item.accuracy_interval ? item.accuracy_interval.map((end) => percent(end)).join(" to ") : "–"), h("td.n", {}, short(item.loss)), h("td", {}, item.evaluated ? "on the finished model" : "while it was trained"));
    return [h("p", {}, found.sentence ?? "Test a set by choosing it above; all of them stand here side by side."), table(["Set", "n:Images", "n:Accuracy", "n:95 % interval", "n:Loss", "Measured"], found.rows.map(row))];
  }

  async function answers(offset, limit, marks) {
    const [truth, answer] = state.cell ?? [];
    const found = await call(`runs/${seg(state.run)}/answers${query({split: state.split, mistakes: state.cell ? null : true, true: truth, predicted: answer, offset, limit})}`);
    return {total: found.total, items: found.answers.map((row) => ({
      src: row.image ? pictureOf(row.image) : "icon.svg", row, address: row.image, mark: marks.said.get(row.image), alt: `${row.name}: is ${row.true}, predicted ${row.predicted}, ${percent(row.confidence)} sure`,
      under: [row.predicted, ` ${percent(row.confidence)}`, row.true === row.predicted ? "right" : `is ${row.true}`],
    }))};
  }

  function open({row}) {
    const why = row.image && ((place, views) => h("button", {type: "button", onclick: (event) => explain(row, place, views, event.target)}, "Why?"));
    showImage({src: row.image ? pictureOf(row.image, 512) : "icon.svg", title: row.name, lines: [`Is ${row.true}; the model said ${row.predicted}, ${percent(row.confidence)} sure.`], top: row.top, actions: why ? [why] : []});
  }

  async function explain(row, place, views, button) {
    button.disabled = true;
    fill(place, h("p.muted", {role: "status"}, "Looking for what the model looked at …"));
    try {
      const found = await ask("explain", {options: {model: state.run, paths: [row.image]}}, page.signal);
      const [one] = found.explanations;
      const folder = found.folder.split(/[\\/]/).pop();
      views.append(h(".view", {}, h("img", {src: fileOf(found.asked, `${folder}/${one.files.overlay}`), alt: `Heat map over ${row.name}`})));
      fill(place, h("p.muted.small", {}, `Bright is what speaks for ${one.class}, by ${one.layer ? `the maps of ${one.layer}` : "its pixels"} (${found.title}).`));
    } catch (error) {
      fill(place, h("p.bad", {}, error.message));
      button.disabled = false;
    }
  }
}

function tiles(scores) {
  const [low, high] = scores.accuracy_interval;
  return h(".card", {}, h(".tiles", {}, tile("Accuracy", percent(scores.accuracy), `${percent(low)} to ${percent(high)}`), tile("Baseline", percent(scores.baseline_accuracy)), tile("Loss", short(scores.loss)),
    scores.top_k_accuracy === null ? null : tile(`Top ${scores.top_k}`, percent(scores.top_k_accuracy)), tile("Macro F1", short(scores.macro_f1)), scores.auc === null ? null : tile("AUC", short(scores.auc)), scores.threshold === null ? null : tile("Threshold", short(scores.threshold))));
}

/** A table; a title that begins with `n:` stands over numbers. */
function table(titles, rows) {
  const head = titles.map((title) => (title.startsWith("n:") ? h("th.n", {scope: "col"}, title.slice(2)) : h("th", {scope: "col"}, title)));
  return h(".scroll", {tabindex: 0, role: "region", "aria-label": "Table"}, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

function classTable(scores) {
  return table(["Class", "n:Precision", "n:Recall", "n:F1", "n:Images"], scores.per_class.map((row) => h("tr", {}, h("td", {}, row.class), h("td.n", {}, percent(row.precision)), h("td.n", {}, percent(row.recall)), h("td.n", {}, short(row.f1)), h("td.n", {}, whole(row.support)))));
}

function skippedTable(scores) {
  return table(["File", "Reason"], scores.skipped.slice(0, 500).map((item) => h("tr", {}, h("td.wrap", {}, item.path), h("td.wrap", {}, item.reason))));
}
