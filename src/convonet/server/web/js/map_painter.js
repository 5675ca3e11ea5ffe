// Draws a map on its canvas: points, images where few are in sight, and what is selected.

import {pictureOf} from "./api.js";

const THUMBNAIL = 56;
const MOST_THUMBNAILS = 160;
const KEPT = 400;
const LARGE = 104;
const DIMMED = 0.35;

export class MapPainter {
  /** @param address the address of the image of a row */
  constructor(view, address) {
    Object.assign(this, {view, address, pictures: new Map()});
  }

  paint() {
    const {canvas, element, width, height, map} = this.view;
    const ratio = window.devicePixelRatio || 1;
    const look = getComputedStyle(element);
    const pen = canvas.getContext("2d");
    this.ink = look.getPropertyValue("--ink");
    this.accent = look.getPropertyValue("--accent");
    this.side = Math.max(3, Math.min(9, 2.2 * Math.sqrt((width * height) / map.images / 60)));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const seen = this.points(pen);
    const drawn = seen.length <= MOST_THUMBNAILS ? this.thumbnails(pen, seen) : 0;
    // Tests and style sheets see by it what a canvas does not tell.
    canvas.dataset.thumbnails = String(drawn);
    this.selection(pen);
    this.lasso(pen);
    this.hovered(pen);
  }

  color(row) {
    const {coloring, groups} = this.view;
    return coloring.groups[groups[row]].color;
  }

  /** Draw the points of each colour at once; gives the rows that are seen. */
  points(pen) {
    const {width, height, map, hidden, groups, coloring, selected} = this.view;
    const {side} = this;
    const seen = [];
    const places = coloring.groups.map(() => []);
    for (let row = 0; row < map.images; row += 1) {
      if (hidden.has(groups[row])) continue;
      const [x, y] = this.view.place(row);
      if (x < -side || y < -side || x > width + side || y > height + side) continue;
      seen.push(row);
      places[groups[row]].push(x - side / 2, y - side / 2);
    }
    pen.globalAlpha = selected.size ? DIMMED : 0.8;
    places.forEach((corners, group) => {
      pen.fillStyle = coloring.groups[group].color;
      for (let at = 0; at < corners.length; at += 2) pen.fillRect(corners[at], corners[at + 1], side, side);
    });
    pen.globalAlpha = 1;
    return seen;
  }

  /** Draw images over their points, as many as do not cover each other; gives how many are there. */
  thumbnails(pen, seen) {
    const taken = [];
    let drawn = 0;
    for (const row of seen) {
      const [x, y] = this.view.place(row);
      if (taken.some(([a, b]) => Math.abs(a - x) < THUMBNAIL && Math.abs(b - y) < THUMBNAIL)) continue;
      taken.push([x, y]);
      if (this.image(pen, row, x, y, THUMBNAIL)) drawn += 1;
    }
    return drawn;
  }

  /** Draw an image in a frame of its point's colour; gives whether it is there already. */
  image(pen, row, x, y, side) {
    const image = this.picture(row);
    if (!image.complete || !image.naturalWidth) return false;
    const fit = side / Math.max(image.naturalWidth, image.naturalHeight);
    const [wide, tall] = [image.naturalWidth * fit, image.naturalHeight * fit];
    pen.fillStyle = this.color(row);
    pen.fillRect(x - wide / 2 - 2, y - tall / 2 - 2, wide + 4, tall + 4);
    pen.drawImage(image, x - wide / 2, y - tall / 2, wide, tall);
    return true;
  }

  picture(row) {
    let image = this.pictures.get(row);
    if (!image) {
      image = new Image();
      image.onload = () => this.view.draw();
      image.src = pictureOf(this.address(row));
    }
    // The last ones used stand at the end, so that the first one can go.
    this.pictures.delete(row);
    this.pictures.set(row, image);
    if (this.pictures.size > KEPT) this.pictures.delete(this.pictures.keys().next().value);
    return image;
  }

  selection(pen) {
    const {side} = this;
    const ring = side / 2 + 2;
    pen.lineWidth = 2;
    pen.strokeStyle = this.ink;
    for (const row of this.view.selected) {
      const [x, y] = this.view.place(row);
      pen.fillStyle = this.color(row);
      pen.fillRect(x - side / 2, y - side / 2, side, side);
      pen.strokeRect(x - ring, y - ring, 2 * ring, 2 * ring);
    }
  }

  lasso(pen) {
    const {lasso} = this.view;
    if (!lasso) return;
    pen.strokeStyle = this.accent;
    pen.setLineDash([6, 4]);
    pen.beginPath();
    for (const [x, y] of lasso) pen.lineTo(x, y);
    pen.closePath();
    pen.stroke();
    pen.setLineDash([]);
  }

  /** The image under the mouse, beside its point and inside the canvas. */
  hovered(pen) {
    const {hovered, drag, width, height} = this.view;
    if (hovered < 0 || drag) return;
    const [x, y] = this.view.place(hovered);
    const half = LARGE / 2 + 2;
    const beside = x < width - 2 * half - 20 ? x + half + 10 : x - half - 10;
    this.image(pen, hovered, beside, Math.max(half, Math.min(height - half, y)), LARGE);
  }
}
