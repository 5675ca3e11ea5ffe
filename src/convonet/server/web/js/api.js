// The server's API: every refusal becomes a Fault; a lost connection is told, tried again, and told when
// it is back.

export const API = "api/v1";
const RETRY_MS = 1500;
const LOOK_MS = 5000;

/** A request that was refused: `message` is one sentence, `faults` has a sentence for each wrong field. */
export class Fault extends Error {
  constructor(status, problem) {
    // The API's own sentence names options as JSON spells them; the page has its own words.
    super(
      problem?.error?.what
        ? sentence(problem.error)
        : (problem?.detail ?? problem?.title ?? `The server responded with ${status}`),
    );
    this.status = status;
    this.error = problem?.error ?? {};
    this.faults = this.error.details?.faults ?? {};
  }
}

/** The server could not be reached. */
export class Lost extends Error {
  constructor() {
    super("The server cannot be reached");
  }
}

export const connection = new EventTarget();
connection.lost = false;
connection.needsToken = false;
let looking = 0;

export function tellLost() {
  if (connection.lost) return;
  connection.lost = true;
  connection.dispatchEvent(new Event("lost"));
  look();
}

function tellBack() {
  if (!connection.lost) return;
  connection.lost = false;
  connection.dispatchEvent(new Event("back"));
}

/** Ask whether the server is there, soon again while it is not. */
async function look() {
  clearTimeout(looking);
  try {
    const answer = await fetch(`${API}/health`, {cache: "no-store", signal: AbortSignal.timeout(4000)});
    if (answer.ok) tellBack();
  } catch {
    tellLost();
  }
  looking = setTimeout(look, connection.lost ? RETRY_MS : LOOK_MS);
}

/** Begin to watch the connection. */
export function watchConnection() {
  looking = setTimeout(look, LOOK_MS);
}

/** Ask the API; `body` is sent as JSON, or as it is when it is a form or bytes. */
export async function call(path, {method, body, signal} = {}) {
  const form = body instanceof FormData || body instanceof Blob;
  let answer;
  try {
    answer = await fetch(`${API}/${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: body === undefined || form ? {} : {"Content-Type": "application/json"},
      body: body === undefined || form ? body : JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    tellLost();
    throw new Lost();
  }
  if (answer.status === 401 && !connection.needsToken) {
    connection.needsToken = true;
    connection.dispatchEvent(new Event("token"));
  }
  const text = answer.status === 204 ? "" : await answer.text();
  const value = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  if (!answer.ok) throw new Fault(answer.status, value || null);
  return value;
}

export const query = (values) => {
  const given = Object.entries(values).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return given.length ? `?${new URLSearchParams(given)}` : "";
};

export const seg = encodeURIComponent;

/** The address of a small picture. */
export const pictureOf = (image, side = 96) => `${API}/images${query({path: image, side})}`;

/** The address of a file of a run. */
export const fileOf = (run, name, download = false) =>
  `${API}/runs/${seg(run)}/files/${name.split("/").map(seg).join("/")}${download ? "?download=true" : ""}`;

const ENDED = {
  failed: "The run failed",
  cancelled: "The run was stopped",
  interrupted: "The run was interrupted",
};

/** The address of a folder of a run as a zip archive. */
export const archiveOf = (run, name) =>
  `${API}/runs/${seg(run)}/archive/${name.split("/").map(seg).join("/")}`;

/** Start a job, wait for its end, and give its result. Raises what it failed with. */
export async function ask(kind, {data, hyper, options} = {}, signal) {
  const run = await call("runs", {body: {kind, data, hyper, options: options ?? {}}, signal});
  for (let wait = 150; ; wait = Math.min(1000, wait * 1.3)) {
    await new Promise((done) => setTimeout(done, wait));
    const now = await call(`runs/${seg(run.id)}`, {signal});
    if (["done"].includes(now.state)) return {...(await call(`runs/${seg(run.id)}/result`)), asked: run.id};
    if (!["waiting", "running"].includes(now.state)) {
      throw new Fault(409, {
        detail: sentence(now.error) || ENDED[now.state],
        error: now.error,
      });
    }
  }
}

/** What to do next, with the names of this page; empty where nothing can be done here. */
export const hintOf = ({hint, hints}) => (hints && Object.keys(hints).length ? hints.window : hint) || "";

/** An error in one sentence and its hint. */
export function sentence(error) {
  if (!error) return "";
  const where = error.where && !error.what.includes(error.where) ? ` (${error.where})` : "";
  const parts = [
    `${error.what.replace(/\.+$/, "")}${where}`,
    error.expected && `expected ${error.expected}`,
    error.received && `received ${error.received}`,
  ];
  const text = `${parts.filter(Boolean).join("; ").replace(/\.$/, "")}.`;
  const hint = hintOf(error);
  if (!hint) return text;
  return hint.endsWith("?") ? `${text} ${hint}` : `${text} ${hint.replace(/\.+$/, "")}.`;
}
