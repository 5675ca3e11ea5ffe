// Uploading images: a folder in batches of files, an archive in pieces. What has come is kept by the
// server, so an upload
// that was interrupted goes on where it was, also after the page was closed.

import {call, connection, Lost, query} from "./api.js";

const KEY = "convonet-uploads";
const BATCH_FILES = 200;
const BATCH_BYTES = 16 * 2 ** 20;
const PIECE_BYTES = 8 * 2 ** 20;
const TAKEN = /\.(png|jpe?g|jpe|jfif|bmp|dib|gif|tiff?|webp|ppm|pgm|pbm|pnm|csv|tsv)$/i;
const WAIT_MS = 1000;

/**
 * Upload the files of a chosen folder; `told(share)` hears how far it is. Gives what the server made of
 * them.
 */
export function uploadFolder(files, told, signal) {
  // The first part of each path is the chosen folder itself.
  const paths = new Map();
  for (const file of files) {
    const parts = (file.webkitRelativePath || file.name).split("/");
    const path = (parts.length > 1 ? parts.slice(1) : parts).join("/");
    if (TAKEN.test(path) && !parts.some((part) => part.startsWith("."))) paths.set(path, file);
  }
  if (!paths.size) throw new Error("There are no images in this folder");
  const name = (files[0].webkitRelativePath || "images").split("/")[0];
  const bytes = [...paths.values()].reduce((sum, file) => sum + file.size, 0);
  return uploaded(
    {name, kind: "folder", files: paths.size, bytes: Math.max(bytes, 1)},
    signal,
    async (state) => {
      const missing = [...paths].filter(([path, file]) => state.paths[path.normalize("NFC")] !== file.size);
      let sent = bytes - missing.reduce((sum, [, file]) => sum + file.size, 0);
      const skipped = [];
      for (const batch of batches(missing)) {
        told(sent / bytes);
        const form = new FormData();
        for (const [path, file] of batch) form.append("files", file, encodeURIComponent(path));
        skipped.push(...(await call(`imports/${state.id}/files`, {body: form, signal})).skipped);
        sent += batch.reduce((sum, [, file]) => sum + file.size, 0);
      }
      told(1);
      return skipped;
    },
  );
}

/** Upload a zip archive. */
export function uploadZip(file, told, signal) {
  const wish = {name: file.name, kind: "zip", files: 1, bytes: file.size};
  return uploaded(wish, signal, async (state) => {
    let offset = state.received;
    while (offset < file.size) {
      told(offset / file.size);
      const body = file.slice(offset, offset + PIECE_BYTES);
      const put = {method: "PUT", body, signal};
      offset = (await call(`imports/${state.id}/archive${query({offset})}`, put)).received;
    }
    told(1);
    return [];
  });
}

function* batches(pairs) {
  let [batch, size] = [[], 0];
  for (const pair of pairs) {
    if (batch.length && (batch.length === BATCH_FILES || size + pair[1].size > BATCH_BYTES)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(pair);
    size += pair[1].size;
  }
  if (batch.length) yield batch;
}

/** Begin an upload or take up the same one again, send what is missing, and finish it. */
async function uploaded(wish, signal, send) {
  const key = [wish.kind, wish.name, wish.files, wish.bytes].join(":");
  for (;;) {
    try {
      const state = await begunOrKnown(key, wish, signal);
      const skipped = await send(state);
      const found = await call(`imports/${state.id}/finish`, {method: "POST", signal});
      remember(key, null);
      return {
        ...found,
        skipped: [...skipped, ...found.skipped],
        skipped_count: skipped.length + found.skipped_count,
      };
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      await connectionBack(signal);
    }
  }
}

async function begunOrKnown(key, wish, signal) {
  const known = remembered()[key];
  if (known) {
    try {
      return await call(`imports/${known}`, {signal});
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  const state = await call("imports", {body: wish, signal});
  remember(key, state.id);
  return state;
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

function remember(key, id) {
  const known = remembered();
  if (id) known[key] = id;
  else delete known[key];
  localStorage.setItem(KEY, JSON.stringify(known));
}

/** Wait until the server answers again; raises what ended the wait. */
function connectionBack(signal) {
  return new Promise((done, failed) => {
    if (!connection.lost) return setTimeout(done, WAIT_MS);
    connection.addEventListener("back", () => done(), {once: true, signal});
    signal?.addEventListener("abort", () => failed(signal.reason), {once: true});
  });
}
