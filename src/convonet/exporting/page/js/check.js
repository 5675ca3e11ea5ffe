// The golden samples, classified by this browser and compared with the answers from the time of the export.
//
// With `?report` in the address the answers are also sent back to the program that serves the page: Convonet
// does so in a browser of its own before it keeps an export.

import {decode} from "./decode.js";
import {byId, make, percent} from "./dom.js";
import {Model} from "./model.js";

const TOLERANCE = 1e-4;
const REPORT = new URLSearchParams(location.search).get("report");

async function check() {
  const model = await Model.load();
  const samples = await (await fetch("golden/golden.json")).json();
  const answers = [];
  for (const sample of samples) {
    byId("state").textContent = `Classifying image ${answers.length + 1} of ${samples.length}`;
    const file = await (await fetch(`golden/${sample.file}`)).blob();
    const received = await model.probabilities(await decode(file));
    answers.push(received);
    byId("rows").append(row(model, sample, received));
  }
  const bad = byId("rows").querySelectorAll(".bad").length;
  byId("state").className = bad ? "bad" : "good";
  const count = `${samples.length} ${samples.length === 1 ? "image" : "images"}`;
  byId("state").textContent = bad
    ? `Images with a different prediction in this browser: ${bad} of ${samples.length}.`
    : `Same predictions as at export for ${count}, within ${TOLERANCE}.`;
  return answers;
}

function row(model, sample, received) {
  const expected = sample.probabilities;
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - received[i])));
  const picture = make("img");
  picture.src = `golden/${sample.file}`;
  picture.alt = sample.class ?? "";
  const said = (values) => {
    const index = model.predicted(values);
    return `${model.classes[index]} ${percent(values[index])}`;
  };
  const cells = [picture, said(expected), said(received), difference.toExponential(1)];
  return make("tr", difference <= TOLERANCE ? "" : "bad", ...cells.map((cell) => make("td", "", cell)));
}

const send = (document) => REPORT && fetch(REPORT, {method: "POST", body: JSON.stringify(document)});

check()
  .then((probabilities) => send({probabilities}))
  .catch((error) => {
    byId("state").className = "bad";
    byId("state").textContent = `The check failed: ${error.message}`;
    return send({error: error.message});
  });
