// The scores of a model; the confusion matrix opens the images of a cell, the mistakes come worst first.

import {ask, call, pictureOf, query, seg} from "../api.js";
import {calibration} from "../calibration.js";
import {curves} from "../curves.js";
import {showImage} from "../dialogs.js";
import {counted, empty, fill, h, head, note, percent, whole} from "../dom.js";
import {why} from "../explaining.js";
import {Grid} from "../grid.js";
import {Marks, markBar} from "../marks.js";
import {matrix} from "../matrix.js";
import {isFile, modelChoice} from "../models.js";
import {SPLITS} from "../sets.js";
import {shownAs} from "../shown.js";
import {given, look, sameImages, store} from "../store.js";
import {allSets, classTable, scoreTable, skippedTable, tiles} from "../test_tables.js";

const UNKNOWN = ["format_version", "result_dir"];

export function testPage(page) {
  const state = {run: "", split: "test", cell: null, dataset: null, opened: new Set(), turn: 0};
  const run = h("button.primary", {type: "button", onclick: () => test()}, "Test");
  const options = ["test", "val", "train"].map((name) => h("option", {value: name}, SPLITS[name]));
  const split = h(
    "select",
    {id: "tested", onchange: () => Object.assign(state, {split: split.value}) && show()},
    options,
  );
  const top = head("Test", "", run);
  const use = (id) => {
    state.run = id;
    show();
  };
  const choice = h(
    ".row",
    {},
    modelChoice(page, use),
    h(".field", {}, h("label", {htmlFor: "tested"}, "Images"), split),
  );
  const body = h("div");
  const other = h(".card.notice", {hidden: true, role: "note"});
  fill(page.place, top, h(".card", {}, choice), other, body);

  async function show() {
    const turn = ++state.turn;
    run.disabled = !state.run || isFile(state.run);
    other.hidden = true;
    top.lead("");
    if (!state.run) return showNone();
    if (isFile(state.run))
      return fill(
        body,
        empty(
          "This model does not come from a run",
          "Only models from runs keep their test results. The Use and Explain pages accept model files.",
        ),
      );
    belongs(turn);
    try {
      const address = `runs/${seg(state.run)}/evaluation${query({split: state.split})}`;
      const scores = await call(address, {signal: page.signal});
      if (turn === state.turn) draw(scores);
    } catch (error) {
      if (error.name === "AbortError" || turn !== state.turn) return;
      const text = `This model was not tested on its ${SPLITS[state.split].toLowerCase()} images.`;
      fill(
        body,
        empty(
          "Not tested yet",
          text,
          h("button.primary", {type: "button", onclick: () => test()}, "Test it"),
        ),
      );
    }
  }

  function showNone() {
    const text = "Train a network first. If there are test images, it is then tested on them.";
    fill(body, empty("No model yet", text, h("a.button", {href: "#train"}, "Train")));
  }

  /** Say so where the model was trained on other images than those that are chosen. */
  async function belongs(turn) {
    const record = await call(`runs/${seg(state.run)}`, {signal: page.signal}).catch(() => null);
    if (!record || turn !== state.turn) return;
    other.hidden = sameImages(record) !== false;
    fill(other, h("p", {}, `This model was trained on other images: ${record.data_set}.`));
  }

  /** The test images that are chosen count only for a model of these training images. */
  async function request(wish = {}) {
    const record = await call(`runs/${seg(state.run)}`, {signal: page.signal});
    const chosen = state.split === "test" && store.data.test_dir && sameImages(record);
    return {
      kind: "evaluate",
      options: {model: state.run, split: state.split, ...wish},
      ...(chosen ? {data: given("data")} : {}),
    };
  }

  async function test(wish = {}) {
    run.disabled = true;
    fill(body, h("p.muted", {role: "status"}, "Testing …"));
    try {
      await ask("evaluate", await request(wish), page.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      note(error.message);
    }
    show();
  }

  function draw(scores) {
    const baseline = `always predicting the most common class gives ${percent(scores.baseline_accuracy)}`;
    top.lead(
      `${percent(scores.accuracy)} of ${counted(scores.images, "image is", "images are")} predicted correctly; ${baseline}`,
    );
    const title = h("h2");
    const marks = new Marks();
    const bar = markBar(
      marks,
      () => state.dataset,
      () => Promise.all([grid.renew(), store.dataset && look()]),
    );
    const load = (offset, limit) => answers(offset, limit, marks);
    const grid = new Grid("Predictions", load, open, {tall: 146, selected: bar.show});
    const reset = async (cell) => {
      state.cell = cell;
      await grid.reset();
      const said = cell && (cell[0] === cell[1] ? "predicted correctly" : `mistaken for ${cell[1]}`);
      const which = cell ? `${cell[0]} ${said}` : "Mistakes, highest confidence first";
      title.textContent = `${which}: ${counted(grid.total)}`;
      allMistakes.hidden = !cell;
    };
    const release = () => {
      reset(null);
      for (const cell of body.querySelectorAll(".matrix button")) cell.setAttribute("aria-pressed", "false");
    };
    const allMistakes = h("button.quiet", {type: "button", hidden: true, onclick: release}, "All mistakes");
    const heading = h(".row.middle", {}, title, allMistakes);
    const pictures = h(
      ".card",
      {id: "answers", tabindex: -1, "aria-live": "polite"},
      heading,
      grid.element,
      bar.element,
    );
    const cells = matrix(scores, async (truth, answer) => {
      await reset([truth, answer]);
      pictures.scrollIntoView({block: "nearest"});
    });
    bar.offer(scores.classes);
    fill(
      body,
      tiles(scores),
      h(".card", {}, h("h2", {}, "Confusion matrix"), cells),
      pictures,
      part("Curves", () => curves(scores, test)),
      part("Calibration", () => calibration(scores, test)),
      part("All metrics", () => scoreTable(scores)),
      part("Classes", () => classTable(scores)),
      part("All sets", () => allSets(state.run, page.signal)),
      scores.skipped?.length
        ? part(`Skipped files: ${whole(scores.skipped.length)}`, () => skippedTable(scores))
        : null,
      shownAs(() => ({kind: "evaluate", options: {model: state.run, split: state.split}})),
    );
    reset(null)
      .then(() => readMarks(marks, grid))
      .catch((error) => error.name === "AbortError" || note(error.message));
  }

  // The images of a run may be others than those that are chosen on the page.
  async function readMarks(marks, grid) {
    const {params} = await call(`runs/${seg(state.run)}`, {signal: page.signal});
    const known = Object.entries(params.data ?? {}).filter(
      ([name, value]) => value !== null && !UNKNOWN.includes(name),
    );
    state.dataset = call("datasets", {body: {data: Object.fromEntries(known)}, signal: page.signal});
    await marks.read(await state.dataset);
    if (marks.rows.length) await grid.renew();
  }

  /** A part that is made when it is opened; it stays open when the test is made again. */
  function part(name, make) {
    const place = h("div");
    const key = name.split(":")[0];
    const toggle = () => {
      made.open ? state.opened.add(key) : state.opened.delete(key);
      if (!made.open || place.children.length) return;
      Promise.resolve(make()).then(
        (found) => fill(place, found),
        (error) => error.name === "AbortError" || fill(place, h("p.bad", {role: "alert"}, error.message)),
      );
    };
    const made = h(
      "details.card",
      {ontoggle: toggle, open: state.opened.has(key)},
      h("summary", {}, name),
      place,
    );
    return made;
  }

  async function answers(offset, limit, marks) {
    const [truth, answer] = state.cell ?? [];
    const mistakes = state.cell ? null : true;
    const wanted = {split: state.split, mistakes, true: truth, predicted: answer, offset, limit};
    const found = await call(`runs/${seg(state.run)}/answers${query(wanted)}`);
    return {total: found.total, items: found.answers.map((one) => item(one, marks))};
  }

  function item(row, marks) {
    const sure = percent(row.confidence);
    return {
      src: row.image ? pictureOf(row.image) : "",
      row,
      address: row.image,
      mark: marks.said.get(row.image),
      alt: `${row.name}: labeled ${row.true}, predicted ${row.predicted}, ${sure} confident`,
      under: [row.predicted, ` ${sure}`, row.true === row.predicted ? "correct" : `labeled ${row.true}`],
    };
  }

  function open({row}) {
    const words = `True class: ${row.true}. Prediction: ${row.predicted}, ${percent(row.confidence)} confident.`;
    const outside = "The image is outside the server's root folder, so it cannot be shown.";
    showImage({
      src: row.image ? pictureOf(row.image, 512) : "",
      title: row.name,
      lines: row.image ? [words] : [words, outside],
      top: row.top,
      actions: row.image ? [why(state.run, () => row.image, row.name, page.signal)] : [],
    });
  }
}
