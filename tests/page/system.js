// The whole system on this machine, as `local` starts it, and its users.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Public, see functions/local/src/users.rs.
const ADMIN = { username: "admin", password: "latchkey-local-demo" };
const PASSWORD = "a password for one test";

// Longer than anything takes on the busiest machine; only what hangs meets it.
const PATIENCE_MS = 120_000;

export class System {
  #process;
  #data = mkdtempSync(join(tmpdir(), "latchkey-page-"));
  #places = new Map();
  #admin = null;
  #users = 0;

  // `modelUrl` answers in place of a real model.
  async start(local, modelUrl) {
    const chatbot = {
      CHAT_BACKEND: "openai",
      OPENAI_BASE_URL: modelUrl,
      OPENAI_API_KEY: "not-a-key",
      CHAT_MODEL: "m",
      CHAT_REQUESTS_PER_MINUTE: "0",
    };
    const settings = ["chatbot", "chatbot-stream", "chatbot-plain"].flatMap((part) =>
      Object.entries(chatbot).map(([name, value]) => `${part}:${name}=${value}`),
    );
    settings.push("issuer:TOTP_REQUIRED_ROLES=SUPERVISOR");
    const flags = ["--port-base", "0", "--data", this.#data, ...settings.flatMap((setting) => ["--set", setting])];
    this.#process = spawn(local, flags, { stdio: ["ignore", "pipe", "inherit"] });
    // However these tests end; it then ends what it started itself.
    process.on("exit", () => this.#process.kill());
    process.once("SIGTERM", () => process.exit(143));
    for await (const line of createInterface({ input: this.#process.stdout })) {
      const place = /^ {2}(\S.*?) +(http:\S+)$/.exec(line);
      if (place) this.#places.set(place[1], place[2]);
      // Its last line; without it the system did not come up.
      if (line.includes("Ctrl-C")) break;
    }
    if (!this.page || !this.issuer) throw new Error("local did not start, or does not say where the chat page is");
    return this;
  }

  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#data, { recursive: true, force: true });
  }

  // Where the chat is behind one of its front doors.
  at(door) {
    return this.#places.get(door);
  }

  get page() {
    return this.at("Chat page");
  }

  get issuer() {
    return this.at("Issuer");
  }

  // Makes a user that no other test has seen.
  async user({ role = "USER", name = "Ada Lovelace" } = {}) {
    this.#admin ??= await this.logIn(ADMIN);
    this.#users += 1;
    const username = `visitor${this.#users}`;
    const { reset_token } = await this.#post("/admin/users", { username, name, role }, this.#admin);
    await this.#post("/password-reset", { reset_token, new_password: PASSWORD });
    return { username, name, password: PASSWORD };
  }

  // Returns an access token of a session of its own.
  async logIn({ username, password }) {
    return (await this.#post("/login", { username, password })).access_token;
  }

  // Ends every session of a user but the one of `token`.
  async endOtherSessions(token) {
    await this.#post("/logout", { scope: "others" }, token);
  }

  // Asks the API without a browser.
  api(method, path, token, body) {
    return fetch(`${this.page.replace(/\/$/, "")}/api${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  }

  // Comes back once the API refuses a token: whoever decides may remember its
  // last answer for a moment.
  async refusal(token) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const { status } = await this.api("GET", "/usage", token);
      if (status === 401) return;
      if (Date.now() > end) throw new Error(`the token still opens the API (${status})`);
    }
  }

  async #post(path, body, token) {
    const response = await fetch(this.issuer + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }
}
