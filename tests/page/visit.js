// One person at the page, in a browser of their own.
//
// Beside what a test asks for, each visit shows that the page asked nobody but
// its own server and the issuer, that the browser found no fault, and that
// nothing is left in the browser but the choice of the theme.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test, { after } from "node:test";
import { chromium } from "playwright-core";

import { Model } from "./model.js";
import { System } from "./system.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Only what hangs meets these.
const PATIENCE_MS = 60_000;
const SCENARIO_MS = 300_000;

const { LATCHKEY_LOCAL_BIN: local, CHROMIUM = "/usr/bin/chromium", SCREENSHOTS } = process.env;
assert.ok(local, "LATCHKEY_LOCAL_BIN names the binary of `local`");

export const model = await new Model().start();
export const system = await new System().start(local, model.url);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

after(async () => {
  await browser.close();
  await system.stop();
  model.stop();
});

// A test with a visitor. `door` names the front door that the page is opened at,
// the other options are those of a browser context.
export function scenario(title, { door = "Chat page", ...options }, act) {
  test(title, { timeout: SCENARIO_MS }, async () => {
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, ...options });
    const visit = await Visit.begin(context, system.at(door));
    try {
      await act(visit);
      await visit.end();
    } catch (error) {
      // Often the reason for it.
      error.message += `\nwhat the browser found: ${JSON.stringify(visit.faults)}`;
      throw error;
    } finally {
      await context.close();
    }
  });
}

export class Visit {
  #context;
  #address;
  #faults = [];
  #expected = [];
  #allCame;

  static async begin(context, address) {
    const visit = new Visit();
    visit.#address = address.replace(/\/$/, "");
    visit.#context = context;
    context.setDefaultTimeout(PATIENCE_MS);
    visit.page = await context.newPage();
    visit.#watch();
    await visit.page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
    });
    return visit;
  }

  #watch() {
    const origins = [this.#address, system.issuer].map((url) => new URL(url).origin);
    this.#context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && !origins.includes(url.origin)) this.#faults.push(`asked ${url.origin}`);
    });
    this.#context.on("response", (response) => {
      if (response.status() < 400) return;
      const what = `${response.status()} ${new URL(response.url()).pathname.replace(/.*\/api/, "/api")}`;
      const at = this.#expected.indexOf(what);
      if (at < 0) this.#faults.push(`the answer ${what}`);
      else this.#expected.splice(at, 1);
      if (this.#expected.length === 0) this.#allCame?.();
    });
    this.page.on("pageerror", (error) => this.#faults.push(`error: ${error.message}`));
    this.page.on("console", (message) => {
      // Chromium's own line about such an answer; seen above.
      if (message.text().startsWith("Failed to load resource")) return;
      if (["error", "warning"].includes(message.type())) this.#faults.push(`console: ${message.text()}`);
    });
  }

  get faults() {
    return this.#faults;
  }

  // An answer such as `401 /login` that is part of the test, once.
  expects(...answers) {
    this.#expected.push(...answers);
  }

  // A fault that is part of the test.
  forgives(pattern) {
    const left = this.#faults.filter((fault) => !pattern.test(fault));
    assert.notEqual(left.length, this.#faults.length, `there was no ${pattern}`);
    this.#faults = left;
  }

  // Acts on the next such request, or answers it, in place of the system. The
  // driver stays in between then: it tells nobody of a request that is on its way
  // while the last route ends.
  async once(pattern, act) {
    let isDue = true;
    await this.page.route(pattern, (route) => {
      if (!isDue) return route.fallback();
      isDue = false;
      return typeof act === "function" ? act(route) : route.fulfill(act);
    });
  }

  async end() {
    await this.#awaitExpected();
    assert.deepEqual(this.#faults, []);
    assert.deepEqual(this.#expected, [], "these answers did not come");
    const kept = await this.page.evaluate(async () => ({
      local: Object.keys(localStorage).filter((key) => key !== "latchkey-theme"),
      session: Object.keys(sessionStorage),
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
    }));
    assert.deepEqual(kept, { local: [], session: [], databases: 0, caches: 0 });
    assert.deepEqual(await this.#context.cookies(), []);
  }

  // Of two questions asked at once the page may go by the first answer, while
  // the other is still on its way.
  async #awaitExpected() {
    if (this.#expected.length === 0) return;
    let patience;
    await new Promise((done) => {
      this.#allCame = done;
      patience = setTimeout(done, PATIENCE_MS);
    });
    clearTimeout(patience);
  }

  // --- what people do

  async open(path = "") {
    await this.page.goto(this.#address + (path || "/"));
  }

  async fillIn({ username, password }) {
    await this.page.getByLabel("Username").fill(username);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.button("Sign in").click();
  }

  async signIn(user) {
    if (this.page.url() === "about:blank") await this.open();
    await this.fillIn(user);
    await this.page.getByRole("main", { name: "Chat" }).waitFor();
  }

  async write(text) {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  // Writes, and comes back with the whole answer.
  async ask(text) {
    const before = await this.answers.count();
    await this.write(text);
    await this.page.locator(".message.assistant:not(.writing)").nth(before).waitFor();
    return this.answers.nth(before).locator(".text").innerText();
  }

  // --- what they look at

  get box() {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  get answers() {
    return this.page.locator(".message.assistant");
  }

  get questions() {
    return this.page.locator(".message.user");
  }

  get entries() {
    return this.page.locator("nav a");
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  sees(text) {
    return this.page.getByText(text).first().waitFor();
  }

  // The tokens that the page has sent to the API from now on, each once.
  tokens() {
    const seen = [];
    this.page.on("request", (request) => {
      const token = request.headers().authorization?.replace("Bearer ", "");
      if (token && request.url().includes("/api/") && !seen.includes(token)) seen.push(token);
    });
    return seen;
  }

  // What the page asks the issuer for from now on.
  calls(path) {
    const seen = [];
    this.page.on("request", (request) => {
      if (request.method() === "POST" && request.url() === system.issuer + path) seen.push(request);
    });
    return seen;
  }

  // --- what is checked of a picture

  // Takes the picture where pictures are wanted, and asks axe.
  async looksRight(name) {
    if (SCREENSHOTS) await this.page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
    await this.page.evaluate(`${AXE}; undefined`);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    const found = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
    assert.deepEqual(found, [], name);
  }
}
