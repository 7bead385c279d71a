// Conversations: kept, found again, renamed, deleted.

import assert from "node:assert/strict";

import { scenario, system } from "../visit.js";

scenario("what was said is there after a reload and a new sign-in", {}, async (visit) => {
  const user = await system.user();
  await visit.signIn(user);
  await visit.ask("The first question");
  await visit.ask("The second question");
  await visit.page.reload();
  await visit.page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await visit.page.getByText("question").count(), 0);
  await visit.signIn(user);
  await visit.sees("Answer to: The second question");
  assert.deepEqual(await visit.page.locator(".message .text").allInnerTexts(), [
    "The first question",
    "Answer to: The first question",
    "The second question",
    "Answer to: The second question",
  ]);
  assert.equal(await visit.page.getByRole("heading", { level: 1 }).innerText(), "The first question");
});

scenario("a conversation is renamed", {}, async (visit) => {
  const user = await system.user();
  await visit.signIn(user);
  await visit.ask("Some question");
  await visit.entries.first().waitFor();
  await visit.button("Rename this conversation").click();
  const title = visit.page.getByRole("textbox", { name: "Title" });
  assert.equal(await title.inputValue(), "Some question");
  await visit.page.keyboard.press("Escape");
  await title.waitFor({ state: "hidden" });
  await visit.button("Rename this conversation").click();
  await title.fill("A better <title>");
  await visit.button("Rename").click();
  await visit.page.getByRole("heading", { level: 1, name: "A better <title>" }).waitFor();
  assert.equal(await visit.entries.locator(".title").innerText(), "A better <title>");
  await visit.page.reload();
  await visit.signIn(user);
  await visit.page.getByRole("heading", { level: 1, name: "A better <title>" }).waitFor();
});

scenario("a conversation is deleted, but not by accident", {}, async (visit) => {
  const user = await system.user();
  const tokens = visit.tokens();
  await visit.signIn(user);
  await visit.ask("Keep me");
  await visit.button("New chat").click();
  await visit.ask("Delete me");
  await visit.entries.nth(1).waitFor();
  const id = /#c\/(.+)/.exec(visit.page.url())[1];
  await visit.button("Delete this conversation").click();
  await visit.sees("“Delete me” and all its messages will be gone for good.");
  // What Enter does by itself must do no harm.
  await visit.page.keyboard.press("Enter");
  await visit.page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.equal(await visit.entries.count(), 2);
  await visit.button("Delete this conversation").click();
  await visit.button("Delete").click();
  await visit.sees(`Hello ${user.name}`);
  assert.deepEqual(await visit.entries.locator(".title").allInnerTexts(), ["Keep me"]);
  assert.equal((await system.api("GET", `/conversations/${id}`, tokens[0])).status, 404);
  await visit.entries.first().click();
  await visit.sees("Answer to: Keep me");
});

scenario("the browser's own way back leads through conversations", {}, async (visit) => {
  await visit.signIn(await system.user());
  await visit.ask("One");
  await visit.button("New chat").click();
  await visit.ask("Two");
  await visit.entries.filter({ hasText: "One" }).click();
  await visit.sees("Answer to: One");
  await visit.page.goBack();
  await visit.sees("Answer to: Two");
  assert.equal(await visit.page.locator("[aria-current=page] .title").innerText(), "Two");
});

scenario("long lists come in pages", {}, async (visit) => {
  const user = await system.user();
  const token = await system.logIn(user);
  const made = await Promise.all(
    Array.from({ length: 23 }, (_, at) => system.api("POST", "/chat", token, { message: `Question ${at}` })),
  );
  const { conversation_id } = await made[0].json();
  for (let at = 0; at < 30; at += 1) {
    await system.api("POST", "/chat", token, { message: `Line ${at}`, conversation_id });
  }
  await visit.signIn(user);
  await visit.entries.nth(19).waitFor();
  assert.equal(await visit.entries.count(), 20);
  await visit.button("Show more").click();
  await visit.entries.nth(22).waitFor();
  assert.equal(await visit.entries.count(), 23);
  assert.equal(await visit.button("Show more").isVisible(), false);

  await visit.entries.getByText("Question 0", { exact: true }).click();
  await visit.sees("Answer to: Line 29");
  const first = await visit.questions.first().innerText();
  await visit.button("Show earlier messages").click();
  await visit.questions.getByText("Question 0", { exact: true }).waitFor();
  assert.equal(await visit.questions.count(), 31);
  assert.equal(await visit.button("Show earlier messages").isVisible(), false);
  // Whoever read goes on where they were.
  assert.equal(await visit.questions.filter({ hasText: first.split("\n")[0] }).first().isVisible(), true);
});
