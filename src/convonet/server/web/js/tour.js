// The tour: goes through the real pages, points at one thing after another, and says what it is for.

import {fill, h} from "./dom.js";

const GAP = 10;
const LOOK_MS = 150;
// Where it goes, what it points at (the first selector that is there), and what it says.
const STOPS = [
  {
    page: "data",
    at: [".head .buttons"],
    title: "Choose images",
    text:
      "One folder per class. The folder names are the classes that the model predicts. Images come from a folder on " +
      "the server, from your computer, or from a sample set.",
  },
  {
    page: "data",
    at: [".planned .main", ".empty"],
    title: "Train",
    text:
      "Once images are chosen, a sentence says what will be trained, and this button starts training. " +
      "“How to train”, below it, sets the recipe and its time budget.",
  },
  {
    page: "params",
    at: [".recipe"],
    title: "Set values yourself",
    text: "Expert shows every value, filled in from the plan. Give a field several values to tune it.",
  },
  {
    page: "train",
    at: ["#doing", ".empty", ".recipe"],
    title: "Watch the training",
    text:
      "Candidates, curves and the time left are shown here. You can close the page; training continues. " +
      "Stop keeps finished work.",
  },
  {
    page: "test",
    at: [".matrix", ".tiles", ".empty"],
    title: "Read the result",
    text:
      "Accuracy with its confidence interval, next to the baseline. Click a cell of the confusion matrix " +
      "to see its images. Click an image, then Why? to see what the model looked at.",
  },
  {
    page: "use",
    at: [".drop", ".empty"],
    title: "Use the model",
    text: "Drop, paste or draw an image, take a picture, or export the model for other programs.",
  },
  {
    page: "explain",
    at: [".card:has(#method)", ".empty"],
    title: "See what it looks at",
    text: "Heat maps, the filters of each layer and what activates them, and a kernel explorer.",
  },
  {
    page: "runs",
    at: ["main table", ".empty", ".head"],
    title: "Come back to any run",
    text:
      "Every training run and search is kept with its parameters, curves, model and scores. " +
      "Rename runs, compare them, and create reports.",
  },
];

let ending = null;

/** Begin the tour at its first stop; one that is under way ends. */
export function startTour() {
  ending?.();
  const before = document.activeElement;
  const ring = h(".tour-ring", {"aria-hidden": "true"});
  const card = h(".tour-card", {role: "dialog", "aria-label": "Tour", tabIndex: -1});
  document.body.append(ring, card);
  let index = 0;
  let target = null;
  const key = (event) => event.key === "Escape" && end();
  addEventListener("keydown", key);
  // Pages load and draw again; so what is pointed at is looked for again and again.
  const timer = setInterval(follow, LOOK_MS);
  ending = end;
  show();

  function end() {
    clearInterval(timer);
    removeEventListener("keydown", key);
    ring.remove();
    card.remove();
    ending = null;
    before?.focus?.({preventScroll: true});
  }

  function show() {
    location.hash = STOPS[index].page;
    fill(card, words(STOPS[index]));
    target = null;
    follow();
    // The page that is gone to takes the focus when it is drawn.
    setTimeout(() => card.focus({preventScroll: true}), LOOK_MS);
  }

  function follow() {
    const element = STOPS[index].at.map(seen).find(Boolean);
    if (!element || location.hash !== `#${STOPS[index].page}`) return;
    if (element !== target) element.scrollIntoView({block: "center"});
    target = element;
    place(element);
  }

  function words({title, text}) {
    const go = (step) => () => {
      index += step;
      if (index >= STOPS.length) return end();
      show();
    };
    const isLast = index === STOPS.length - 1;
    return [
      h("h2", {}, title),
      h("p", {}, text),
      h(
        ".buttons",
        {},
        h("span.muted.small", {}, `${index + 1} of ${STOPS.length}`),
        h("button.quiet", {type: "button", onclick: end}, "Close"),
        index ? h("button", {type: "button", onclick: go(-1)}, "Back") : null,
        h("button.primary", {type: "button", onclick: go(1)}, isLast ? "Done" : "Next"),
      ),
    ];
  }

  /** Put the ring around what is shown, and the card below it, or above where there is no room. */
  function place(element) {
    const box = element.getBoundingClientRect();
    const own = card.getBoundingClientRect();
    const fits = box.bottom + GAP + own.height < innerHeight;
    const top = fits
      ? box.bottom + GAP
      : Math.max(GAP, Math.min(box.top - GAP, innerHeight) - own.height - GAP);
    const left = Math.max(GAP, Math.min(box.left, innerWidth - own.width - GAP));
    Object.assign(card.style, {top: `${top}px`, left: `${left}px`});
    Object.assign(ring.style, {
      top: `${box.top - 4}px`,
      left: `${box.left - 4}px`,
      width: `${box.width + 8}px`,
      height: `${box.height + 8}px`,
    });
  }
}

/** The first element of a selector that is shown. */
const seen = (selector) =>
  [...document.querySelectorAll(selector)].find((each) => each.getClientRects().length > 0);
