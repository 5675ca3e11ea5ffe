// From a decoded image to the network's input: transparency, channels and size as in training.

import {resize} from "./resample.js";

const BACKGROUNDS = {black: 0, white: 255};

/**
 * The pixels that the network takes.
 *
 * @param {{width: number, height: number, data: Uint8Array}} image RGBA, row by row
 * @param {object} about the model's description, `model.json`
 * @returns {Uint8Array} height × width × channels, 0..255
 */
export function toPixels(image, about) {
  const background = BACKGROUNDS[about.transparency];
  if (background !== undefined) layOver(image.data, background);
  const whole = about.input_channels === 1 ? grey(image) : colour(image);
  return fitted(whole, about).data;
}

/** Pillow's `paste` with a mask: a division by 255 with its own rounding. */
function layOver(data, background) {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    if (alpha === 255) continue;
    for (let channel = i; channel < i + 3; channel += 1) {
      const sum = background * (255 - alpha) + data[channel] * alpha + 128;
      data[channel] = ((sum >> 8) + sum) >> 8;
    }
  }
}

function grey({width, height, data}) {
  const result = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < result.length; i += 1, from += 4) {
    result[i] = (19595 * data[from] + 38470 * data[from + 1] + 7471 * data[from + 2] + 32768) >>> 16;
  }
  return {width, height, channels: 1, data: result};
}

function colour({width, height, data}) {
  const result = new Uint8Array(width * height * 3);
  for (let i = 0, from = 0; i < result.length; i += 3, from += 4) {
    result[i] = data[from];
    result[i + 1] = data[from + 1];
    result[i + 2] = data[from + 2];
  }
  return {width, height, channels: 3, data: result};
}

function fitted(image, about) {
  const {input_width: width, input_height: height} = about;
  if (image.width === width && image.height === height) return image;
  if (about.resize === "stretch") return resized(image, width, height, about);
  if (about.resize === "crop") return resized(image, width, height, about, centre(image, width, height));
  return padded(image, about);
}

function resized(image, width, height, about, box = [0, 0, image.width, image.height]) {
  return resize(image, width, height, about.resize_filter, box, about.resize_tall_first);
}

/** The largest box of the wanted shape in the middle of an image. */
function centre(image, wantedWidth, wantedHeight) {
  const scale = Math.min(image.width / wantedWidth, image.height / wantedHeight);
  const [width, height] = [wantedWidth * scale, wantedHeight * scale];
  const [left, top] = [(image.width - width) / 2, (image.height - height) / 2];
  return [
    Math.max(left, 0),
    Math.max(top, 0),
    Math.min(left + width, image.width),
    Math.min(top + height, image.height),
  ];
}

/** The whole image in its own shape, in the middle of black or of its own edge repeated. */
function padded(image, about) {
  const {input_width: width, input_height: height} = about;
  const scale = Math.min(width / image.width, height / image.height);
  const innerWidth = Math.min(Math.max(roundHalfEven(image.width * scale), 1), width);
  const innerHeight = Math.min(Math.max(roundHalfEven(image.height * scale), 1), height);
  const same = image.width === innerWidth && image.height === innerHeight;
  const inner = same ? image : resized(image, innerWidth, innerHeight, about);
  const left = (width - innerWidth) >> 1;
  const top = (height - innerHeight) >> 1;
  const {channels} = image;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const sourceX = Math.min(Math.max(x - left, 0), innerWidth - 1);
      const sourceY = Math.min(Math.max(y - top, 0), innerHeight - 1);
      if (about.resize === "pad" && (sourceX !== x - left || sourceY !== y - top)) continue;
      const from = (sourceY * innerWidth + sourceX) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel += 1) data[to + channel] = inner.data[from + channel];
    }
  }
  return {width, height, channels, data};
}

/** Python rounds halves to the even neighbour. */
function roundHalfEven(value) {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
