// A training: planned, begun, watched, stopped, resumed. Any browser can watch a training that another
// one began.

import {call, query, seg} from "../api.js";
import {begun, holdOut} from "../beginning.js";
import {empty, fill, h, head, note, say, timeLeft, whole} from "../dom.js";
import {planWords, recipeFields} from "../recipe.js";
import {shownAs} from "../shown.js";
import {recipeOptions, usedRecipe} from "../plan.js";
import {whyNotTrain} from "../reasons.js";
import {given, sameImages, store, takeImages} from "../store.js";
import {TrainingView} from "../training_view.js";
import {Working} from "../working.js";

const ENDS = {
  cancelled: "Stopped. Finished work is kept",
  failed: "Training failed",
  interrupted:
    "Interrupted: the process that was working on the run has ended. Resume continues from the last checkpoint",
};
const WAITS = "Choose images, then train. Accuracy and loss are drawn here during training.";
const READY = "Click Train. Candidates, accuracy and loss are shown here during training.";

export function trainPage(page) {
  const begin = h("button.primary", {type: "button", onclick: () => start({validation: true})}, "Train");
  const all = h(
    "button",
    {type: "button", onclick: () => start({validation: false})},
    "Train without validation",
  );
  const working = new Working(page, ENDS, words);
  const many = h("a.button", {href: "#many"}, "Many data sets …");
  const top = head("Train", "", begin, all, working.stop, working.resume, many);
  const further = h("select", {id: "from-model"});
  const from = h(".field.narrow", {hidden: true}, h("label", {htmlFor: "from-model"}, "Start from"), further);
  const plan = h(".card", {}, recipeFields(page), planWords(page), from, holdOut(page));
  const view = new TrainingView(page, working, watch);
  const other = h(".card.notice", {hidden: true, role: "note"});
  const nothing = empty("Nothing trained yet", WAITS, h("a.button", {href: "#data"}, "Choose images"));
  fill(page.place, top, plan, other, nothing, view.element, shownAs(request));
  for (const name of ["dataset", "checked", "minutes", "recipe", "hyper", "plan"])
    page.on(store, name, ready);
  page.on(store, "training", () => (store.training ? watch(store.training) : clear()));
  page.on(store, "dataset", () => working.run && belongs(working.run));
  working.addEventListener("change", ready);
  working.addEventListener("end", ready);
  ready();
  latest();

  function words({candidates, number, total, title, left, step}) {
    const current = candidates.find((one) => one.state === "running");
    const speed = step && `${whole(Math.round(step.images_per_second))} images/s`;
    return {
      title: current ? `[${number}/${total}] ${current.title}` : title,
      left: [current && title, timeLeft(left), speed].filter(Boolean).join(" · "),
    };
  }

  /** What is under way, else what this browser began, else the newest of the chosen images. */
  async function latest() {
    const {runs} = await call(`runs${query({kind: "train", limit: 200})}`).catch(() => ({runs: []}));
    offerModels(runs);
    const chosen =
      (page.part && runs.find((run) => run.id === page.part)) ||
      runs.find((run) => ["running", "waiting"].includes(run.state)) ||
      runs.find((run) => run.id === store.training) ||
      runs.find((run) => sameImages(run) !== false);
    if (page.part && runs.every((run) => run.id !== page.part)) note("There is no such training run");
    if (chosen && !working.run) watch(chosen.id);
  }

  function offerModels(runs) {
    const able = runs.filter((run) => run.state === "done" && sameImages(run));
    const options = able.map((run) => h("option", {value: run.id}, run.title));
    fill(further, h("option", {value: ""}, "New weights"), options);
    from.hidden = !able.length || usedRecipe() !== "none";
  }

  function ready() {
    const unplanned =
      usedRecipe() !== "none" && store.planError ? "No plan can be made for these images" : "";
    const why = whyNotTrain() || unplanned;
    const hasImages = Boolean(store.dataset?.sets.train?.images);
    begin.disabled = all.disabled = Boolean(why);
    begin.title = all.title = why;
    begin.hidden = all.hidden = plan.hidden = working.live;
    from.hidden = further.options.length < 2 || usedRecipe() !== "none";
    if (!working.run) top.lead(why || "Ready");
    say(nothing.querySelector("p"), hasImages ? READY : WAITS);
    nothing.querySelector("a").hidden = hasImages;
  }

  function request(options = {}) {
    const chosen = usedRecipe() === "none" && further.value ? {from_model: further.value} : {};
    return {
      kind: "train",
      data: given("data"),
      hyper: given("hyper"),
      options: {...options, ...recipeOptions(), ...chosen},
    };
  }

  async function start(options) {
    begin.disabled = all.disabled = true;
    clear();
    nothing.hidden = true;
    top.lead("Starting …");
    if (!(await begun(request(options)))) {
      nothing.hidden = false;
      top.lead("");
    }
    ready();
  }

  function watch(run) {
    if (!run || (working.run === run && working.live)) return;
    nothing.hidden = true;
    other.hidden = true;
    top.lead("");
    view.watch(run);
    ready();
    belongs(run);
  }

  function clear() {
    view.clear();
    other.hidden = true;
    nothing.hidden = false;
    ready();
  }

  /** Name the run, and say so where it was trained on other images than those that are chosen. */
  async function belongs(run) {
    const record = await call(`runs/${seg(run)}`, {signal: page.signal}).catch(() => null);
    if (!record || working.run !== run) return;
    top.lead(record.title);
    top.title = run;
    other.hidden = sameImages(record) !== false;
    const folder = record.params.data?.train_dir;
    const take = h("button", {type: "button", onclick: () => takeImages(folder)}, "Choose these images");
    fill(
      other,
      h("p", {}, `This training run used other images: ${record.data_set}.`),
      h(".buttons", {}, take),
    );
  }
}
