// The messages of one conversation, and the answer that is being written.
//
// A thread goes on by itself when another conversation is shown.

class Thread {
  element = copyOf("thread-template");
  id;
  title = null;
  #api;
  #told;
  #list = this.element.querySelector(".messages");
  #earlier = this.element.querySelector(".earlier");
  #loadError = this.element.querySelector(".load-error");
  #trouble = this.element.querySelector(".trouble");
  #retry = this.element.querySelector(".retry");
  #cursor = null;
  #running = null;
  #again = null;
  #countdown = null;

  // `told` hears of what happens: `began(thread)` when it got its id,
  // `changed(thread)` when an answer begins or ends, and `failed(error, text)`.
  constructor(api, id, told) {
    this.#api = api;
    this.id = id;
    this.#told = told;
    this.#earlier.addEventListener("click", () => this.load().catch((error) => told.failed(error, "")));
    this.#retry.addEventListener("click", () => this.#again?.());
  }

  get isBusy() {
    return this.#running !== null;
  }

  get isEmpty() {
    return this.id === null && this.#list.childElementCount === 0;
  }

  // Shows the latest messages, or the ones before those shown.
  async load() {
    this.#earlier.disabled = true;
    this.#loadError.textContent = "";
    try {
      const page = await this.#api.messages(this.id, this.#cursor);
      const from = this.#list.firstElementChild;
      this.#list.prepend(...page.messages.map((message) => Message.kept(message).element).reverse());
      this.#cursor = page.next_cursor ?? null;
      this.#earlier.hidden = this.#cursor === null;
      // Whoever reads goes on where they were.
      from?.scrollIntoView({ block: "start" });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#loadError.textContent = sentence(error);
      this.#earlier.hidden = error.kind === "not-found";
    } finally {
      this.#earlier.disabled = false;
    }
  }

  async send(text) {
    // What never got an id is a conversation of its own, if it is one at all.
    if (this.id === null) this.#list.replaceChildren();
    const question = new Message("user", text);
    question.writtenAt(Date.now() / 1000);
    this.#list.append(question.element);
    const outgoing = {
      key: newKey(),
      body: { message: text, stream: true, ...(this.id !== null && { conversation_id: this.id }) },
    };
    await this.#attempt(outgoing, question);
  }

  stop() {
    this.#running?.abort();
  }

  async #attempt(outgoing, question) {
    this.#clearTrouble();
    question.note("");
    const answer = new Message("assistant");
    answer.isWaiting = true;
    this.#list.append(answer.element);
    this.#running = new AbortController();
    this.#told.changed(this);

    let isStarted = false;
    let end = null;
    try {
      for await (const { event, data } of this.#api.chat(outgoing, this.#running.signal)) {
        if (event === "start") {
          isStarted = true;
          this.#begin(data.conversation_id);
        } else if (event === "delta") {
          answer.append(data.text);
        } else if (event === "error") {
          throw Problem.read(data.status, data, null);
        } else if (event === "done") {
          end = data.finish_reason;
        }
      }
      answer.end(end);
      announce(answer.text);
    } catch (error) {
      this.#stopped(error, { answer, question, outgoing, isStarted });
    } finally {
      answer.writtenAt(Date.now() / 1000);
      this.#running = null;
      this.#told.changed(this);
    }
  }

  #begin(id) {
    if (this.id !== null) return;
    this.id = id;
    this.#told.began(this);
  }

  #stopped(error, { answer, question, outgoing, isStarted }) {
    const isAsked = error.name === "AbortError";
    answer.end("cut");
    // An empty bubble would look like an answer.
    if (answer.text === "" && !(isAsked && isStarted)) answer.element.remove();
    if (isAsked) {
      announce("Stopped");
      if (!isStarted) question.note("Stopped before an answer began");
      return;
    }
    if (!(error instanceof Problem)) {
      question.element.remove();
      this.#told.failed(error, question.text);
      return;
    }
    question.note("Not answered");
    if (error.conversationId !== null) this.#begin(error.conversationId);
    this.#offer(error, () => {
      answer.element.remove();
      this.#attempt(outgoing, question);
    });
  }

  // Says what went wrong, and lets people try again once that makes sense.
  #offer(problem, again) {
    const title = document.createElement("strong");
    title.textContent = `${problem.message}.`;
    const rest = document.createElement("span");
    rest.textContent = ` ${problem.detail}`;
    this.#trouble.replaceChildren(title, rest);
    if (FINAL.has(problem.kind)) return;
    this.#again = again;
    this.#retry.hidden = false;
    // A message that is being answered may be done long before it must be.
    if (problem.retryAfterSecs && problem.kind !== "idempotency-in-flight") this.#wait(rest, problem);
  }

  #wait(place, problem) {
    const until = Date.now() + problem.retryAfterSecs * 1000;
    place.textContent = ` ${problem.detail} You can try again ${waitWords(problem.retryAfterSecs, Date.now())}.`;
    this.#retry.disabled = true;
    // Counted on the button and not in the words: those would be read out at
    // each second.
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      this.#retry.disabled = left > 0;
      this.#retry.textContent = left > 0 && left <= 90 ? `Try again in ${left} s` : "Try again";
      if (left <= 0) clearInterval(this.#countdown);
    };
    tick();
    this.#countdown = setInterval(tick, 1000);
  }

  #clearTrouble() {
    clearInterval(this.#countdown);
    this.#again = null;
    this.#trouble.replaceChildren();
    this.#retry.hidden = true;
    this.#retry.disabled = false;
    this.#retry.textContent = "Try again";
  }
}

// Sent again as it is, such a message would fail again.
const FINAL = new Set([
  "forbidden",
  "invalid-request",
  "not-found",
  "conversation-full",
  "too-large",
  "model-refused",
  "idempotency-mismatch",
]);
