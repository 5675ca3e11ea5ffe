// The scores of a model; the confusion matrix opens the images of a cell, the mistakes come worst first.

import {ask, call, fileOf, pictureOf, query, seg} from "../api.js";
import {empty, fill, h, head, note, percent, short, tile, whole} from "../dom.js";
import {showImage} from "../dialogs.js";
import {counted, Grid} from "../grid.js";
import {matrix} from "../matrix.js";
import {modelChoice} from "../models.js";
import {given, store} from "../store.js";

const SPLITS = {test: "Test", val: "Validation", train: "Training"};

export function testPage(page) {
  const state = {run: "", split: "test", cell: null};
  const run = h("button.primary", {type: "button", onclick: test}, "Test");
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
      fill(body, empty("Not tested yet", `This model has not answered its ${SPLITS[state.split].toLowerCase()} images.`, h("button.primary", {type: "button", onclick: test}, "Test it")));
    }
  }

  async function test() {
    run.disabled = true;
    fill(body, h("p.muted", {role: "status"}, "Testing …"));
    try {
      await ask("evaluate", {options: {model: state.run, split: state.split}, data: state.split === "test" && store.data.test_dir ? given("data") : undefined}, page.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      note(error.message);
    }
    show();
  }

  function draw(scores) {
    top.lead(`${percent(scores.accuracy)} of ${whole(scores.images)} images are right; always saying the most frequent class would give ${percent(scores.baseline_accuracy)}`);
    const [low, high] = scores.accuracy_interval;
    const title = h("h2");
    const grid = new Grid("Answers", (offset, limit) => answers(offset, limit), open, {tall: 146});
    const reset = async (cell) => {
      state.cell = cell;
      await grid.reset();
      title.textContent = cell ? `${cell[0]} ${cell[0] === cell[1] ? "and said so" : `taken for ${cell[1]}`}: ${counted(grid.total)}` : `Mistakes, the surest first: ${counted(grid.total)}`;
      allMistakes.hidden = !cell;
    };
    const allMistakes = h("button.quiet", {type: "button", hidden: true, onclick: () => { reset(null); for (const cell of body.querySelectorAll(".matrix button")) cell.setAttribute("aria-pressed", "false"); }}, "All mistakes");
    const pictures = h(".card", {id: "answers", tabindex: -1, "aria-live": "polite"}, h(".row.middle", {}, title, allMistakes), grid.element);
    fill(body,
      h(".card", {}, h(".tiles", {}, tile("Accuracy", percent(scores.accuracy), `${percent(low)} to ${percent(high)}`), tile("Baseline", percent(scores.baseline_accuracy)), tile("Loss", short(scores.loss)),
        scores.top_k_accuracy === null ? null : tile(`Top ${scores.top_k}`, percent(scores.top_k_accuracy)), tile("Macro F1", short(scores.macro_f1)), scores.auc === null ? null : tile("AUC", short(scores.auc)), scores.threshold === null ? null : tile("Threshold", short(scores.threshold)))),
      h(".card", {}, h("h2", {}, "Confusion matrix"), matrix(scores, async (truth, answer) => { await reset([truth, answer]); pictures.scrollIntoView({block: "nearest"}); })),
      pictures,
      h("details.card", {}, h("summary", {}, "Each class"), h(".scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "Class"), ["Precision", "Recall", "F1", "Images"].map((t) => h("th.n", {scope: "col"}, t)))),
        h("tbody", {}, scores.per_class.map((row) => h("tr", {}, h("td", {}, row.class), h("td.n", {}, percent(row.precision)), h("td.n", {}, percent(row.recall)), h("td.n", {}, short(row.f1)), h("td.n", {}, whole(row.support)))))))));
    reset(null).catch((error) => note(error.message));
  }

  async function answers(offset, limit) {
    const [truth, answer] = state.cell ?? [];
    const found = await call(`runs/${seg(state.run)}/answers${query({split: state.split, mistakes: state.cell ? null : true, true: truth, predicted: answer, offset, limit})}`);
    return {total: found.total, items: found.answers.map((row) => ({
      src: row.image ? pictureOf(row.image) : "icon.svg", row, alt: `${row.name}: is ${row.true}, predicted ${row.predicted}, ${percent(row.confidence)} sure`,
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
