// New images: dropped, pasted, chosen, from the camera, or drawn.

import {ask, call, query, seg} from "../api.js";
import {cameraCard} from "../camera.js";
import {showImage} from "../dialogs.js";
import {bars, empty, fill, h, head, note, percent} from "../dom.js";
import {brought, why} from "../explaining.js";
import {exportCard} from "../exporting.js";
import {isFile, modelChoice, modelOptions, takeModel} from "../models.js";
import {openModel} from "../opening.js";
import {Pad} from "../pad.js";

const MOST_SHOWN = 200;
const MOST_TOP = 3;

const answerWords = (answer) => (answer.unknown ? "None of these" : answer.predicted);

export function usePage(page) {
  const state = {model: "", addresses: [], turn: 0};
  const open = h(
    "button",
    {type: "button", onclick: async () => chosen(await openModel())},
    "Open a model file …",
  );
  const top = head("Use", "Classify new images", open);
  const body = h("div");
  const answers = h(".answers", {"aria-live": "polite", "aria-label": "Predictions", role: "region"});
  const unsure = h("input", {type: "number", id: "unsure", min: 0, max: 100, value: 50});
  const limit = h(".field", {}, h("label", {htmlFor: "unsure"}, "Unsure below (%)"), unsure);
  const choice = h(".card", {});
  offer();
  fill(page.place, top, choice, body);
  page.leave(forget);
  page.on(document, "paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) predict(files);
  });

  function offer() {
    fill(choice, h(".row", {}, modelChoice(page, show), limit));
  }

  function chosen(model) {
    if (!model) return;
    takeModel(model);
    offer();
  }

  function forget() {
    for (const address of state.addresses.splice(0)) URL.revokeObjectURL(address);
  }

  /** Another model: the answers of the one before are gone, also those that are still on their way. */
  function show(model) {
    state.model = model;
    state.turn += 1;
    forget();
    fill(answers);
    choice.hidden = !model && !choice.querySelector("option:not([value=''])");
    if (!model) {
      const train = h("a.button", {href: "#train"}, "Train");
      return fill(
        body,
        empty("No model yet", "Train a network, or open a model file; then drop images here.", train),
      );
    }
    fill(
      body,
      dropZone(),
      answers,
      h(".cards", {}, drawing(), cameraCard(page, ask1, live), exportCard(page, model)),
    );
    if (page.part === "export") document.getElementById("export-card").scrollIntoView({block: "start"});
  }

  function dropZone() {
    const input = h("input", {
      type: "file",
      accept: "image/*",
      multiple: true,
      hidden: true,
      "aria-label": "Image files",
      onchange: () => {
        predict([...input.files]);
        input.value = "";
      },
    });
    const button = h("button.primary", {type: "button", onclick: () => input.click()}, "Choose images …");
    const zone = h(
      ".drop",
      {},
      h("h2", {}, "Drop images here"),
      h("p.muted", {}, "or paste one. Images are sent only to this server."),
      h(".buttons", {}, button, input),
    );
    const over = (on) => (event) => {
      event.preventDefault();
      zone.classList.toggle("over", on);
    };
    for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, over(true));
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, over(false));
    zone.addEventListener("drop", (event) => predict([...event.dataTransfer.files]));
    return zone;
  }

  async function tell(files) {
    const below = Math.max(0, Math.min(100, Number(unsure.value) || 0)) / 100;
    if (isFile(state.model)) return byWorker(files, below);
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    const address = `runs/${seg(state.model)}/predict${query({unsure_below: below})}`;
    return (await call(address, {body: form, signal: page.signal})).predictions;
  }

  /** A model file of no run answers through a worker. */
  async function byWorker(files, below) {
    const paths = await brought(files, page.signal);
    const options = {...modelOptions(state.model), paths, unsure_below: below};
    const {predictions} = await ask("predict", {options}, page.signal);
    return predictions.map((one, index) => ({...one, path: files[index].name}));
  }

  const ask1 = async (file) => (await tell([file]))[0];

  async function predict(files) {
    if (!files.length || !state.model) return;
    const shown = files.slice(0, MOST_SHOWN);
    const turn = ++state.turn;
    forget();
    fill(answers, h("p.muted", {role: "status"}, "Predicting …"));
    try {
      const found = await tell(shown);
      if (turn !== state.turn) return;
      fill(
        answers,
        found.map((answer, index) => card(answer, shown[index])),
      );
      if (files.length > MOST_SHOWN) note(`Only the first ${MOST_SHOWN} images were classified`);
    } catch (error) {
      if (error.name === "AbortError" || turn !== state.turn) return;
      fill(answers, h("p.bad", {role: "alert"}, error.message));
    }
  }

  function card(answer, file) {
    const address = URL.createObjectURL(file);
    state.addresses.push(address);
    return h(
      "article.card.answer",
      {},
      h("img", {src: address, alt: "", width: 96, height: 96}),
      h("div", {}, h(".name", {title: file.name}, file.name), words(answer, file, address)),
    );
  }

  function words(answer, file, address) {
    if (answer.error) return h("p.bad", {}, answer.error);
    const top = answer.top.slice(0, MOST_TOP);
    const unsure = answer.unsure && !answer.unknown;
    const sure = `${percent(answer.confidence)} confident`;
    return [
      h(".what", {}, answerWords(answer), unsure ? h("span.badge.waiting", {}, "unsure") : null),
      h("p.muted.small", {}, answer.unknown ? `Nearest class: ${answer.predicted}` : sure),
      bars(top.map((each) => [each.class, each.probability, percent(each.probability)])),
      h(
        "button.quiet",
        {
          type: "button",
          "aria-label": `Why was ${file.name} predicted as ${answer.predicted}?`,
          onclick: () => enlarge(answer, file, address),
        },
        "Why?",
      ),
    ];
  }

  function enlarge(answer, file, address) {
    const {model} = state;
    const path = async () => (await brought([file], page.signal))[0];
    const button = why(model, path, file.name, page.signal, {start: true});
    const sure = percent(answer.confidence);
    const how = answer.unknown ? ` (nearest class: ${answer.predicted}, ${sure})` : `, ${sure} confident`;
    const lines = [`Prediction: ${answerWords(answer)}${how}.`];
    return showImage({src: address, title: file.name, lines, top: answer.top, actions: [button]});
  }

  function live(title, ...parts) {
    const answer = h(".big", {role: "status", "aria-live": "polite"}, "–");
    const rest = h("div");
    const element = h(
      ".card",
      {},
      h("h2", {}, title),
      parts,
      h("p"),
      h("p.muted.small", {}, "Prediction:"),
      answer,
      rest,
    );
    const said = (found) => {
      fill(answer, found && !found.error ? answerWords(found) : "–");
      const shares = found?.top?.map((each) => [each.class, each.probability, percent(each.probability)]);
      fill(rest, shares ? bars(shares) : (found?.error ?? ""));
    };
    return {element, said};
  }

  function drawing() {
    let turn = 0;
    const pad = new Pad(async () => {
      const mine = ++turn;
      try {
        const found = await ask1(await pad.file());
        if (mine === turn) made.said(found);
      } catch (error) {
        if (error.name !== "AbortError") note(error.message);
      }
    });
    const wipe = () => {
      turn += 1;
      pad.clear();
      made.said(null);
    };
    const made = live("Draw", pad.canvas, h("p"), h("button", {type: "button", onclick: wipe}, "Clear"));
    return made.element;
  }
}
