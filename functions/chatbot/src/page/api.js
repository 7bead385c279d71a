// The chat's API, called as whoever is signed in.

class Api {
  #base;
  #session;

  constructor(base, session) {
    this.#base = `${base}/api`;
    this.#session = session;
  }

  conversations(cursor) {
    return this.#json("GET", `/conversations${query({ cursor })}`);
  }

  conversation(id) {
    return this.#json("GET", `/conversations/${encodeURIComponent(id)}`);
  }

  messages(id, cursor) {
    return this.#json("GET", `/conversations/${encodeURIComponent(id)}/messages${query({ cursor })}`);
  }

  rename(id, title) {
    return this.#json("PATCH", `/conversations/${encodeURIComponent(id)}`, { title });
  }

  delete(id) {
    return this.#json("DELETE", `/conversations/${encodeURIComponent(id)}`);
  }

  usage() {
    return this.#json("GET", "/usage");
  }

  // Yields the events of an answer, up to and with the one that ends it.
  // `outgoing` is the same at every attempt, so that a message which arrived
  // although its answer did not is not answered twice.
  async *chat(outgoing, signal) {
    const response = await this.#fetch("POST", "/chat", outgoing.body, {
      signal,
      headers: { Accept: "text/event-stream", "Idempotency-Key": outgoing.key },
    });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      yield* wholeAnswer(await bodyOf(response));
      return;
    }
    const stream = new EventStream();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw error.name === "AbortError" ? error : Problem.interrupted();
      });
      if (done) throw Problem.interrupted();
      for (const { event, data } of stream.feed(value)) {
        yield { event, data: parsed(data) };
        if (event === "done" || event === "error") return;
      }
    }
  }

  async #json(method, path, body) {
    const response = await this.#fetch(method, path, body, {});
    return response.status === 204 ? null : bodyOf(response);
  }

  async #fetch(method, path, body, { signal, headers = {} }) {
    const send = async (token) => {
      const request = {
        method,
        signal,
        cache: "no-store",
        headers: { ...headers, Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) },
        body: body && JSON.stringify(body),
      };
      try {
        return await fetch(this.#base + path, request);
      } catch (error) {
        throw error.name === "AbortError" ? error : Problem.unreachable();
      }
    };

    const token = await this.#session.token();
    let response = await send(token);
    if (isRefusal(response)) {
      response = await send(await this.#session.renewed(token));
      // A new token that is refused too will not get better.
      if (response.status === 401) throw new SessionEnded();
    }
    if (!response.ok) throw await Problem.of(response);
    return response;
  }
}

// A gateway can be told to answer a bad token with 403. Its own 403 says nothing
// of problems, the chat's does.
function isRefusal(response) {
  if (response.status === 401) return true;
  return response.status === 403 && response.headers.get("Content-Type") !== "application/problem+json";
}

async function bodyOf(response) {
  return parsed(await response.text().catch(() => {
    throw Problem.interrupted();
  }));
}

// What is no JSON comes from something between this page and the chat.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw Problem.garbled();
  }
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

// A front door that cannot stream gives the whole answer at once.
function* wholeAnswer(answer) {
  yield { event: "start", data: answer };
  yield { event: "delta", data: { text: answer.response } };
  yield { event: "done", data: { finish_reason: answer.finish_reason } };
}

// Random where `crypto.randomUUID` is missing too: on plain HTTP, away from
// this machine.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
