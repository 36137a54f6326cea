// Asks the service, as everybody does: with cookies, and with the session's token where something changes.

import { renew, signInAgain } from "./session.js";

const SAFE = new Set(["GET", "HEAD"]);
const NOWHERE = "The service cannot be reached. Check your connection, and try again.";

// What the service did not do, and why: `status` is 0 if it could not be asked at all.
export class Refused extends Error {
  constructor(status, title, detail, problem = {}) {
    super(detail || title);
    this.name = "Refused";
    Object.assign(this, { status, title, detail, problem });
  }
}

// Returns the answer if it is a good one, and throws Refused otherwise. An ended session is renewed once; where that
// fails the page leaves for the sign-in page, unless the caller says that `anybody` may ask.
export async function request(path, { method = "GET", json, body, headers = {}, signal, anybody = false } = {}) {
  const options = { method, body, signal, headers: { Accept: "application/json", ...headers } };
  if (json !== undefined) {
    options.body = JSON.stringify(json);
    options.headers["Content-Type"] = "application/json";
  }
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token && !SAFE.has(method)) {
    options.headers["X-CSRF-Token"] = token;
  }
  let answer = await ask(path, options);
  if (answer.status === 401 && !anybody) {
    answer = (await renewed()) ? await ask(path, options) : answer;
    if (answer.status === 401) {
      signInAgain();
      throw new Refused(401, "Unauthorized", "Your session has ended.");
    }
  }
  if (!answer.ok) {
    throw await refusal(answer);
  }
  return answer;
}

// Returns what the service said, or null if it had nothing to say.
export async function askJson(path, options) {
  const answer = await request(path, options);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, options) => askJson(path, options);
export const post = (path, json, options) => askJson(path, { ...options, method: "POST", json });
export const patch = (path, json, options) => askJson(path, { ...options, method: "PATCH", json });
export const remove = (path, options) => askJson(path, { ...options, method: "DELETE" });

async function ask(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Refused(0, "Not reached", NOWHERE);
  }
}

async function renewed() {
  try {
    return await renew();
  } catch {
    throw new Refused(0, "Not reached", NOWHERE);
  }
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const { title = `Error ${answer.status}`, detail, errors = [] } = problem;
  const wait = Number(answer.headers.get("Retry-After"));
  if (answer.status === 429 && wait) {
    const seconds = wait === 1 ? "a second" : `${wait} seconds`;
    return new Refused(429, title, `That was a lot at once. Try again in ${seconds}.`, problem);
  }
  return new Refused(answer.status, title, errors.length ? errors[0].detail : detail, problem);
}
