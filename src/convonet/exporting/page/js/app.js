// The page: images that are dropped, pasted or chosen are classified in the browser.

import {Camera} from "./camera.js";
import {decode} from "./decode.js";
import {answerParts, byId, make} from "./dom.js";
import {Model} from "./model.js";

const MOST_SHOWN = 100;
let model = null;

async function start() {
  try {
    model = await Model.load();
  } catch (error) {
    const advice = "Reload the page to try again.";
    byId("state").textContent = `The model could not be loaded: ${error.message}. ${advice}`;
    byId("state").className = "bad";
    return;
  }
  const {about, classes} = model;
  byId("state").hidden = true;
  byId("tools").hidden = false;
  byId("classes").textContent = sentence(classes);
  const channels = about.input_channels === 1 ? "grayscale" : "color";
  byId("details").textContent = `${about.input_width} × ${about.input_height} px, ${channels}`;
  listen();
  new Camera(model, (image, canvas) => show(image, "Camera", canvas));
  keepOffline();
}

function sentence(classes) {
  const shown = classes.slice(0, 12).join(", ");
  const more = classes.length > 12 ? ` and ${classes.length - 12} more` : "";
  return `${classes.length} ${classes.length === 1 ? "class" : "classes"}: ${shown}${more}`;
}

function listen() {
  const zone = byId("drop");
  const input = byId("files");
  byId("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    classify([...input.files]);
    input.value = "";
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    classify([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => classify([...event.clipboardData.files]));
}

async function classify(files) {
  // The newest images come first, in their own order.
  const before = byId("answers").firstChild;
  for (const file of files.slice(0, MOST_SHOWN)) {
    const card = addCard(file.name, before);
    const picture = make("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), {once: true});
    card.prepend(picture);
    try {
      fill(card, await model.answer(await decode(file)));
    } catch (error) {
      picture.remove();
      card.lastChild.append(make("p", "bad", `${error.message}.`));
    }
  }
  if (files.length > MOST_SHOWN) addCard(`Only the first ${MOST_SHOWN} images are classified`);
}

/** An image that is no file, such as a picture from the camera. */
async function show(image, name, canvas) {
  const card = addCard(name);
  card.prepend(canvas);
  fill(card, await model.answer(image));
}

function addCard(name, before = byId("answers").firstChild) {
  const title = make("p", "name muted", name);
  title.title = name;
  const card = make("article", "card answer", make("div", "", title));
  byId("answers").insertBefore(card, before);
  return card;
}

const fill = (card, answer) => card.lastChild.append(...answerParts(answer));

/** Keep every file of the page in the browser, so that it opens without a network. */
async function keepOffline() {
  const offline = byId("offline");
  if (!navigator.serviceWorker) {
    offline.textContent = "Offline use and the camera need https or localhost";
    return;
  }
  try {
    await navigator.serviceWorker.register("sw.js");
    await navigator.serviceWorker.ready;
    offline.textContent = "Available offline";
    offline.className = "good";
  } catch {
    offline.textContent = "Not available offline: this browser cannot store the files";
  }
}

start();
