// What is under way on the server, whoever began it: shown at the top of every page.

import {call, query, seg} from "./api.js";
import {fill, h, percent, say, timeLeft} from "./dom.js";
import {Follow} from "./follow.js";
import {store} from "./store.js";

const LOOK_MS = 3000;
let current = null;

/** Dispatches `change` when other work is under way, or none. */
export const work = new EventTarget();

/** The kind of the work under way; "" for none. */
export const workingKind = () => current?.kind ?? "";

/** Whether runs of this kind stay and can be followed; the server knows. */
export function isLong(kind) {
  return store.about?.kinds.some((each) => each.kind === kind && each.traits.keeps_run) ?? false;
}

/** Whether a finished run of this kind can be done once more and compared. */
export function isRepeatable(kind) {
  return store.about?.kinds.some((each) => each.kind === kind && each.traits.repeatable) ?? false;
}

/** What a run of this kind is called in lists. */
export function noun(kind) {
  return store.about?.kinds.find((each) => each.kind === kind)?.traits.noun || kind;
}

/** Look for work now and again. */
export async function lookForWork() {
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
  const mine = (current = new Follow(run.id));
  mine.kind = run.kind;
  const place = document.getElementById("work");
  const link = h("a", {href: `#${run.kind}/${seg(run.id)}`}, "Starting …");
  const left = h("span.left");
  const bar = h("progress", {max: 1, "aria-label": "Work in progress"});
  fill(place, link, bar, left);
  mine.addEventListener("change", () => {
    const {title, share, left: seconds} = mine.progress;
    say(link, title);
    say(left, timeLeft(seconds) || (share === null ? "" : percent(share, 0)));
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  });
  mine.addEventListener("end", () => {
    if (current !== mine) return;
    current = null;
    fill(place);
    work.dispatchEvent(new Event("change"));
  });
  work.dispatchEvent(new Event("change"));
}
