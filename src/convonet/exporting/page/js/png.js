// PNG files, decoded here rather than by the browser.
//
// A canvas multiplies colours by their transparency and a browser may convert them to the screen's colour
// space, and what was rounded away does not come back. These are the values of the file (PNG specification,
// W3C, third edition). Where a file can be read in two ways, Pillow's is taken: of 16 bits the high byte
// counts.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4};
const WHOLE = [[0, 0, 1, 1]];
// The seven passes of an interlaced image: first column and row, and the steps from there.
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

export const isPng = (bytes) => SIGNATURE.every((value, i) => bytes[i] === value);

/**
 * Decode a PNG file.
 *
 * @param {Uint8Array} bytes the whole file
 * @returns {Promise<{width: number, height: number, data: Uint8Array, orientation: number}>} RGBA, row by
 *   row, and the EXIF orientation, 1 where there is none
 */
export async function decodePng(bytes) {
  const file = read(bytes);
  const raw = await inflated(file.parts);
  const data = new Uint8Array(file.width * file.height * 4);
  let at = 0;
  for (const [left, top, stepX, stepY] of file.interlaced ? ADAM7 : WHOLE) {
    const width = Math.ceil((file.width - left) / stepX);
    const height = Math.ceil((file.height - top) / stepY);
    if (width <= 0 || height <= 0) continue;
    const stride = Math.ceil((width * CHANNELS[file.colour] * file.depth) / 8);
    const rows = raw.subarray(at, at + (stride + 1) * height);
    if (rows.length < (stride + 1) * height) throw new Error("The PNG file is incomplete");
    unfilter(rows, stride, height, Math.max(1, (CHANNELS[file.colour] * file.depth) >> 3));
    for (let y = 0; y < height; y += 1) {
      const row = rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
      for (let x = 0; x < width; x += 1) {
        put(data, 4 * ((top + y * stepY) * file.width + left + x * stepX), row, x, file);
      }
    }
    at += rows.length;
  }
  return {width: file.width, height: file.height, data, orientation: file.orientation};
}

function read(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const file = {parts: [], palette: null, transparency: null, orientation: 1};
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      file.width = view.getUint32(at + 8);
      file.height = view.getUint32(at + 12);
      [file.depth, file.colour, , , file.interlaced] = content.subarray(8);
    } else if (type === "PLTE") file.palette = content;
    else if (type === "tRNS") file.transparency = content;
    else if (type === "IDAT") file.parts.push(content);
    else if (type === "eXIf") file.orientation = orientationOf(content);
    else if (type === "IEND") break;
    at += 12 + length;
  }
  if (!file.width || !file.height || !(file.colour in CHANNELS)) throw new Error("The PNG file is damaged");
  return file;
}

async function inflated(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Each row begins with the number of a filter, which says how it was made from its neighbours. */
function unfilter(rows, stride, height, step) {
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (stride + 1)];
    const row = rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    for (let i = 0; i < stride; i += 1) {
      const left = i >= step ? row[i - step] : 0;
      if (filter === 1) row[i] += left;
      else if (filter === 2) row[i] += above[i];
      else if (filter === 3) row[i] += (left + above[i]) >> 1;
      else if (filter === 4) row[i] += paeth(left, above[i], i >= step ? above[i - step] : 0);
    }
    above = row;
  }
}

function paeth(left, above, corner) {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

function put(data, to, row, x, file) {
  const {colour, depth, palette, transparency} = file;
  const count = CHANNELS[colour];
  let alpha = 255;
  if (colour === 3) {
    const index = sample(row, x, depth);
    data.set(palette.subarray(3 * index, 3 * index + 3), to);
    if (transparency && index < transparency.length) alpha = transparency[index];
  } else if (colour === 0 && depth < 8) {
    data.fill((sample(row, x, depth) * 255) / (2 ** depth - 1), to, to + 3);
  } else {
    const bytes = depth >> 3;
    const from = x * count * bytes;
    for (let i = 0; i < 3; i += 1) data[to + i] = row[from + (count < 3 ? 0 : i * bytes)];
    if (count === 2 || count === 4) alpha = row[from + (count - 1) * bytes];
  }
  if (colour !== 3 && transparency && isKey(data, to, file)) alpha = 0;
  data[to + 3] = alpha;
}

function sample(row, x, depth) {
  if (depth === 8) return row[x];
  const bit = x * depth;
  return (row[bit >> 3] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** Whether a pixel has the one colour that stands for transparent. Pillow knows none in grey of 16 bits. */
function isKey(data, at, {colour, depth, transparency}) {
  if (colour === 0) return depth < 16 && data[at] === transparency[1];
  return [0, 1, 2].every((i) => data[at + i] === transparency[2 * i + 1]);
}

/** The orientation in EXIF data, 1 to 8: tag 0x0112 of the first directory. */
function orientationOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint16(0) === 0x4949;
  const start = view.getUint32(4, little);
  const count = view.getUint16(start, little);
  for (let entry = start + 2; entry < start + 2 + 12 * count; entry += 12) {
    if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
  }
  return 1;
}
