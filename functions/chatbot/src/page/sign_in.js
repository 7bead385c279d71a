// The sign-in view: name and password, then a code where the issuer asks.

class SignIn {
  #session;
  #signedIn;
  // Held between password and code only: the issuer wants all three at once.
  #typed = null;
  #error = find("welcome-error");
  #title = find("welcome-title");

  constructor(session, signedIn) {
    this.#session = session;
    this.#signedIn = signedIn;
    const [password, code] = [find("password-form"), find("code-form")];
    password.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#typed = { username: find("username").value.trim(), password: find("password").value };
      this.#try(password, "");
    });
    code.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try(code, find("code").value.trim());
    });
    find("code-back").addEventListener("click", () => this.#askPassword());
    find("reveal").addEventListener("click", () => this.#reveal(find("password").type === "password"));
  }

  // `note` says why there is a sign-in again, where that needs saying.
  show(note) {
    find("welcome-theme").append(find("theme"));
    find("app").hidden = true;
    find("welcome").hidden = false;
    document.title = "Sign in · Latchkey chat";
    this.note(note);
    this.#askPassword();
    if (!this.#session.isKnownWhere) {
      find("password-form").hidden = true;
      this.#error.textContent = "Nobody can sign in: the chat was not told where (CHAT_ISSUER_URL).";
    }
  }

  note(words) {
    find("welcome-note").textContent = words;
    find("welcome-note").hidden = words === "";
  }

  async #try(form, otp) {
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    this.#error.textContent = "";
    try {
      const answer = await this.#session.signIn(this.#typed.username, this.#typed.password, otp);
      this.#answered(answer);
    } catch {
      this.#error.textContent = "The sign-in service cannot be reached. Look at your network connection, then try again.";
    } finally {
      button.disabled = false;
    }
  }

  #answered(answer) {
    if (answer.outcome === "signed-in") {
      this.#forget();
      find("welcome").hidden = true;
      find("app-theme").append(find("theme"));
      this.#signedIn(answer.recoveryCodes);
    } else if (answer.outcome === "refused") {
      this.#error.textContent = answer.words;
      const field = find(this.#isAskingForCode ? "code" : "password");
      field.focus();
      field.select();
    } else {
      this.#askCode(answer);
    }
  }

  get #isAskingForCode() {
    return !find("code-form").hidden;
  }

  #askPassword() {
    this.#forget();
    this.#title.textContent = "Sign in";
    this.#error.textContent = "";
    find("code-form").hidden = true;
    find("password-form").hidden = false;
    this.#reveal(false);
    find(find("username").value === "" ? "username" : "password").focus();
  }

  #askCode({ outcome, key, link }) {
    this.#title.textContent = outcome === "enrol" ? "Set up your second factor" : "One more step";
    this.note("");
    find("password-form").hidden = true;
    find("code-form").hidden = false;
    find("enrolment").hidden = outcome !== "enrol";
    if (outcome === "enrol") {
      // In groups of four, as they are read and typed.
      find("enrolment-key").textContent = key.match(/.{1,4}/g).join(" ");
      // Nothing else than an authenticator opens from here.
      if (link.startsWith("otpauth:")) find("enrolment-link").href = link;
    }
    find("code").value = "";
    find("code").focus();
  }

  #reveal(isShown) {
    find("password").type = isShown ? "text" : "password";
    find("reveal").textContent = isShown ? "Hide" : "Show";
    find("reveal").setAttribute("aria-pressed", String(isShown));
  }

  #forget() {
    this.#typed = null;
    find("password").value = "";
    find("code").value = "";
    find("enrolment-key").textContent = "";
    find("enrolment-link").removeAttribute("href");
  }
}
