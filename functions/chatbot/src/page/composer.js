// Where messages are written, with the button that sends or stops.

class Composer {
  #box = find("message");
  #send = find("send");
  #stop = find("stop");

  // `send` is called with the text and says whether it was taken.
  constructor(send, stop) {
    const submit = () => {
      const text = this.#box.value.trim();
      if (text !== "" && send(text)) this.text = "";
    };
    find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    this.#box.addEventListener("keydown", (event) => {
      // Enter also ends a word that an input method is composing.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    this.#box.addEventListener("input", () => this.#fit());
    this.#stop.addEventListener("click", () => {
      stop();
      this.focus();
    });
  }

  set text(text) {
    this.#box.value = text;
    this.#fit();
  }

  // Puts a message that was not taken back, before what was written since.
  giveBack(text) {
    this.text = [text, this.#box.value].filter(Boolean).join("\n");
  }

  set isBusy(isBusy) {
    // Whoever has the focus on the one goes on with the other.
    const hasFocus = [this.#send, this.#stop].includes(document.activeElement);
    this.#send.hidden = isBusy;
    this.#stop.hidden = !isBusy;
    if (hasFocus) (isBusy ? this.#stop : this.#box).focus();
  }

  focus() {
    this.#box.focus();
  }

  // Grows the box with what is in it, where style sheets cannot.
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight}px`;
  }
}
