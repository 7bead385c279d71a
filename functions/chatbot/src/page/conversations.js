// The list of conversations, newest first.

class Conversations {
  #api;
  #items = [];
  #cursor = null;
  #current = null;
  #list = find("history");
  #more = find("history-more");
  #error = find("history-error");

  constructor(api, attempt) {
    this.#api = api;
    this.#more.addEventListener("click", () => attempt(() => this.load()));
  }

  // Shows the first page, or the one after those shown.
  async load() {
    this.#more.disabled = true;
    this.#error.textContent = "";
    try {
      const page = await this.#api.conversations(this.#cursor);
      const known = new Set(this.#items.map((item) => item.id));
      this.#items.push(...page.conversations.filter((item) => !known.has(item.id)));
      this.#cursor = page.next_cursor ?? null;
      this.#more.textContent = "Show more";
      this.#more.hidden = this.#cursor === null;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#error.textContent = `The list could not be read. ${sentence(error)}`;
      this.#more.textContent = "Try again";
      this.#more.hidden = false;
    } finally {
      this.#more.disabled = false;
      this.#draw();
    }
  }

  // Shows what is new since.
  async refresh() {
    const { conversations } = await this.#api.conversations(null);
    const known = new Set(this.#items.map((item) => item.id));
    this.#items.unshift(...conversations.filter((item) => !known.has(item.id)));
    this.#draw();
  }

  titleOf(id) {
    return this.#items.find((item) => item.id === id)?.title ?? null;
  }

  // Shows what became of a conversation, where it is in the list.
  replace(conversation) {
    this.#items = this.#items.map((item) => (item.id === conversation.id ? conversation : item));
    this.#draw();
  }

  // A new one comes on top, where the API will list it too.
  add(conversation) {
    this.#items = [conversation, ...this.#items.filter((item) => item.id !== conversation.id)];
    this.#draw();
  }

  remove(id) {
    this.#items = this.#items.filter((item) => item.id !== id);
    this.#draw();
  }

  set current(id) {
    this.#current = id;
    this.#draw();
  }

  clear() {
    this.#items = [];
    this.#cursor = null;
    this.#current = null;
    this.#error.textContent = "";
    this.#more.hidden = true;
    this.#draw();
    find("history-empty").hidden = true;
  }

  #draw() {
    const focused = document.activeElement?.getAttribute("href");
    this.#list.replaceChildren(...this.#items.map((item) => this.#entry(item)));
    find("history-empty").hidden = this.#items.length > 0 || this.#error.textContent !== "";
    if (focused) this.#list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }

  #entry(conversation) {
    const link = document.createElement("a");
    link.href = hashOf(conversation.id);
    if (conversation.id === this.#current) link.setAttribute("aria-current", "page");
    const title = document.createElement("span");
    title.className = "title";
    title.textContent = conversation.title;
    link.title = conversation.title;
    const time = document.createElement("time");
    time.dateTime = new Date(conversation.created_at * 1000).toISOString();
    time.textContent = shortTime(conversation.created_at, Date.now());
    link.append(title, time);
    const entry = document.createElement("li");
    entry.append(link);
    return entry;
  }
}
