// The page as a whole: what is shown when, and what leads where.

class Page {
  #session = new Session(document.querySelector("meta[name=issuer]").content);
  #api = new Api(basePath(location.pathname), this.#session);
  #signIn = new SignIn(this.#session, (codes) => this.#enter(codes));
  #side = new Side();
  #conversations = new Conversations(this.#api, (action) => this.#attempt(action));
  #composer = new Composer((text) => this.#send(text), () => this.#thread.stop());
  #scroller = new Scroller(() => this.#composer.focus());
  #thread = null;
  // Threads whose answer is being written, shown or not.
  #writing = new Set();
  #isIn = false;
  // Whose text is in the composer.
  #writer = null;

  start() {
    startTheme();
    closeButtonsWork();
    addEventListener("hashchange", () => this.#isIn && this.#showAddressed());
    addEventListener("keydown", (event) => this.#pressed(event));
    find("new-chat").addEventListener("click", () => this.#newChat());
    find("sign-out").addEventListener("click", () => this.#signOut());
    find("rename").addEventListener("click", () => this.#rename());
    find("delete").addEventListener("click", () => this.#delete());
    find("skip").addEventListener("click", (event) => {
      // The address names the conversation, and nothing else.
      event.preventDefault();
      this.#composer.focus();
    });
    const codes = () => [...find("recovery-codes").children].map((code) => code.textContent);
    copies(find("recovery-copy"), () => codes().join("\n"));
    this.#signIn.show("");
  }

  #pressed(event) {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (this.#side.isOver) this.#side.close();
    else this.#thread?.stop();
  }

  // --- coming and going

  #enter(recoveryCodes) {
    const { sub } = this.#session.claims;
    if (this.#writer !== sub) this.#composer.text = "";
    this.#writer = sub;
    this.#isIn = true;
    this.#side.name = this.#session.name;
    find("app").hidden = false;
    this.#showAddressed();
    this.#attempt(() => this.#conversations.load());
    this.#attempt(() => this.#readUsage());
    if (recoveryCodes.length > 0) this.#showRecoveryCodes(recoveryCodes);
  }

  // Nothing of what was read stays on the page.
  #leave(note) {
    this.#isIn = false;
    for (const thread of this.#writing) thread.stop();
    this.#writing.clear();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    this.#thread = null;
    find("thread").replaceChildren();
    for (const id of ["title", "delete-text", "announcer"]) find(id).textContent = "";
    find("rename-text").value = "";
    this.#side.close();
    this.#side.name = "";
    this.#side.usage = null;
    this.#conversations.clear();
    this.#signIn.show(note);
  }

  async #signOut() {
    const isKnown = this.#session.signOut();
    this.#composer.text = "";
    find("username").value = "";
    history.replaceState(null, "", location.pathname + location.search);
    this.#leave("You are signed out.");
    if (!(await isKnown) && !this.#isIn) {
      this.#signIn.note("You are signed out on this page, but the sign-in service could not be told.");
    }
  }

  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    if (!(error instanceof SessionEnded)) throw error;
    if (!this.#isIn) return;
    this.#session.forget();
    this.#leave("Your session has ended. Sign in again to go on; what you have written is kept.");
  }

  #showRecoveryCodes(codes) {
    const entries = codes.map((code) => {
      const entry = document.createElement("li");
      entry.textContent = code;
      return entry;
    });
    find("recovery-codes").replaceChildren(...entries);
    const dialog = find("recovery-dialog");
    dialog.addEventListener("close", () => find("recovery-codes").replaceChildren(), { once: true });
    dialog.showModal();
  }

  // --- conversations

  #newChat() {
    this.#side.close();
    if (conversationIn(location.hash) === null) this.#show(null);
    else location.hash = "";
  }

  #showAddressed() {
    this.#show(conversationIn(location.hash));
  }

  #show(id) {
    // A message without an answer yet has no conversation yet either: who asks
    // for a new chat then wants another one.
    const isShown = this.#thread?.id === id && (id !== null || this.#thread.isEmpty);
    if (!isShown) this.#open(id);
    this.#conversations.current = id;
    this.#showTitle();
    this.#composer.isBusy = this.#thread.isBusy;
    this.#scroller.toEnd();
    // On a small screen a keyboard would cover what was just opened.
    if (this.#side.isNarrow) find("title").focus();
    else this.#composer.focus();
  }

  #open(id) {
    const written = [...this.#writing].find((thread) => id !== null && thread.id === id);
    const thread = written ?? new Thread(this.#api, id, this.#told());
    this.#thread = thread;
    find("thread").replaceChildren(thread.element);
    if (id === null) this.#greet();
    else this.#attempt(() => this.#learnTitle(thread));
    if (id !== null && !written) this.#attempt(() => thread.load());
  }

  #told() {
    return {
      began: (thread) => {
        this.#attempt(() => this.#addToList(thread));
        if (thread !== this.#thread) return;
        history.replaceState(null, "", hashOf(thread.id));
        this.#conversations.current = thread.id;
      },
      changed: (thread) => {
        if (thread.isBusy) this.#writing.add(thread);
        else this.#writing.delete(thread);
        if (!this.#isIn) return;
        if (thread === this.#thread) this.#composer.isBusy = thread.isBusy;
        if (thread.isBusy) return;
        this.#attempt(() => this.#readUsage());
        // The question is kept although nobody said where.
        if (thread.id === null) this.#attempt(() => ignoringProblems(this.#conversations.refresh()));
      },
      failed: (error, text) => {
        this.#composer.giveBack(text);
        this.#failed(error);
      },
    };
  }

  async #addToList(thread) {
    const conversation = await ignoringProblems(this.#api.conversation(thread.id));
    if (!conversation || !this.#isIn) return;
    this.#conversations.add(conversation);
    if (thread === this.#thread) this.#showTitle();
  }

  // It may be far down in the list, on a page that nobody has asked for.
  async #learnTitle(thread) {
    if (this.#conversations.titleOf(thread.id) !== null) return;
    const conversation = await ignoringProblems(this.#api.conversation(thread.id));
    if (!conversation) return;
    thread.title = conversation.title;
    if (thread === this.#thread) this.#showTitle();
  }

  async #readUsage() {
    const usage = await ignoringProblems(this.#api.usage());
    if (this.#isIn) this.#side.usage = usage;
  }

  #greet() {
    const greeting = copyOf("greeting-template");
    const { name } = this.#session;
    greeting.querySelector(".hello").textContent = name ? `Hello ${name}` : "Hello";
    find("thread").prepend(greeting);
  }

  #showTitle() {
    const { id } = this.#thread;
    const known = this.#conversations.titleOf(id) ?? this.#thread.title;
    const title = id === null ? "New chat" : (known ?? "Conversation");
    find("title").textContent = title;
    document.title = `${title} · Latchkey chat`;
    find("rename").hidden = id === null;
    find("delete").hidden = id === null;
  }

  #rename() {
    const thread = this.#thread;
    const field = find("rename-text");
    field.value = find("title").textContent;
    const rename = async () => {
      const conversation = await this.#api.rename(thread.id, field.value.trim());
      thread.title = conversation.title;
      this.#conversations.replace(conversation);
      if (thread === this.#thread) this.#showTitle();
    };
    ask(find("rename-dialog"), rename, (error) => this.#failed(error));
    field.select();
  }

  #delete() {
    const thread = this.#thread;
    find("delete-text").textContent = `“${find("title").textContent}” and all its messages will be gone for good.`;
    const remove = async () => {
      thread.stop();
      await this.#api.delete(thread.id);
      this.#conversations.remove(thread.id);
      announce("Deleted");
      if (thread === this.#thread) location.hash = "";
    };
    ask(find("delete-dialog"), remove, (error) => this.#failed(error));
  }

  // --- writing

  #send(text) {
    if (this.#thread.isBusy) return false;
    find("thread").querySelector(".greeting")?.remove();
    this.#thread.send(text);
    this.#scroller.toEnd();
    return true;
  }
}

// What is shown beside the chat is not worth a message where it cannot be had.
function ignoringProblems(promise) {
  return promise.catch((error) => {
    if (!(error instanceof Problem)) throw error;
    return null;
  });
}

new Page().start();
