// The camera: what it sees is classified again and again, and a picture can be kept.

import {drawn} from "./decode.js";
import {answerParts, byId} from "./dom.js";

const PAUSE_MS = 300;

export class Camera {
  /**
   * @param {Model} model classifies the frames
   * @param {function} keep is given the pixels and a canvas of a picture that the person takes
   */
  constructor(model, keep) {
    this.model = model;
    this.keep = keep;
    this.stream = null;
    this.video = byId("video");
    if (!navigator.mediaDevices?.getUserMedia) {
      byId("camera").hidden = true;
      byId("camera-note").textContent = "The browser offers the camera only over https or on localhost.";
      return;
    }
    byId("camera").addEventListener("click", () => (this.stream ? this.stop() : this.start()));
    byId("shoot").addEventListener("click", () => this.shoot());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
  }

  async start() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
    } catch (error) {
      const refused = error.name === "NotAllowedError";
      const reason = refused
        ? "The browser was not allowed to use the camera"
        : "The camera could not be started";
      byId("camera-note").textContent = `${reason}.`;
      return;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.showRunning(true);
    this.watch(this.stream);
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.showRunning(false);
  }

  showRunning(running) {
    byId("live").hidden = !running;
    byId("shoot").hidden = !running;
    byId("camera").textContent = running ? "Stop camera" : "Start camera";
  }

  /** Classify frames until the camera stops or another stream takes its place. */
  async watch(stream) {
    while (this.stream === stream) {
      const answer = await this.model.answer(this.frame(), 3);
      byId("live-answer").replaceChildren(...answerParts(answer));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  frame() {
    return drawn(this.video, this.video.videoWidth, this.video.videoHeight);
  }

  shoot() {
    const {videoWidth: width, videoHeight: height} = this.video;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    this.keep(drawn(canvas, width, height), canvas);
  }
}
