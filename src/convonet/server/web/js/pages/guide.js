// The way from images to a model in six steps, each with what is there already and a way to its page.

import {call} from "../api.js";
import {counted, fill, h, head, note} from "../dom.js";
import {store, takeImages} from "../store.js";
import {startTour} from "../tour.js";

const STEPS = [
  {
    title: "Choose images",
    text:
      "One folder per class. The folder names are the classes that the model predicts. " +
      "Choose a folder on the server, upload one, or start with handwritten digits.",
    link: ["data", "Data"],
    done: () => Boolean(store.dataset?.sets.train?.images),
    words: () =>
      `${counted(store.dataset.sets.train.images)} in ${counted(store.dataset.classes.length, "class", "classes")}`,
  },
  {
    title: "Check them",
    text:
      "Image counts per class, skipped files, and a quality check that finds duplicates, " +
      "images in both training and test, and images that stand out.",
    link: ["data", "Data"],
  },
  {
    title: "Train",
    text:
      "Balanced compares networks for a few minutes and keeps the best one. " +
      "You can close the page; training continues.",
    link: ["train", "Train"],
    done: () => Boolean(store.training),
    words: () => "Training has started",
  },
  {
    title: "Read the result",
    text:
      "Test accuracy compared with the baseline, the classes that are confused, " +
      "and advice that you can apply with one click.",
    link: ["test", "Test"],
    done: () => Boolean(store.model),
    words: () => "A model is ready",
  },
  {
    title: "See why",
    text:
      "Open a mistake and click Why? to see what the model looked at. " +
      "Mark images whose label is wrong, and train again.",
    link: ["explain", "Explain"],
  },
  {
    title: "Use the model",
    text: "Drop new images on the page, draw, or take a picture. Export the model for other programs.",
    link: ["use", "Use"],
  },
];

export function guidePage(page) {
  const demo = h("button.primary", {type: "button", onclick: digits}, "Try it with handwritten digits");
  const tour = h("button", {type: "button", onclick: startTour}, "Show me around");
  const about = h("a.button", {href: "#about"}, "About");
  const top = head("First steps", "From a folder of images to a model that you can use", demo, tour, about);
  const list = h("ol.guide");
  fill(page.place, top, list);
  for (const name of ["dataset", "training", "model"]) page.on(store, name, show);
  show();

  function show() {
    fill(list, STEPS.map(step));
  }

  function step({title, text, link: [name, where], done, words}, index) {
    const isDone = done?.() ?? false;
    return h(
      "li.card",
      {},
      h(
        "span.step",
        {class: `step ${isDone ? "good" : ""}`, "aria-hidden": "true"},
        isDone ? "✓" : index + 1,
      ),
      h("div", {}, h("h2", {}, title), h("p", {}, text), isDone ? h("p.good.small", {}, words()) : null),
      h("a.button", {href: `#${name}`, "aria-label": `${title}: open ${where}`}, `Open ${where}`),
    );
  }

  async function digits() {
    demo.disabled = true;
    note("Saving the images …");
    try {
      const found = await call("samples", {body: {name: "digits"}});
      await takeImages(found.train_dir, {test_dir: found.test_dir});
      location.hash = "data";
    } catch (error) {
      note(error.message);
      demo.disabled = false;
    }
  }
}
