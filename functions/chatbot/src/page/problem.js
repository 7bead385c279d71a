// What went wrong with a request, and how people are told.

class Problem extends Error {
  constructor({ kind, title, detail = "", retryAfterSecs = null, conversationId = null }) {
    super(title);
    // Where the question is kept that was not answered.
    this.conversationId = conversationId;
    this.kind = kind;
    this.detail = detail;
    this.retryAfterSecs = retryAfterSecs;
  }

  // Nobody knows whether the request arrived.
  static unreachable() {
    return new Problem({
      kind: "unreachable",
      title: "The chat cannot be reached",
      detail: "Look at your network connection, then try again.",
    });
  }

  static issuerUnreachable() {
    return new Problem({ kind: "unreachable", title: "The sign-in service cannot be reached" });
  }

  static interrupted() {
    return new Problem({
      kind: "interrupted",
      title: "The connection was lost before the answer was complete",
    });
  }

  static garbled() {
    return new Problem({ kind: "garbled", title: "The chat answered with something that makes no sense" });
  }

  // Whatever answered: the chatbot, or a gateway in front of it that knows
  // nothing of problem documents.
  static async of(response) {
    const body = await response.json().catch(() => null);
    return Problem.read(response.status, body, retryAfter(response.headers.get("Retry-After"), Date.now()));
  }

  static read(status, body, retryAfterSecs = null) {
    const kind = /^urn:latchkey:problem:(.+)$/.exec(body?.type ?? "")?.[1];
    if (!kind) return new Problem({ ...ofStatus(status), retryAfterSecs });
    const words = WORDS[kind] ?? { title: body.title ?? "Something went wrong" };
    const conversationId = body.conversation_id ?? null;
    return new Problem({ kind, detail: body.detail ?? "", ...words, retryAfterSecs, conversationId });
  }
}

// Said here and not by the server, where people need other words than programs.
const WORDS = {
  unauthenticated: { title: "You are not signed in" },
  forbidden: { title: "You may not do this" },
  "not-found": { title: "This conversation does not exist, or not any more" },
  "idempotency-in-flight": { title: "This message is still being answered" },
  "conversation-full": { title: "This conversation is full", detail: "Begin a new chat to go on." },
  "too-large": { title: "The message is too long" },
  "too-many-requests": { title: "You are asking faster than is allowed" },
  "budget-exhausted": { title: "Not enough is left of today's tokens for this" },
  "model-busy": { title: "The model is busy" },
  "model-refused": { title: "The model did not take this message" },
  "model-failed": { title: "The model failed" },
  "model-timeout": { title: "The model took too long" },
  unavailable: { title: "The chat is not available just now" },
  internal: { title: "Something went wrong in the chat" },
};

function ofStatus(status) {
  if (status === 401) return { kind: "unauthenticated", title: "You are not signed in" };
  if (status === 403) return { kind: "forbidden", title: "You may not do this" };
  if (status === 404) return { kind: "not-found", title: "There is nothing at this address" };
  if (status === 413) return { kind: "too-large", title: "The message is too long" };
  if (status === 429) return { kind: "too-many-requests", title: "There are too many requests" };
  if (status === 504) return { kind: "model-timeout", title: "The answer took too long" };
  return { kind: "internal", title: "The chat is not available just now", detail: `It answered with status ${status}.` };
}

// Returns seconds: the header holds them, or a date.
function retryAfter(header, nowMs) {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - nowMs) / 1000));
}

// Returns the moment, where seconds would be too many to count.
function waitWords(secs, nowMs) {
  if (secs <= 90) return `in ${secs} ${secs === 1 ? "second" : "seconds"}`;
  return `at ${clock(nowMs + secs * 1000)}`;
}

function clock(ms) {
  return new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(ms);
}

// Returns the time of day for today, and the date for any other day.
function shortTime(secs, nowMs) {
  const date = new Date(secs * 1000);
  const now = new Date(nowMs);
  if (date.toDateString() === now.toDateString()) return clock(date);
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year }).format(date);
}
