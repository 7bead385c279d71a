// A model of the OpenAI format that says what a test tells it to, when it is
// told to: what is on the screen before an answer is complete is shown by the
// order of events, and not by time.

import { once } from "node:events";
import http from "node:http";

export class Model {
  #server = http.createServer((request, response) => this.#answer(request, response));
  // Those who wait for the next request, first come first served.
  #waiting = [];
  // Every question that it was asked.
  questions = [];

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  // Resolves to the next request, which says nothing by itself. Without this,
  // requests are answered at once.
  next() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const call = new Call(JSON.parse(text), response);
    this.questions.push(call.question);
    const wanted = this.#waiting.shift();
    if (wanted) wanted(call);
    else call.say(`Answer to: ${call.question}`).end();
  }
}

// One request to the model.
class Call {
  #response;
  #said = "";

  constructor(body, response) {
    this.body = body;
    this.#response = response;
    // Resolves when whoever asked is gone, before the end or after it.
    this.gone = once(response, "close");
    if (body.stream) response.writeHead(200, { "Content-Type": "text/event-stream" });
  }

  get question() {
    return this.body.messages.at(-1).content;
  }

  say(text) {
    this.#said += text;
    if (this.body.stream) this.#chunk({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });
    return this;
  }

  end(finishReason = "stop") {
    const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
    if (this.body.stream) {
      this.#chunk({ choices: [{ index: 0, delta: {}, finish_reason: finishReason }] });
      this.#chunk({ choices: [], usage });
      this.#response.end("data: [DONE]\n\n");
    } else {
      const message = { role: "assistant", content: this.#said };
      const body = { ...HEAD, object: "chat.completion", choices: [{ index: 0, message, finish_reason: finishReason }], usage };
      this.#response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    }
    return this;
  }

  // Fails as a model does that breaks down in the middle of a sentence.
  break() {
    this.#response.destroy();
  }

  #chunk(fields) {
    this.#response.write(`data: ${JSON.stringify({ ...HEAD, object: "chat.completion.chunk", ...fields })}\n\n`);
  }
}

const HEAD = { id: "chatcmpl-1", created: 1_700_000_000, model: "m" };
