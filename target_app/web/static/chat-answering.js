// Sends one message and hears its answer: to the end, over cuts and reloads, and never twice.

import { request } from "./api.js";
import { sending } from "./chat-kept.js";
import { follow } from "./eventstream.js";

const ENDS = new Set(["end", "error"]);

// A new thing to ask; whoever sends it again sends the same record.
export function newAsk(content, model, { fresh = false } = {}) {
  return { content, model, fresh, key: crypto.randomUUID(), messageId: null, counted: false };
}

// Gives {type, data, id} as they come, data read.
export async function* hear(conversationId, ask, signal) {
  const place = `/conversations/${conversationId}`;
  // What ends while somebody reloads can be heard again, from its start: by its key, or by its name once that is known.
  const again = async (last) => {
    const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
    if (ask.messageId) {
      return request(`${place}/messages/${ask.messageId}/stream`, { headers, signal });
    }
    return request(`${place}/messages`, { method: "POST", json: bodyOf(ask), headers: { ...headers, ...headersOf(ask) }, signal });
  };
  sending.keep(conversationId, ask);
  for await (const { type, data, id } of follow(again, { last: (event) => ENDS.has(event.type), signal })) {
    const said = { type, id, data: JSON.parse(data) };
    if (type === "start") {
      ask.messageId = said.data.message_id;
      sending.keep(conversationId, ask);
    }
    if (ENDS.has(type)) {
      sending.forget(conversationId);
    }
    yield said;
  }
}

export async function stop(conversationId) {
  await request(`/conversations/${conversationId}/stop`, { method: "POST" });
}

function bodyOf({ content, model }) {
  return model ? { content, model } : { content };
}

function headersOf({ key, fresh }) {
  return { "Idempotency-Key": key, ...(fresh && { "Cache-Control": "no-cache" }) };
}
