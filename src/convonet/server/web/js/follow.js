// Follows a run by its event stream and adds the events up: how far it is, the curves so far, what was said.

import {API, call, connection, seg, tellLost} from "./api.js";

export const SCORES = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"];
const AGAIN_MS = 1500;

const fresh = () => ({
  title: "Waiting …",
  share: null,
  left: null,
  epochs: 0,
  step: null,
  state: "",
  error: null,
  messages: [],
  trials: 0,
  sentence: "",
  notes: [],
  candidates: [],
  number: 0,
  total: 0,
  test: null,
  history: Object.fromEntries(SCORES.map((name) => [name, []])),
});

/** Dispatches `change` for what is to be shown and `end` once nothing more will come. */
export class Follow extends EventTarget {
  constructor(run) {
    super();
    this.run = run;
    this.progress = fresh();
    this.closed = false;
    this.pending = false;
    this.back = () => this.open();
    connection.addEventListener("back", this.back);
    this.open();
  }

  open() {
    if (this.closed) return;
    this.source?.close();
    this.progress = fresh();
    this.source = new EventSource(`${API}/runs/${seg(this.run)}/events?thin=true`);
    this.source.onmessage = (message) => this.take(JSON.parse(message.data));
    this.source.addEventListener("end", (message) => this.ended(JSON.parse(message.data).state));
    this.source.addEventListener("away", () => tellLost());
    this.source.onerror = () => this.broken();
  }

  // A browser tries a broken stream again by itself unless it was refused; the server then begins
  // where it ended.
  broken() {
    if (this.closed) return;
    if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.open(), AGAIN_MS);
    else tellLost();
  }

  async ended(state) {
    this.close();
    try {
      const record = await call(`runs/${seg(this.run)}`);
      this.progress.error = record.error;
      this.progress.state = record.state;
    } catch {
      this.progress.state = state;
    }
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("end"));
  }

  close() {
    this.closed = true;
    this.source?.close();
    connection.removeEventListener("back", this.back);
  }

  take(event) {
    const made = TAKERS[event.event];
    if (made) made(this.progress, event);
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      if (!this.closed) this.dispatchEvent(new Event("change"));
    });
  }
}

function cut(progress, epochs) {
  for (const column of Object.values(progress.history)) column.length = Math.min(column.length, epochs);
}

/** Write down what is known of a candidate; a resumed training tells of one again. */
function put(progress, candidate) {
  const index = progress.candidates.findIndex((one) => one.name === candidate.name);
  progress.candidates.splice(index < 0 ? progress.candidates.length : index, index < 0 ? 0 : 1, {
    ...candidate,
  });
}

const TAKERS = {
  RunStarted(progress) {
    Object.assign(progress, {
      state: "running",
      title: "Starting …",
      share: null,
      left: null,
      error: null,
      messages: [],
    });
  },
  StageStarted(progress, event) {
    Object.assign(progress, {title: event.title, share: null, left: null});
  },
  Progressed(progress, event) {
    Object.assign(progress, {share: event.total ? event.done / event.total : null, left: event.seconds_left});
  },
  TrainingStarted(progress, event) {
    progress.epochs = event.epochs;
    cut(progress, event.first_epoch - 1);
  },
  BatchEnded(progress, event) {
    const done = event.epoch - 1 + event.step / Math.max(event.steps, 1);
    Object.assign(progress, {
      title: `Epoch ${event.epoch} of ${event.epochs}`,
      share: done / event.epochs,
      left: event.seconds_left,
      step: event,
    });
  },
  EpochEnded(progress, event) {
    cut(progress, event.epoch - 1);
    progress.epochs = event.epochs;
    for (const name of SCORES) progress.history[name][event.epoch - 1] = event.logs[name] ?? null;
  },
  PlanMade(progress, event) {
    Object.assign(progress, {sentence: event.sentence, notes: event.notes});
  },
  CandidateStarted(progress, event) {
    Object.assign(progress, {
      number: event.number,
      total: event.total,
      epochs: 0,
      step: null,
      share: null,
      left: null,
    });
    cut(progress, 0);
    put(progress, {name: event.name, title: event.title, state: "running"});
  },
  CandidateEnded(progress, event) {
    if (event.best) for (const one of progress.candidates) one.best = false;
    put(progress, event);
  },
  EvaluationEnded(progress, event) {
    if (event.split === "test") progress.test = event;
  },
  TrialEnded(progress) {
    progress.trials += 1;
  },
  Warned(progress, event) {
    progress.messages.push(event.window || event.message);
  },
  TrainingStopped(progress, event) {
    progress.messages.push(`Stopped after epoch ${event.epoch}: ${event.reason}`);
  },
  CancelAcknowledged(progress) {
    progress.title = "Stopping; finished work is kept";
  },
  RunEnded(progress, event) {
    Object.assign(progress, {state: event.state, error: event.error, share: null, left: null, step: null});
  },
};
