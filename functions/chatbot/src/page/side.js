// The side: conversations, usage, account. On a small screen it lies over the
// chat, and only one of them is there.

class Side {
  #side = find("side");
  #shade = find("shade");
  #opener = find("side-open");
  #narrow = matchMedia("(max-width: 50rem)");

  constructor() {
    this.#narrow.addEventListener("change", () => this.close());
    this.#opener.addEventListener("click", () => this.#set(true));
    find("side-close").addEventListener("click", () => this.close());
    this.#shade.addEventListener("click", () => this.close());
    find("history").addEventListener("click", (event) => event.target.closest("a") && this.close());
    this.close();
  }

  get isNarrow() {
    return this.#narrow.matches;
  }

  get isOver() {
    return !this.#shade.hidden;
  }

  close() {
    this.#set(false);
  }

  set name(name) {
    find("account-name").textContent = name;
  }

  // `null`: nobody knows.
  set usage(usage) {
    find("usage").hidden = usage === null;
    if (usage === null) return;
    const number = new Intl.NumberFormat();
    const used = number.format(usage.tokens_used);
    const limit = usage.tokens_limit;
    find("usage-text").textContent = limit === null ? `${used} tokens` : `${used} of ${number.format(limit)} tokens`;
    find("usage-resets").textContent = limit === null ? "" : `Starts again at ${clock(usage.resets_at * 1000)}`;
    const bar = find("usage-bar");
    bar.hidden = limit === null;
    bar.max = limit ?? 1;
    bar.value = usage.tokens_used;
    bar.classList.toggle("short", usage.tokens_used > bar.max * 0.9);
  }

  #set(isOpen) {
    const wasOver = this.isOver;
    const isOver = this.isNarrow && isOpen;
    this.#side.inert = this.isNarrow && !isOpen;
    this.#side.classList.toggle("open", isOver);
    find("chat").inert = isOver;
    this.#shade.hidden = !isOver;
    this.#opener.setAttribute("aria-expanded", String(isOver));
    if (isOver) find("side-close").focus();
    else if (wasOver) this.#opener.focus();
  }
}
