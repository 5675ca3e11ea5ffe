// The frame: steps at the left, the page in the middle, what is under way at the top, the connection watched.

import {call, connection, watchConnection} from "./api.js";
import {askToken} from "./dialogs.js";
import {fill, h} from "./dom.js";
import {aboutPage} from "./pages/about.js";
import {dataPage} from "./pages/data.js";
import {explainPage} from "./pages/explain.js";
import {guidePage} from "./pages/guide.js";
import {manyPage} from "./pages/many.js";
import {mapPage} from "./pages/map.js";
import {networkPage} from "./pages/network.js";
import {paramsPage} from "./pages/params.js";
import {runsPage} from "./pages/runs.js";
import {sortPage} from "./pages/sort.js";
import {studyPage} from "./pages/study.js";
import {suspectsPage} from "./pages/suspects.js";
import {testPage} from "./pages/test.js";
import {trainPage} from "./pages/train.js";
import {tunePage} from "./pages/tune.js";
import {usePage} from "./pages/use.js";
import {drawRail} from "./rail.js";
import {check, look, restore, store} from "./store.js";
import {restoreTheme, themeButton} from "./theme.js";
import {isLong, lookForWork, work, workingKind} from "./work.js";

const STEPS = [
  ["data", "Data", dataPage],
  ["params", "Parameters", paramsPage],
  ["network", "Network", networkPage],
  ["train", "Train", trainPage],
  ["test", "Test", testPage],
  ["use", "Use", usePage],
  ["explain", "Explain", explainPage],
  ["tune", "Tune", tunePage],
  ["runs", "Runs", runsPage],
];
// Pages without a step of their own, and the step that they belong to; those of a run belong to Runs.
const OPENED = [
  ["many", "Many data sets", manyPage, "train"],
  ["study", "Target study", studyPage, "tune"],
  ["sort", "Sort", sortPage, "data"],
  ["map", "Map", mapPage, "data"],
  ["suspects", "Suspicious labels", suspectsPage, "data"],
  ["guide", "First steps", guidePage, ""],
  ["about", "About", aboutPage, ""],
];
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

function rail() {
  const opened = OPENED.find(([name]) => name === shown.name);
  const isRun = isLong(shown.name) && shown.part;
  const here = !opened ? shown.name : isRun ? "runs" : opened[3];
  drawRail(STEPS, here, workingKind());
}

connection.addEventListener("lost", () => {
  const place = document.getElementById("lost");
  place.textContent = "The connection to the server was lost. Trying again …";
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
      const title = h("h2.bad", {}, "The page cannot start");
      fill(main, h(".card", {role: "alert"}, title, h("p", {}, error.message)));
      connection.addEventListener("back", begin, {once: true});
    }
    return;
  }
  await Promise.all([look().catch(() => {}), check().catch(() => {})]);
  const names = ["dataset", "checked", "model", "training", "hyper", "recipe", "plan"];
  for (const name of names) store.addEventListener(name, rail);
  work.addEventListener("change", rail);
  window.addEventListener("hashchange", () => route());
  route(false);
  lookForWork();
  watchConnection();
}

restoreTheme();
const help = {href: "#guide", title: "First steps", "aria-label": "First steps and help"};
document.querySelector(".top").append(h("a.help", help, "?"), themeButton());
restore();
begin();
