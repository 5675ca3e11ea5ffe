// A pad to draw on: white on black; the drawing is framed as the well-known sets frame their digits.

import {h} from "./dom.js";

const SIDE = 280;
const FRAMING = 20 / 28;
const PEN = 22;

export class Pad {
  constructor(drawn) {
    this.drawn = drawn;
    this.canvas = h("canvas.pad", {
      width: SIDE,
      height: SIDE,
      tabIndex: 0,
      "aria-label": "Drawing pad. With the keyboard: arrows move the pen, space puts it down or lifts it.",
    });
    this.ink = this.canvas.getContext("2d", {willReadFrequently: true});
    this.at = {x: SIDE / 2, y: SIDE / 2};
    this.down = false;
    this.clear();
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.down && this.draw(this.place(event)));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.lift());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  clear() {
    this.ink.fillStyle = "#000";
    this.ink.fillRect(0, 0, SIDE, SIDE);
    this.empty = true;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * SIDE) / box.width,
      y: ((event.clientY - box.top) * SIDE) / box.height,
    };
  }

  press(event) {
    event.preventDefault();
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.down = true;
    this.at = this.place(event);
    this.draw(this.at);
  }

  draw(to) {
    Object.assign(this.ink, {strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round"});
    this.ink.beginPath();
    this.ink.moveTo(this.at.x, this.at.y);
    this.ink.lineTo(to.x + 0.01, to.y);
    this.ink.stroke();
    this.at = to;
    this.empty = false;
  }

  lift() {
    if (!this.down) return;
    this.down = false;
    this.drawn();
  }

  key(event) {
    const step = {ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8]}[event.key];
    if (event.key === " ") {
      event.preventDefault();
      if (this.down) return this.lift();
      this.down = true;
      this.draw(this.at);
    } else if (step) {
      event.preventDefault();
      const to = {
        x: Math.max(8, Math.min(SIDE - 8, this.at.x + step[0])),
        y: Math.max(8, Math.min(SIDE - 8, this.at.y + step[1])),
      };
      if (this.down) this.draw(to);
      else this.at = to;
    }
  }

  /** The drawing as a PNG file, its bounds centred with a margin. */
  file() {
    const {data} = this.ink.getImageData(0, 0, SIDE, SIDE);
    let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
    for (let y = 0; y < SIDE; y += 1) {
      for (let x = 0; x < SIDE; x += 1) {
        if (data[4 * (y * SIDE + x)] < 32) continue;
        [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
      }
    }
    const side = Math.max(right - left, bottom - top, 1) / FRAMING;
    const framed = h("canvas", {width: SIDE, height: SIDE});
    const ink = framed.getContext("2d");
    ink.fillRect(0, 0, SIDE, SIDE);
    const scale = SIDE / side;
    const [wide, high] = [(right - left) * scale, (bottom - top) * scale];
    ink.drawImage(
      this.canvas,
      left,
      top,
      right - left,
      bottom - top,
      (SIDE - wide) / 2,
      (SIDE - high) / 2,
      wide,
      high,
    );
    return new Promise((done) =>
      framed.toBlob((blob) => done(new File([blob], "drawing.png", {type: "image/png"})), "image/png"),
    );
  }
}
