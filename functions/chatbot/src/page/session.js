// Who is signed in, and the tokens that show it.
//
// Tokens are in memory only: a script that got into some other page of this
// origin finds none, and a reload asks for the password again.

// How long before its end a token is exchanged, so that none ends on its way.
const EARLY_SECS = 20;

// The issuer ended the session. Only a new sign-in helps.
class SessionEnded extends Error {}

class Session {
  #issuer;
  #pair = null;
  #renewal = null;

  constructor(issuer) {
    this.#issuer = issuer.replace(/\/+$/, "");
  }

  get isKnownWhere() {
    return this.#issuer !== "";
  }

  get claims() {
    return this.#pair ? claimsOf(this.#pair.access) : {};
  }

  // What to call whoever is signed in.
  get name() {
    const { name, username, sub } = this.claims;
    return name ?? username ?? sub ?? "";
  }

  // Returns what happened: `signed-in`, `code` (it asks for a second factor),
  // `enrol` (and for setting one up first), or `refused` with the words for it.
  async signIn(username, password, otp) {
    const response = await this.#post("/login", { username, password, ...(otp && { otp }) });
    const body = await response.json().catch(() => ({}));
    if (response.ok) {
      this.#pair = pairIn(body);
      return { outcome: "signed-in", recoveryCodes: body.recovery_codes ?? [] };
    }
    if (body.error === "otp_required") return { outcome: "code" };
    if (body.error === "totp_enrolment_required") {
      return { outcome: "enrol", key: body.secret, link: body.otpauth_uri };
    }
    return { outcome: "refused", words: refusal(response, body) };
  }

  // Returns a token that has some time left.
  async token() {
    if (!this.#pair) throw new SessionEnded();
    const { access, endsAt } = this.#pair;
    if (Date.now() < endsAt - EARLY_SECS * 1000) return access;
    try {
      return await this.renewed(access);
    } catch (error) {
      if (error instanceof SessionEnded) throw error;
      // It may still be good. The API says so if not.
      return access;
    }
  }

  // Returns a token other than the one that was refused. However many wait for
  // it, the issuer is asked once: a refresh token is good for one use.
  async renewed(refused) {
    if (!this.#pair) throw new SessionEnded();
    if (this.#pair.access !== refused) return this.#pair.access;
    this.#renewal ??= this.#renew(this.#pair).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renew(pair) {
    const ask = () => this.#post("/refresh", { refresh_token: pair.refresh });
    // Sent again at once, the issuer gives the same pair again: an answer that
    // was lost on its way costs no session.
    const response = await ask().catch(ask).catch(() => {
      throw Problem.issuerUnreachable();
    });
    if (this.#pair !== pair) throw new SessionEnded();
    if (response.ok) {
      this.#pair = pairIn(await response.json());
      return this.#pair.access;
    }
    // Busy, or without a database: the session is not over.
    if (response.status === 429 || response.status >= 500) throw await Problem.of(response);
    this.#pair = null;
    throw new SessionEnded();
  }

  // Forgets the tokens at once, and returns whether the issuer knows.
  async signOut() {
    const pair = this.#pair;
    this.#pair = null;
    if (!pair) return true;
    const leave = ({ access }) => this.#post("/logout", { scope: "this" }, { Authorization: `Bearer ${access}` });
    try {
      const response = await leave(pair);
      if (response.status !== 401) return response.ok;
      // The token ended before the session did.
      const renewal = await this.#post("/refresh", { refresh_token: pair.refresh });
      if (!renewal.ok) return renewal.status === 401;
      return (await leave(pairIn(await renewal.json()))).ok;
    } catch {
      return false;
    }
  }

  forget() {
    this.#pair = null;
  }

  #post(path, body, headers = {}) {
    return fetch(this.#issuer + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      // So that signing out and closing the page at once still signs out.
      keepalive: path === "/logout",
    });
  }
}

function pairIn(body) {
  return { access: body.access_token, refresh: body.refresh_token, endsAt: Date.now() + body.expires_in * 1000 };
}

// Reads the claims for their names only: who checks tokens is the API.
function claimsOf(token) {
  try {
    const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

function refusal(response, body) {
  if (body.error === "invalid_credentials") return "The username or the password is wrong.";
  if (body.error === "invalid_otp") return "This code is wrong, or was used already.";
  if (response.status === 429) {
    const wait = retryAfter(response.headers.get("Retry-After"), Date.now());
    return `There were too many attempts. Try again ${wait === null ? "later" : waitWords(wait, Date.now())}.`;
  }
  if (response.status >= 500) return "Signing in is not possible just now. Try again shortly.";
  return "The username or the password cannot be right.";
}
