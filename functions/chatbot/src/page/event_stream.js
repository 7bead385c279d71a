// Server-sent events, read as they arrive.
//
// The browser's own EventSource can neither POST nor send a token.

class EventStream {
  #rest = "";
  #event = "";
  #data = [];

  // Returns the events that `chunk` completes. Chunks end anywhere.
  feed(chunk) {
    // A carriage return at the very end may be half of a line's end.
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    return lines.flatMap((line) => this.#read(line));
  }

  #read(line) {
    if (line === "") return this.#finish();
    const colon = line.indexOf(":");
    // A comment: it only keeps the connection open.
    if (colon === 0) return [];
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    return [];
  }

  #finish() {
    const event = { event: this.#event || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return isEmpty ? [] : [event];
  }
}
