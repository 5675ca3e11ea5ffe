// A run as work: its stage and how far it is, with Stop and Resume. Dispatches `change`, and `end` once
// it is over.

import {call, seg, sentence} from "./api.js";
import {confirmed} from "./dialogs.js";
import {h, note, say, timeLeft} from "./dom.js";
import {Follow} from "./follow.js";
import {withImages} from "./moving.js";

const CAN_RESUME = ["cancelled", "interrupted", "failed"];
const CHANGED =
  "The training images have changed since this run started. So far, the model has been trained on the old images.";
const CLASSES = {failed: "bad", interrupted: "warn"};

export class Working extends EventTarget {
  /**
   * @param ends what the states in which a run of this kind ends are called
   * @param words `(progress) => {title, left}` while it runs; the stage and the time left where none is given
   */
  constructor(page, ends, words = ({title, left}) => ({title, left: timeLeft(left)})) {
    super();
    this.ends = {done: "Done", failed: "Failed", ...ends};
    this.words = words;
    this.follow = null;
    this.stop = h("button.danger", {type: "button", hidden: true, onclick: () => this.cancel()}, "Stop");
    this.resume = h("button", {type: "button", hidden: true, onclick: () => this.again()}, "Resume");
    this.title = h("h2", {id: "doing", role: "status", "aria-live": "polite"});
    this.bar = h("progress", {max: 1, value: 0, "aria-label": "Progress"});
    this.left = h("p.muted");
    this.below = h("div");
    this.element = h(".card", {}, this.title, this.bar, this.left, this.below);
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
    const mine = (this.follow = new Follow(run));
    for (const name of ["change", "end"]) {
      mine.addEventListener(name, () => this.follow === mine && this.tell(name));
    }
    this.draw();
  }

  /** Show nothing any more; the run goes on. */
  forget() {
    this.follow?.close();
    this.follow = null;
    this.stop.hidden = this.resume.hidden = this.element.hidden = true;
  }

  tell(name) {
    this.draw();
    this.dispatchEvent(new Event(name));
  }

  async cancel() {
    try {
      await call(`runs/${seg(this.run)}/cancel`, {method: "POST"});
    } catch (error) {
      note(error.message);
    }
  }

  /** Ask for images that have moved; use images that have changed only where the person says so. */
  async again() {
    const {run, progress} = this;
    const changed = progress.error?.type === "DataChangedError";
    if (changed && !(await confirmed("Continue with the changed images?", CHANGED, "Continue"))) return;
    try {
      await withImages((data) =>
        call(`runs/${seg(run)}/resume`, {body: {accept_changed_data: changed, ...(data ? {data} : {})}}),
      );
      this.watch(run);
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }

  draw() {
    const {live, progress} = this;
    const {state, share, error} = progress;
    const {title, left} = live ? this.words(progress) : {title: this.ends[state] ?? state, left: ""};
    this.stop.hidden = !live;
    this.resume.hidden = live || !CAN_RESUME.includes(state);
    say(this.title, title);
    this.title.className = live ? "" : (CLASSES[state] ?? "");
    if (live && share === null) this.bar.removeAttribute("value");
    else this.bar.value = live ? share : state === "done" ? 1 : 0;
    this.bar.hidden = !live && state === "done";
    say(this.left, (state === "failed" && !live ? sentence(error) : left) || "\u00a0");
    this.left.hidden = !live && state !== "failed";
  }
}
