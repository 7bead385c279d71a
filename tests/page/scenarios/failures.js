// What people see and can do when something goes wrong.

import assert from "node:assert/strict";

import { model, scenario, system } from "../visit.js";

function problem(kind, status, detail = "", headers = {}) {
  const body = { type: `urn:latchkey:problem:${kind}`, title: "for programs", status, detail };
  return { status, headers, contentType: "application/problem+json", body: JSON.stringify(body) };
}

scenario("a message whose answer was lost is not asked twice", {}, async (visit) => {
  const user = await system.user();
  await visit.signIn(user);
  const keys = [];
  visit.page.on("request", (request) => {
    if (request.url().endsWith("/api/chat")) keys.push(request.headers()["idempotency-key"]);
  });
  let questions = 0;
  // It arrives and is answered, and the answer is lost on its way.
  await visit.once("**/api/chat", async (route) => {
    await route.fetch();
    questions += 1;
    await route.abort("connectionreset");
  });
  await visit.write("only once");
  await visit.sees("The chat cannot be reached.");
  assert.equal(questions, 1);
  await visit.button("Try again").click();
  await visit.sees("Answer to: only once");
  await visit.button("Try again").waitFor({ state: "hidden" });
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.match(keys[0], /^[0-9a-f]{32}$/);
  assert.equal(await visit.ask("another"), "Answer to: another");
  assert.notEqual(keys[2], keys[1]);

  await visit.page.reload();
  await visit.signIn(user);
  await visit.sees("Answer to: another");
  assert.deepEqual(await visit.questions.locator(".text").allInnerTexts(), ["only once", "another"]);
  await visit.entries.first().waitFor();
  assert.equal(await visit.entries.count(), 1);
  assert.deepEqual(model.questions.filter((question) => question === "only once"), ["only once"]);
});

scenario("a model that breaks down is told, and what it said is kept", {}, async (visit) => {
  const user = await system.user();
  await visit.signIn(user);
  const asked = model.next();
  await visit.write("Go on");
  const call = await asked;
  call.say("Half of a");
  await visit.sees("Half of a");
  call.break();
  await visit.page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
  await visit.button("Try again").waitFor();
  await visit.page.reload();
  await visit.signIn(user);
  await visit.sees("Half of a");
  assert.deepEqual(await visit.questions.locator(".text").allInnerTexts(), ["Go on"]);
  assert.notEqual(await visit.answers.locator(".mark-note").innerText(), "");
});

scenario("who is too fast is told how long to wait, and can then go on", {}, async (visit) => {
  await visit.page.clock.install();
  await visit.signIn(await system.user());
  await visit.page.clock.pauseAt(Date.now() + 60_000);
  visit.expects("429 /api/chat");
  await visit.once("**/api/chat", problem("too-many-requests", 429, "20 in a minute are allowed.", { "Retry-After": "12" }));
  await visit.write("quick");
  await visit.sees("You are asking faster than is allowed.");
  await visit.sees("You can try again in 12 seconds.");
  const retry = visit.page.getByRole("button", { name: /^Try again/ });
  await retry.filter({ hasText: "in 12 s" }).waitFor();
  assert.equal(await retry.isDisabled(), true);
  await visit.page.clock.runFor(5000);
  await retry.filter({ hasText: "in 7 s" }).waitFor();
  await visit.page.clock.runFor(7000);
  await visit.button("Try again").click();
  await visit.page.clock.resume();
  await visit.sees("Answer to: quick");
});

scenario("a budget without enough left says when it is there again", {}, async (visit) => {
  await visit.signIn(await system.user());
  visit.expects("429 /api/chat");
  await visit.once("**/api/chat", problem("budget-exhausted", 429, "", { "Retry-After": "7200" }));
  await visit.write("more");
  await visit.sees("Not enough is left of today's tokens for this.");
  await visit.sees(/You can try again at \d\d:\d\d/);
  assert.equal(await visit.button("Try again").isDisabled(), true);
});

scenario("what would fail again is not offered again", {}, async (visit) => {
  await visit.signIn(await system.user());
  visit.expects("413 /api/chat");
  await visit.once("**/api/chat", problem("too-large", 413));
  await visit.write("a very long message");
  await visit.sees("The message is too long.");
  assert.equal(await visit.button("Try again").isVisible(), false);
  assert.equal(await visit.ask("a short one"), "Answer to: a short one");
});

scenario("a gateway that answers for the chat is understood too", {}, async (visit) => {
  await visit.signIn(await system.user());
  visit.expects("504 /api/chat", "502 /api/chat");
  await visit.once("**/api/chat", { status: 504, contentType: "application/json", body: '{"message":"Endpoint request timed out"}' });
  await visit.write("slow");
  await visit.sees("The answer took too long.");
  await visit.once("**/api/chat", { status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" });
  await visit.button("Try again").click();
  await visit.sees("The chat is not available just now.");
  await visit.button("Try again").click();
  await visit.sees("Answer to: slow");
});

scenario("a list that could not be read is offered again", {}, async (visit) => {
  const user = await system.user();
  await visit.once("**/api/conversations", problem("unavailable", 503));
  visit.expects("503 /api/conversations");
  await visit.signIn(user);
  await visit.sees("The list could not be read.");
  await visit.button("Try again").click();
  await visit.sees("Nothing here yet.");
});
