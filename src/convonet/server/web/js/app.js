// The frame: steps at the left, the page in the middle, what is under way at the top, the connection watched.

import {call, connection, query, seg, watchConnection} from "./api.js";
import {askToken} from "./dialogs.js";
import {fill, h, percent, say, timeLeft, whole} from "./dom.js";
import {Follow} from "./follow.js";
import {check, look, restore, store, usedRecipe} from "./store.js";
import {dataPage} from "./pages/data.js";
import {networkPage} from "./pages/network.js";
import {paramsPage} from "./pages/params.js";
import {runsPage} from "./pages/runs.js";
import {studyPage} from "./pages/study.js";
import {suspectsPage} from "./pages/suspects.js";
import {testPage} from "./pages/test.js";
import {trainPage} from "./pages/train.js";
import {tunePage} from "./pages/tune.js";
import {usePage} from "./pages/use.js";

const STEPS = [["data", "Data", dataPage], ["params", "Parameters", paramsPage], ["network", "Network", networkPage], ["train", "Train", trainPage], ["test", "Test", testPage], ["use", "Use", usePage], ["tune", "Tune", tunePage], ["runs", "Runs", runsPage]];
const OPENED = [["study", "Target study", studyPage, "tune"], ["suspects", "Suspicious labels", suspectsPage, "data"]]; // from a run, begun on another step
const ORDERED = 6;
const LOOK_MS = 3000;
const main = document.getElementById("main");

/** What a page gets: its place, the rest of its address, and what ends with it. */
class Page {
  constructor(name, part) {
    Object.assign(this, {name, part, place: h("div")});
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    this.leavings = [];
  }

  on(target, name, act) {
    target.addEventListener(name, act, {signal: this.signal});
  }

  leave(act) {
    this.leavings.push(act);
  }

  end() {
    this.ending.abort();
    for (const act of this.leavings) act();
  }
}

let shown = null;

function route(focus = true) {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const step = [...STEPS, ...OPENED].find(([each]) => each === name) ?? STEPS[0];
  shown?.end();
  shown = new Page(step[0], decodeURIComponent(rest.join("/")));
  fill(main, shown.place);
  document.title = `${step[1]} · Convonet`;
  rail();
  step[2](shown);
  window.scrollTo(0, 0);
  if (focus) main.focus({preventScroll: true});
}

function notes() {
  const sets = store.dataset?.sets;
  const wrong = Object.keys(store.faults.data).length + Object.keys(store.faults.hyper).length;
  return {
    data: sets?.train?.images ? `${whole(sets.train.images)} images` : "none yet",
    params: wrong ? `${wrong} wrong` : store.varied.length ? `${store.varied.length} varied` : usedRecipe() === "none" ? "ready" : `recipe ${usedRecipe()}`,
    network: usedRecipe() === "none" ? store.hyper.family || "convonet" : store.plan ? `${store.plan.candidates.length} planned` : "planned",
    train: current?.task === "train" ? "under way" : store.training ? "" : "",
    test: store.model, use: store.model, tune: "", runs: "",
  };
}

function rail() {
  const said = notes();
  const opened = OPENED.find(([name]) => name === shown.name);
  const here = !opened ? shown.name : shown.part ? "runs" : opened[3];
  const place = document.getElementById("rail");
  fill(place, STEPS.map(([name, title], number) => [
    number === ORDERED ? h("hr", {"aria-hidden": "true"}) : null,
    h("a", {href: `#${name}`, "aria-current": name === here ? "page" : null}, h("span.no", {"aria-hidden": "true"}, number < ORDERED ? number + 1 : ""), h("span", {}, title), said[name] ? h("span.note", {title: said[name]}, said[name]) : null),
  ]));
  const link = place.querySelector("[aria-current]");
  if (link && place.scrollWidth > place.clientWidth) place.scrollLeft = link.offsetLeft - (place.clientWidth - link.offsetWidth) / 2;
}

// What is under way on the server, whoever began it.

let current = null;

/** Whether runs of this kind stay and can be followed; the server knows. */
function isLong(kind) {
  return store.about?.kinds.some((each) => each.kind === kind && each.traits.keeps_run) ?? false;
}

async function lookForWork() {
  try {
    const {runs} = await call(`runs${query({state: "running", limit: 5})}`);
    const run = runs.find((each) => isLong(each.kind));
    if (run && run.id !== current?.run) attach(run);
  } catch {
    return;
  } finally {
    setTimeout(lookForWork, LOOK_MS);
  }
}

function attach(run) {
  current?.close();
  current = new Follow(run.id);
  current.task = run.kind;
  const place = document.getElementById("work");
  const [link, left, bar] = [h("a", {href: `#${run.kind}/${seg(run.id)}`}), h("span.left"), h("progress", {max: 1, "aria-label": "Work under way"})];
  fill(place, link, bar, left);
  const mine = current;
  current.addEventListener("change", () => {
    const {title, share, left: seconds} = mine.progress;
    say(link, title);
    say(left, timeLeft(seconds) || (share === null ? "" : percent(share, 0)));
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  });
  current.addEventListener("end", () => {
    if (current !== mine) return;
    current = null;
    fill(place);
    rail();
  });
  rail();
}

connection.addEventListener("lost", () => {
  const place = document.getElementById("lost");
  place.textContent = "The connection to the server is lost. Trying again …";
  place.hidden = false;
});

connection.addEventListener("back", () => {
  document.getElementById("lost").hidden = true;
  look().catch(() => {});
  if (isLong(shown?.name)) route(false);
});

connection.addEventListener("token", async () => {
  await askToken();
  connection.needsToken = false;
  begin();
});

async function begin() {
  try {
    store.about = await call("about");
  } catch (error) {
    if (error.status !== 401) {
      fill(main, h(".card", {role: "alert"}, h("h2.bad", {}, "The page cannot begin"), h("p", {}, error.message)));
      connection.addEventListener("back", begin, {once: true});
    }
    return;
  }
  await Promise.all([look().catch(() => {}), check().catch(() => {})]);
  for (const name of ["dataset", "checked", "model", "training", "hyper", "recipe", "plan"]) store.addEventListener(name, rail);
  window.addEventListener("hashchange", () => route());
  route(false);
  lookForWork();
  watchConnection();
}

restore();
begin();
