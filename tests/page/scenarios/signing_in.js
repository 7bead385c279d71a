// Who is let in, who is not, and what ends a session.

import assert from "node:assert/strict";

import { codeOf, wrongCode } from "../totp.js";
import { scenario, system } from "../visit.js";

scenario("a wrong password is told plainly, and the right one lets in", {}, async (visit) => {
  const user = await system.user();
  await visit.open();
  visit.expects("401 /login");
  await visit.fillIn({ ...user, password: "not this one" });
  await visit.sees("The username or the password is wrong.");
  assert.equal(await visit.page.getByLabel("Username").inputValue(), user.username);
  await visit.signIn(user);
  await visit.sees(`Hello ${user.name}`);
  assert.equal(await visit.page.getByLabel("Password", { exact: true }).inputValue(), "");
});

scenario("who is asked for a second factor sets one up, and uses it", {}, async (visit) => {
  const user = await system.user({ role: "SUPERVISOR" });
  await visit.open();
  visit.expects("403 /login", "401 /login");
  await visit.fillIn(user);
  await visit.sees("Your account needs a second factor.");
  await visit.looksRight("enrolment");
  const key = (await visit.page.locator("#enrolment-key").innerText()).replaceAll(" ", "");
  assert.match(await visit.page.getByRole("link", { name: /authenticator/ }).getAttribute("href"), /^otpauth:/);
  const code = visit.page.getByRole("textbox", { name: "Code" });
  await code.fill(wrongCode(key, Date.now()));
  await visit.button("Go on").click();
  await visit.sees("This code is wrong, or was used already.");
  await code.fill(codeOf(key, Date.now()));
  await visit.button("Go on").click();
  await visit.page.getByRole("dialog", { name: "Keep these recovery codes" }).waitFor();
  await visit.looksRight("recovery-codes");
  const recovery = await visit.page.locator("#recovery-codes li").allInnerTexts();
  assert.ok(recovery.length > 1 && new Set(recovery).size === recovery.length);
  await visit.button("I have kept them").click();
  // They are shown only once.
  await visit.page.locator("#recovery-codes li").first().waitFor({ state: "detached" });
  await visit.button("Sign out").click();

  visit.expects("401 /login", "401 /login");
  await visit.fillIn(user);
  await visit.sees("Six digits from your authenticator");
  await visit.looksRight("code");
  assert.equal(await visit.page.locator("#enrolment").isVisible(), false);
  await code.fill(wrongCode(key, Date.now()));
  await visit.button("Go on").click();
  await visit.sees("This code is wrong, or was used already.");
  await code.fill(recovery[0]);
  await visit.button("Go on").click();
  await visit.sees(`Hello ${user.name}`);
});

scenario("an expired token is exchanged before anybody notices", {}, async (visit) => {
  const user = await system.user();
  await visit.page.clock.install();
  await visit.signIn(user);
  await visit.ask("first");
  const [refreshes, tokens] = [visit.calls("/refresh"), visit.tokens()];
  await visit.page.clock.fastForward("29:30");
  assert.equal(await visit.ask("second"), "Answer to: second");
  assert.equal(refreshes.length, 0, "29 minutes of 30 are not over");
  await visit.page.clock.fastForward("05:00");
  assert.equal(await visit.ask("third"), "Answer to: third");
  assert.equal(refreshes.length, 1);
  assert.equal(tokens.length, 2);
});

scenario("a refused token is exchanged once, however many requests had it", {}, async (visit) => {
  const user = await system.user();
  const tokens = visit.tokens();
  await visit.signIn(user);
  await visit.ask("first");
  // One that is not in the list yet: its title and its messages are read at once.
  const made = await system.api("POST", "/chat", await system.logIn(user), { message: "elsewhere" });
  const { conversation_id: id } = await made.json();
  const refreshes = visit.calls("/refresh");
  const [old] = tokens;
  // From now on that token arrives with another signature.
  await visit.page.route("**/api/**", async (route) => {
    const headers = await route.request().allHeaders();
    if (headers.authorization === `Bearer ${old}`) headers.authorization = `Bearer ${old.slice(0, -8)}AAAAAAAA`;
    await route.continue({ headers });
  });
  visit.expects(`401 /api/conversations/${id}`, `401 /api/conversations/${id}/messages`);
  await visit.page.evaluate((hash) => {
    location.hash = hash;
  }, `#c/${id}`);
  await visit.sees("Answer to: elsewhere");
  await visit.page.getByRole("heading", { level: 1, name: "elsewhere" }).waitFor();
  assert.equal(refreshes.length, 1);
  assert.equal(await visit.ask("second"), "Answer to: second");
  assert.equal(refreshes.length, 1);
});

scenario("a gateway that says 403 for a bad token gets a new one, too", {}, async (visit) => {
  await visit.signIn(await system.user());
  const refreshes = visit.calls("/refresh");
  const refusal = (contentType) => ({ status: 403, contentType, body: '{"Message":"no"}' });
  visit.expects("403 /api/chat", "403 /api/chat");
  await visit.once("**/api/chat", refusal("application/json"));
  assert.equal(await visit.ask("first"), "Answer to: first");
  assert.equal(refreshes.length, 1);
  // The chat's own no is about the person, and no token changes it.
  await visit.once("**/api/chat", refusal("application/problem+json"));
  await visit.write("second");
  await visit.sees("You may not do this.");
  assert.equal(refreshes.length, 1);
});

scenario("who signs out has a token that opens nothing any more", {}, async (visit) => {
  const user = await system.user();
  const tokens = visit.tokens();
  await visit.signIn(user);
  await visit.ask("a secret plan");
  assert.equal((await system.api("GET", "/usage", tokens[0])).status, 200);
  await visit.button("Sign out").click();
  await visit.sees("You are signed out.");
  const page = await visit.page.locator("body").innerHTML();
  assert.ok(!page.includes("a secret plan") && !page.includes(user.name), "something is left on the page");
  assert.equal(new URL(visit.page.url()).hash, "");
  await system.refusal(tokens[0]);
});

scenario("a session that was ended elsewhere leads back, and keeps what was written", {}, async (visit) => {
  const user = await system.user();
  const tokens = visit.tokens();
  await visit.signIn(user);
  await visit.ask("first");
  await system.endOtherSessions(await system.logIn(user));
  await system.refusal(tokens[0]);

  visit.expects("401 /api/chat", "401 /refresh");
  await visit.write("what I was about to say");
  await visit.sees("Your session has ended.");
  await visit.looksRight("session-ended");
  assert.ok(!(await visit.page.locator("#thread").innerHTML()).includes("first"));
  await visit.fillIn(user);
  await visit.sees("Answer to: first");
  assert.equal(await visit.box.inputValue(), "what I was about to say");
  assert.deepEqual(await visit.questions.locator(".text").allInnerTexts(), ["first"]);
});

scenario("what one person wrote is not there for the next", {}, async (visit) => {
  const [ada, bob] = [await system.user(), await system.user({ name: "Bob" })];
  const tokens = visit.tokens();
  await visit.signIn(ada);
  await visit.ask("first");
  await system.endOtherSessions(await system.logIn(ada));
  await system.refusal(tokens[0]);
  visit.expects("401 /api/chat", "401 /refresh");
  await visit.write("for my eyes only");
  await visit.sees("Your session has ended.");

  // The address still names a conversation of the one before.
  const id = /#c\/(.+)/.exec(visit.page.url())[1];
  visit.expects(`404 /api/conversations/${id}`, `404 /api/conversations/${id}/messages`);
  await visit.fillIn(bob);
  await visit.sees("This conversation does not exist, or not any more.");
  assert.equal(await visit.box.inputValue(), "");
});
