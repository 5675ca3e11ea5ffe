// New images: dropped, pasted, chosen, from the camera, or drawn.

import {ask, call, fileOf, query, seg} from "../api.js";
import {bars, empty, fill, h, head, note, percent} from "../dom.js";
import {modelChoice} from "../models.js";
import {Pad} from "../pad.js";

const MOST_SHOWN = 200;
const FORMATS = {onnx: "ONNX", folder: "Folder that predicts by itself", openvino: "OpenVINO", litert: "LiteRT", torch: "PyTorch"};

export function usePage(page) {
  const state = {run: "", addresses: [], camera: null};
  const top = head("Use", "New images, answered at once");
  const body = h("div");
  const answers = h(".answers", {"aria-live": "polite", "aria-label": "Answers", role: "region"});
  const unsure = h("input", {type: "number", id: "unsure", min: 0, max: 100, value: 50});
  const choice = h(".card", {}, h(".row", {}, modelChoice(page, (id) => { state.run = id; show(); }), h(".field", {}, h("label", {htmlFor: "unsure"}, "Unsure below %"), unsure)));
  fill(page.place, top, choice, body);
  page.leave(() => {
    stopCamera();
    forget();
  });
  page.on(document, "paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) predict(files);
  });

  function forget() {
    for (const address of state.addresses.splice(0)) URL.revokeObjectURL(address);
  }

  function show() {
    choice.hidden = !state.run;
    if (!state.run) return fill(body, empty("No model yet", "Train a network first; then drop images here and the model says what they are.", h("a.button", {href: "#train"}, "Train")));
    fill(body, dropZone(), answers, h(".cards", {}, drawing(), camera(), exporting()));
  }

  function dropZone() {
    const input = h("input", {type: "file", accept: "image/*", multiple: true, hidden: true, onchange: () => { predict([...input.files]); input.value = ""; }});
    const zone = h(".drop", {}, h("h2", {}, "Drop images here"), h("p.muted", {}, "or paste one. They go to this server only."), h(".buttons", {}, h("button.primary", {type: "button", onclick: () => input.click()}, "Choose images …"), input));
    for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.remove("over"); });
    zone.addEventListener("drop", (event) => predict([...event.dataTransfer.files]));
    return zone;
  }

  async function tell(files) {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    const limit = Math.max(0, Math.min(100, Number(unsure.value) || 0)) / 100;
    return (await call(`runs/${seg(state.run)}/predict${query({unsure_below: limit})}`, {body: form, signal: page.signal})).predictions;
  }

  async function predict(files) {
    if (!files.length || !state.run) return;
    const shown = files.slice(0, MOST_SHOWN);
    fill(answers, h("p.muted", {}, "Asking …"));
    try {
      const found = await tell(shown);
      forget();
      fill(answers, found.map((answer, place) => card(answer, shown[place])));
      if (files.length > MOST_SHOWN) note(`Only the first ${MOST_SHOWN} images were asked`);
    } catch (error) {
      if (error.name !== "AbortError") fill(answers, h("p.bad", {role: "alert"}, error.message));
    }
  }

  function card(answer, file) {
    const address = URL.createObjectURL(file);
    state.addresses.push(address);
    const said = answer.error ? h("p.bad", {}, answer.error) : [h(".what", {}, answer.unknown ? "None of these" : answer.predicted, answer.unsure && !answer.unknown ? h("span.badge.waiting", {}, "unsure") : null), h("p.muted.small", {}, answer.unknown ? `Nearest: ${answer.predicted}` : `${percent(answer.confidence)} sure`), bars(answer.top.slice(0, 3).map((each) => [each.class, each.probability, percent(each.probability)]))];
    return h("article.card.answer", {}, h("img", {src: address, alt: "", width: 96, height: 96}), h("div", {}, h(".name", {title: file.name}, file.name), said));
  }

  function live(title, ...parts) {
    const answer = h(".big", {role: "status", "aria-live": "polite"}, "–");
    const rest = h("div");
    const element = h(".card", {}, h("h2", {}, title), parts, h("p"), h("p.muted.small", {}, "The model says"), answer, rest);
    const said = (found) => {
      fill(answer, found ? (found.error ? "–" : found.unknown ? "None of these" : found.predicted) : "–");
      fill(rest, found?.top ? bars(found.top.map((each) => [each.class, each.probability, percent(each.probability)])) : found?.error ?? "");
    };
    return {element, said};
  }

  function drawing() {
    let turn = 0;
    const pad = new Pad(async () => {
      const mine = ++turn;
      try {
        const [found] = await tell([await pad.file()]);
        if (mine === turn) made.said(found);
      } catch (error) {
        if (error.name !== "AbortError") note(error.message);
      }
    });
    const clear = h("button", {type: "button", onclick: () => { turn += 1; pad.clear(); made.said(null); }}, "Clear");
    const made = live("Draw", pad.canvas, h("p"), clear);
    return made.element;
  }

  function camera() {
    if (!navigator.mediaDevices?.getUserMedia) return h(".card", {}, h("h2", {}, "Camera"), h("p.muted", {}, "This browser gives the camera only to pages on this machine or over https."));
    const video = h("video", {muted: true, playsInline: true, hidden: true, "aria-label": "Camera"});
    const shoot = h("button", {type: "button", hidden: true, onclick: take}, "Take a picture");
    const toggle = h("button", {type: "button", onclick: () => (state.camera ? off() : on())}, "Start the camera");
    const made = live("Camera", video, h("p"), h(".buttons", {}, toggle, shoot));
    async function on() {
      try {
        state.camera = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
      } catch {
        return note("The camera could not be opened, or was not allowed");
      }
      video.srcObject = state.camera;
      await video.play();
      video.hidden = shoot.hidden = false;
      toggle.textContent = "Stop the camera";
    }
    function off() {
      stopCamera();
      video.hidden = shoot.hidden = true;
      toggle.textContent = "Start the camera";
    }
    async function take() {
      const side = Math.min(video.videoWidth, video.videoHeight);
      const canvas = h("canvas", {width: side, height: side});
      canvas.getContext("2d").drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side, 0, 0, side, side);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      try {
        made.said((await tell([new File([blob], "camera.png", {type: "image/png"})]))[0]);
      } catch (error) {
        note(error.message);
      }
    }
    return made.element;
  }

  function stopCamera() {
    for (const track of state.camera?.getTracks() ?? []) track.stop();
    state.camera = null;
  }

  function exporting() {
    const format = h("select", {id: "format"}, Object.entries(FORMATS).map(([name, title]) => h("option", {value: name}, title)));
    const place = h("div", {"aria-live": "polite"});
    const go = h("button", {type: "button", onclick: async () => {
      go.disabled = true;
      fill(place, h("p.muted", {}, "Writing, and comparing image by image …"));
      try {
        const found = await ask("export", {options: {model: state.run, format: format.value}}, page.signal);
        const name = found.path.split(/[\\/]/).pop();
        const {files} = await call(`runs/${seg(state.run)}/files`);
        const stem = name.replace(/\.[^.]+$/, "");
        const mine = files.filter((file) => file.name === name || file.name.startsWith(`${name}/`) || (format.value !== "onnx" && [`${stem}.json`, `${stem}.bin`].includes(file.name)));
        fill(place, h("p.good", {}, `The same answers as before, up to ${found.largest_difference.toExponential(1)}.`), h("ul.messages", {}, mine.slice(0, 30).map((file) => h("li", {}, h("a", {href: fileOf(state.run, file.name, true)}, file.name)))));
      } catch (error) {
        if (error.name !== "AbortError") fill(place, h("p.bad", {role: "alert"}, error.message));
      }
      go.disabled = false;
    }}, "Export");
    return h(".card", {}, h("h2", {}, "For other programs"), h(".field", {}, h("label", {htmlFor: "format"}, "Format"), format), h("p"), go, h("p"), place);
  }
}
