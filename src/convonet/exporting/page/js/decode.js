// From a file to RGBA pixels, turned as the file says.

import {decodePng, isPng} from "./png.js";

// The browser must change no colour: the network was trained on the values in the file.
const AS_STORED = {colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "from-image"};

/**
 * The pixels of an image file.
 *
 * @param {Blob} file of any type that the browser can read
 * @returns {Promise<{width: number, height: number, data: Uint8Array}>} RGBA, row by row
 * @throws {Error} it cannot be read
 */
export async function decode(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (isPng(bytes)) return turned(await decodePng(bytes));
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, AS_STORED);
  } catch {
    throw new Error("This browser cannot read the file as an image");
  }
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** The pixels of anything that a canvas can draw, such as a frame of a video. */
export function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.drawImage(source, 0, 0, width, height);
  const {data} = context.getImageData(0, 0, width, height);
  return {width, height, data: new Uint8Array(data.buffer)};
}

/** An image as its EXIF orientation, 1 to 8, says that it is to be seen. */
function turned({width, height, data, orientation}) {
  if (!(orientation > 1 && orientation <= 8)) return {width, height, data};
  const sideways = orientation > 4;
  const result = new Uint32Array(width * height);
  const source = new Uint32Array(data.buffer);
  const [wide, high] = sideways ? [height, width] : [width, height];
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      let [fromX, fromY] = sideways ? [y, x] : [x, y];
      if ([2, 3, 7, 8].includes(orientation)) fromX = width - 1 - fromX;
      if ([3, 4, 6, 7].includes(orientation)) fromY = height - 1 - fromY;
      result[y * wide + x] = source[fromY * width + fromX];
    }
  }
  return {width: wide, height: high, data: new Uint8Array(result.buffer)};
}
