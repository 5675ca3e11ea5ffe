// The camera of this computer as a source of images.

import {h, note} from "./dom.js";

/** A card; `predict(file)` answers a picture, `live(title, …parts)` makes the card that shows the answer. */
export function cameraCard(page, predict, live) {
  if (!navigator.mediaDevices?.getUserMedia) {
    const text = "Browsers allow the camera only over HTTPS or on localhost.";
    return h(".card", {}, h("h2", {}, "Camera"), h("p.muted", {}, text));
  }
  let stream = null;
  const video = h("video", {muted: true, playsInline: true, hidden: true, "aria-label": "Camera"});
  const shoot = h("button", {type: "button", hidden: true, onclick: take}, "Take picture");
  const toggle = h("button", {type: "button", onclick: () => (stream ? off() : on())}, "Start camera");
  const made = live("Camera", video, h("p"), h(".buttons", {}, toggle, shoot));
  page.leave(stop);
  return made.element;

  async function on() {
    try {
      stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
    } catch {
      return note("The camera could not be opened, or access was denied");
    }
    video.srcObject = stream;
    await video.play();
    video.hidden = shoot.hidden = false;
    toggle.textContent = "Stop camera";
  }

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  }

  function off() {
    stop();
    video.hidden = shoot.hidden = true;
    toggle.textContent = "Start camera";
  }

  async function take() {
    const side = Math.min(video.videoWidth, video.videoHeight);
    const canvas = h("canvas", {width: side, height: side});
    const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, side, side);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    try {
      made.said(await predict(new File([blob], "camera.png", {type: "image/png"})));
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }
}
