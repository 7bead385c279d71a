// One message on the page, also while it is being written.

const ENDS = {
  length: "Cut off: the answer reached its longest length",
  content_filter: "Held back by the content filter",
  cut: "Stopped before its end",
  failed: "There was no answer",
  refused: "The model did not take this message",
};

class Message {
  element = copyOf("message-template");
  #text = "";
  #isDrawn = true;
  #parts = [];
  #copy;

  constructor(role, text = "") {
    this.element.classList.add(role);
    this.element.querySelector(".author").textContent = role === "user" ? "You" : "Answer";
    this.#text = text;
    // People have their own text.
    this.#copy = role === "assistant" ? this.element.querySelector(".copy") : null;
    if (this.#copy) copies(this.#copy, () => this.#text);
    this.#draw();
  }

  // A message as the API lists it.
  static kept(message) {
    const shown = new Message(message.role, message.text);
    shown.end(message.status === "complete" ? message.finish_reason : message.status);
    shown.writtenAt(message.created_at);
    return shown;
  }

  get text() {
    return this.#text;
  }

  append(text) {
    this.#text += text;
    this.element.classList.toggle("waiting", this.#text === "");
    if (!this.#isDrawn) return;
    // Many pieces arrive between two pictures of the screen.
    this.#isDrawn = false;
    requestAnimationFrame(() => this.#draw());
  }

  set isWaiting(isWaiting) {
    this.element.classList.toggle("waiting", isWaiting && this.#text === "");
    this.element.classList.toggle("writing", isWaiting);
    this.element.setAttribute("aria-busy", String(isWaiting));
  }

  // Says how the message ended, where that is worth a word.
  end(how) {
    this.isWaiting = false;
    this.#draw();
    if (this.#text === "") this.#copy?.remove();
    this.note(ENDS[how] ?? "");
  }

  note(words) {
    const note = this.element.querySelector(".mark-note");
    note.textContent = words;
    note.hidden = words === "";
  }

  writtenAt(secs) {
    const time = this.element.querySelector("time");
    time.dateTime = new Date(secs * 1000).toISOString();
    time.textContent = shortTime(secs, Date.now());
  }

  #draw() {
    this.#isDrawn = true;
    const isUser = this.element.classList.contains("user");
    const parts = isUser ? [{ tag: "plain", text: this.#text }] : partsOf(this.#text);
    // What is there already stays, so that a selection in it lasts.
    parts.forEach((part, index) => {
      const shown = this.#parts[index];
      if (shown?.tag === part.tag) {
        shown.set(part);
        return;
      }
      const made = newPart(part.tag);
      made.set(part);
      if (shown) shown.element.replaceWith(made.element);
      else this.element.querySelector(".text").append(made.element);
      this.#parts[index] = made;
    });
    for (const gone of this.#parts.splice(parts.length)) gone.element.remove();
  }
}

// An answer as pieces that are shown one below the other.
function partsOf(text) {
  return segments(text).flatMap((piece) => (piece.isCode ? { ...piece, tag: "pre" } : blocks(piece.text)));
}

function newPart(tag) {
  if (tag === "pre") return codePart();
  return tag === "plain" ? plainPart() : prosePart(tag);
}

// People's own text, which is shown as they wrote it.
function plainPart() {
  const element = document.createElement("p");
  return { tag: "plain", element, set: (part) => setText(element, part.text) };
}

function codePart() {
  const element = copyOf("code-template");
  const code = element.querySelector("code");
  copies(element.querySelector(".copy"), () => code.textContent);
  const set = (part) => {
    setText(code, part.text);
    setText(element.querySelector(".language"), part.language);
    element.querySelector("pre").setAttribute("aria-label", `Code ${part.language}`.trim());
  };
  return { tag: "pre", element, set };
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
