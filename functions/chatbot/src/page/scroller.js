// Keeps the latest message in view while it grows, unless people look at
// earlier ones.

// So near the end counts as the end, in pixels.
const NEAR = 48;

class Scroller {
  #scroller = find("scroller");
  #button = find("to-end");
  #follows = true;

  constructor(wentToEnd) {
    this.#scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    // What comes before the messages on the screen must not move them.
    find("thread").addEventListener("click", (event) => {
      if (event.target.closest(".earlier")) this.#follows = false;
    });
    this.#button.addEventListener("click", () => {
      this.toEnd();
      wentToEnd();
    });
    const growth = new ResizeObserver(() => (this.#follows ? this.toEnd() : this.#look()));
    growth.observe(find("thread"));
    growth.observe(this.#scroller);
  }

  toEnd() {
    this.#follows = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#follows = scrollHeight - scrollTop - clientHeight < NEAR;
    this.#button.hidden = this.#follows;
  }
}
