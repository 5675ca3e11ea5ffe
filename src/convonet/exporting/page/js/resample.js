// Resizing with Pillow's own arithmetic, so that the network sees the pixels that it was trained on.
//
// Pillow weights the source pixels beneath each target pixel by a filter that widens with the reduction.
// Weights are whole numbers of 22 fractional bits, and each of the two passes, across and down, ends in 8
// bits, so that even their order counts. All of this is repeated here step by step (Pillow's Resample.c); a
// canvas would give other values.

const PRECISION_BITS = 22;
const ONE = 2 ** PRECISION_BITS;

const sinc = (x) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const FILTERS = {
  area: {support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)},
  bilinear: {support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x))},
  bicubic: {support: 2, weight: bicubic},
  lanczos: {support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)},
};

function bicubic(value) {
  const a = -0.5;
  const x = Math.abs(value);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/**
 * Resize an image.
 *
 * @param {{width: number, height: number, channels: number, data: Uint8Array}} image pixels row by row
 * @param {number} width of the result
 * @param {number} height of the result
 * @param {string} filter nearest, area, bilinear, bicubic or lanczos
 * @param {number[]} box the part that is taken: left, top, right, bottom; fractions are allowed
 * @param {boolean} tallFirst whether images that lose more rows than columns shrink downwards first
 */
export function resize(image, width, height, filter, box, tallFirst) {
  // Pillow holds a box in numbers of 32 bits.
  box = box.map(Math.fround);
  if (filter === "nearest") return nearest(image, width, height, box);
  const kernel = FILTERS[filter];
  const passes = [];
  if (width !== image.width || box[0] !== 0 || box[2] !== width) {
    const table = weights(image.width, box[0], box[2], width, kernel);
    passes.push((result) => across(result, width, table));
  }
  if (height !== image.height || box[1] !== 0 || box[3] !== height) {
    const table = weights(image.height, box[1], box[3], height, kernel);
    passes.push((result) => down(result, height, table));
  }
  const lost = image.height - height;
  if (tallFirst && lost > 0 && lost > 2 * (image.width - width)) passes.reverse();
  return passes.reduce((result, pass) => pass(result), image);
}

/** For each target pixel the first source pixel and the weights from there on. */
function weights(sourceSize, start, end, size, {support, weight}) {
  const scale = Math.fround(end - start) / size;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const found = [];
  for (let target = 0; target < size; target += 1) {
    const centre = start + (target + 0.5) * scale;
    // Pillow truncates towards zero here.
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const last = Math.min(Math.trunc(centre + reach + 0.5), sourceSize);
    const values = [];
    let sum = 0;
    for (let source = first; source < last; source += 1) {
      // A multiplication by the inverse, as in Pillow: a division would round otherwise.
      const value = weight((source - centre + 0.5) * (1 / stretch));
      values.push(value);
      sum += value;
    }
    found.push({first, factors: Int32Array.from(values, (value) => fixed(sum === 0 ? value : value / sum))});
  }
  return found;
}

const fixed = (value) => Math.trunc(value * ONE + (value < 0 ? -0.5 : 0.5));

function clipped(sum) {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function across({height, width: sourceWidth, channels, data}, width, table) {
  const result = new Uint8Array(width * height * channels);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    for (const {first, factors} of table) {
      const start = (y * sourceWidth + first) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = ONE / 2;
        for (let i = 0, from = start + channel; i < factors.length; i += 1, from += channels) {
          sum += data[from] * factors[i];
        }
        result[at] = clipped(sum);
        at += 1;
      }
    }
  }
  return {width, height, channels, data: result};
}

function down({width, channels, data}, height, table) {
  const row = width * channels;
  const result = new Uint8Array(row * height);
  table.forEach(({first, factors}, y) => {
    const start = first * row;
    for (let x = 0; x < row; x += 1) {
      let sum = ONE / 2;
      for (let i = 0, from = start + x; i < factors.length; i += 1, from += row) {
        sum += data[from] * factors[i];
      }
      result[y * row + x] = clipped(sum);
    }
  });
  return {width, height, channels, data: result};
}

function nearest({width: sourceWidth, channels, data}, width, height, [left, top, right, bottom]) {
  const columns = steps(left, Math.fround(right - left) / width, width);
  const rows = steps(top, Math.fround(bottom - top) / height, height);
  const result = new Uint8Array(width * height * channels);
  let at = 0;
  for (const y of rows) {
    for (const x of columns) {
      const from = (y * sourceWidth + x) * channels;
      for (let channel = 0; channel < channels; channel += 1, at += 1) result[at] = data[from + channel];
    }
  }
  return {width, height, channels, data: result};
}

/** Pillow adds the step up, so its rounding adds up too. */
function steps(start, step, count) {
  const found = [];
  let at = start + step * 0.5;
  for (let i = 0; i < count; i += 1, at += step) found.push(Math.floor(at));
  return found;
}
