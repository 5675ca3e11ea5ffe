// The network and its description: pixels in, probabilities and an answer out.

import * as ort from "../ort/ort.wasm.bundle.min.mjs";
import {toPixels} from "./pixels.js";

// More threads need headers that most static hosts do not send.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

export class Model {
  constructor(session, about) {
    this.session = session;
    this.about = about;
    this.classes = about.class_names;
    this.waiting = Promise.resolve();
  }

  /** Load the network that lies beside the page. */
  static async load() {
    const about = await (await fetched("model.json")).json();
    const bytes = new Uint8Array(await (await fetched("model.onnx")).arrayBuffer());
    const session = await ort.InferenceSession.create(bytes, {executionProviders: ["wasm"]});
    return new Model(session, about);
  }

  /** The probability of each class, for RGBA pixels of any size. */
  async probabilities(image) {
    return (await this.outputs(image)).probabilities;
  }

  /** What the network gives: `probabilities`, and whether the image is `unknown`, none of the classes. */
  async outputs(image) {
    const {input_height: height, input_width: width, input_channels: channels} = this.about;
    const pixels = Float32Array.from(toPixels(image, this.about));
    // A session computes one image at a time.
    const turn = this.waiting.then(async () => {
      const input = new ort.Tensor("float32", pixels, [1, height, width, channels]);
      const found = await this.session.run({pixels: input});
      const {unknown_output: output, unknown_above: limit} = this.about;
      const unknown = Boolean(output) && found[output].data[0] > Math.fround(limit);
      return {probabilities: Array.from(found.probabilities.data), unknown};
    });
    this.waiting = turn.catch(() => {});
    return turn;
  }

  /** The index of the predicted class: the likeliest one, or by the threshold of the positive class. */
  predicted(probabilities) {
    const {threshold, positive_class: positive} = this.about;
    if (threshold === null || probabilities.length !== 2) {
      return probabilities.indexOf(Math.max(...probabilities));
    }
    const found = this.classes.indexOf(positive);
    const index = found < 0 ? 1 : found;
    return probabilities[index] >= Math.fround(threshold) ? index : 1 - index;
  }

  /** The predicted class, its probability, the likeliest few, and whether the image is none of them. */
  async answer(image, top = 5) {
    const {probabilities, unknown} = await this.outputs(image);
    const index = this.predicted(probabilities);
    const order = probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]);
    return {
      unknown,
      predicted: this.classes[index],
      confidence: probabilities[index],
      top: order.slice(0, top).map((i) => [this.classes[i], probabilities[i]]),
    };
  }
}

async function fetched(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status})`);
  return response;
}
