// A run as work: its stage and how far it is, with Stop and Resume. Dispatches `change`, and `end` once it is over.

import {call, seg, sentence} from "./api.js";
import {h, note, say, timeLeft} from "./dom.js";
import {Follow} from "./follow.js";

const CAN_RESUME = ["cancelled", "interrupted", "failed"];

export class Working extends EventTarget {
  /** `ends` says what the states in which a run of this kind ends are called. */
  constructor(page, ends) {
    super();
    this.ends = {done: "Done", failed: "It failed", ...ends};
    this.follow = null;
    this.stop = h("button.danger", {type: "button", hidden: true, onclick: () => this.act("cancel")}, "Stop");
    this.resume = h("button", {type: "button", hidden: true, onclick: () => this.act("resume")}, "Resume");
    this.title = h("h2", {role: "status", "aria-live": "polite"});
    this.bar = h("progress", {max: 1, value: 0, "aria-label": "Progress"});
    this.left = h("p.muted");
    this.element = h(".card", {}, this.title, this.bar, this.left);
    page.leave(() => this.follow?.close());
  }

  get run() {
    return this.follow?.run;
  }

  get live() {
    return Boolean(this.follow) && !this.follow.closed;
  }

  get progress() {
    return this.follow.progress;
  }

  watch(run) {
    this.follow?.close();
    this.element.hidden = false;
    const mine = this.follow = new Follow(run);
    for (const name of ["change", "end"]) mine.addEventListener(name, () => this.follow === mine && this.tell(name));
    this.draw();
  }

  tell(name) {
    this.draw();
    this.dispatchEvent(new Event(name));
  }

  async act(what) {
    const {run} = this;
    try {
      await call(`runs/${seg(run)}/${what}`, {method: "POST"});
      if (what === "resume") this.watch(run);
    } catch (error) {
      note(error.message);
    }
  }

  draw() {
    const {live, progress: {state, title, share, left, error}} = this;
    this.stop.hidden = !live;
    this.resume.hidden = live || !CAN_RESUME.includes(state);
    say(this.title, live ? title : this.ends[state] ?? state);
    if (live && share === null) this.bar.removeAttribute("value");
    else this.bar.value = live ? share : state === "done" ? 1 : 0;
    say(this.left, (state === "failed" ? sentence(error) : live && timeLeft(left)) || "\u00a0");
  }
}
