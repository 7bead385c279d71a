// Asking and being answered.

import assert from "node:assert/strict";

import { model, scenario, system } from "../visit.js";

scenario("an answer is read while it is being written", {}, async (visit) => {
  await visit.signIn(await system.user());
  const asked = model.next();
  await visit.write("Tell me a story");
  const call = await asked;
  assert.equal(call.question, "Tell me a story");
  call.say("Once upon ");
  await visit.sees("Once upon");
  assert.equal(await visit.button("Stop the answer").isVisible(), true, "it is not over");
  assert.equal(await visit.page.locator("#announcer").innerText(), "", "nobody is read a part of it");
  call.say("a time.");
  await visit.sees("Once upon a time.");
  assert.equal(await visit.button("Send").isVisible(), false);
  call.end();
  await visit.button("Send").waitFor();
  assert.equal(await visit.page.locator("#announcer").innerText(), "Once upon a time.");
  await visit.entries.filter({ hasText: "Tell me a story" }).waitFor();
  // Counted by the system, not by the page.
  await visit.page.locator("#usage-text").filter({ hasText: /^30 of / }).waitFor();
});

scenario("the model is shown what was said before", {}, async (visit) => {
  await visit.signIn(await system.user());
  await visit.ask("My name is Ada");
  const asked = model.next();
  await visit.write("What is my name?");
  const call = await asked;
  const said = call.body.messages.filter(({ role }) => role !== "system").map(({ content }) => content);
  assert.deepEqual(said, ["My name is Ada", "Answer to: My name is Ada", "What is my name?"]);
  call.say("Ada").end();
  await visit.button("Send").waitFor();
});

// A Lambda function is not told that its reader is gone, so what stops the model
// is seen where the chatbot has the connection itself.
const PLAIN = { door: "Chatbot, plain HTTP" };

scenario("a stopped answer stops the model, and is kept as stopped", PLAIN, async (visit) => {
  const user = await system.user();
  await visit.signIn(user);
  for (const stop of [() => visit.button("Stop the answer").click(), () => visit.page.keyboard.press("Escape")]) {
    const asked = model.next();
    await visit.write("Count to a million");
    const call = await asked;
    call.say("One, two");
    await visit.answers.last().getByText("One, two").waitFor();
    await stop();
    await visit.answers.last().getByText("Stopped before its end").waitFor();
    await call.gone;
    assert.equal(await visit.box.evaluate((box) => box === document.activeElement), true);
  }
  await visit.page.reload();
  await visit.signIn(user);
  await visit.answers.nth(1).waitFor();
  for (const answer of await visit.answers.all()) {
    assert.equal(await answer.locator(".text").innerText(), "One, two");
    assert.equal(await answer.locator(".mark-note").innerText(), "Stopped before its end");
  }
});

scenario("who stops can go on at once, whether or not the model hears of it", {}, async (visit) => {
  await visit.signIn(await system.user());
  const asked = model.next();
  await visit.write("Count to a million");
  const call = await asked;
  call.say("One, two");
  await visit.sees("One, two");
  await visit.button("Stop the answer").click();
  await visit.sees("Stopped before its end");
  call.say(", three");
  assert.match(await visit.ask("Enough"), /Enough$/);
  assert.equal(await visit.answers.first().locator(".text").innerText(), "One, two");
  call.end();
});

scenario("who stops before the first word keeps the question, and can ask another", PLAIN, async (visit) => {
  await visit.signIn(await system.user());
  const asked = model.next();
  await visit.write("Never mind");
  const call = await asked;
  await visit.button("Stop the answer").click();
  await visit.sees("Stopped before an answer began");
  await call.gone;
  await visit.entries.getByText("Never mind", { exact: true }).waitFor();
  assert.equal(await visit.ask("Something else"), "Answer to: Something else");
  assert.deepEqual(await visit.questions.locator(".text").allInnerTexts(), ["Something else"]);
  await visit.entries.getByText("Never mind", { exact: true }).click();
  await visit.questions.getByText("Never mind").waitFor();
  await visit.sees("There was no answer");
});

scenario("an answer that was cut short by rule says so, also later", {}, async (visit) => {
  const user = await system.user();
  await visit.signIn(user);
  for (const [reason, words] of [
    ["length", "Cut off: the answer reached its longest length"],
    ["content_filter", "Held back by the content filter"],
  ]) {
    const asked = model.next();
    await visit.write(reason);
    (await asked).say("As far as this").end(reason);
    await visit.answers.last().getByText(words).waitFor();
  }
  await visit.page.reload();
  await visit.signIn(user);
  await visit.sees("Held back by the content filter");
  assert.deepEqual(await visit.answers.locator(".mark-note").allInnerTexts(), [
    "Cut off: the answer reached its longest length",
    "Held back by the content filter",
  ]);
});

scenario("Enter sends, and Shift with Enter begins a line", {}, async (visit) => {
  await visit.signIn(await system.user());
  const { keyboard } = visit.page;
  await keyboard.type("one");
  await keyboard.press("Shift+Enter");
  await keyboard.type("two");
  await keyboard.press("Enter");
  await visit.answers.getByText("two").waitFor();
  assert.equal(await visit.questions.locator(".text").innerText(), "one\ntwo");
  assert.equal(await visit.box.inputValue(), "");
  // Nothing to send.
  await keyboard.type("  ");
  await keyboard.press("Enter");
  assert.equal(await visit.questions.count(), 1);
});

scenario("what is not markup is not made markup", {}, async (visit) => {
  await visit.signIn(await system.user());
  const hostile = [
    '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>',
    '<a href="https://evil.example.com">a</a> [b](javascript:document.title="taken")',
    '[c](data:text/html,d) ![e](file:///etc/passwd) [<b>f</b>](//evil.example.com)',
  ].join("\n");
  assert.equal(await visit.ask(hostile), `Answer to: ${hostile}`);
  assert.equal(await visit.page.locator("#thread :is(img, script, a, b)").count(), 0);
  assert.notEqual(await visit.page.title(), "taken");
});

scenario("an answer has the form that it was written in", {}, async (visit) => {
  await visit.signIn(await system.user());
  const asked = model.next();
  await visit.write("Show me");
  const call = await asked;
  call.say("## Two *ways*\n\nOne **short");
  await visit.sees("One **short");
  const answer = visit.answers.locator(".text");
  await answer.locator("h4").evaluate((heading) => {
    heading.isStillThere = true;
  });
  call.say("** one, with `a_b`.\n\n1. [The docs](https://docs.example.com/x_(y))\n   - and more\n2. <b>nothing</b>").end();
  await visit.button("Send").waitFor();

  assert.equal(await answer.locator("h4 em").innerText(), "ways");
  assert.ok(await answer.locator("h4").evaluate((heading) => heading.isStillThere), "it was made anew");
  assert.equal(await answer.locator("p").innerText(), "One short one, with a_b.");
  assert.equal(await answer.locator("p strong").innerText(), "short");
  assert.equal(await answer.locator("p code").innerText(), "a_b");
  assert.deepEqual(await answer.locator("ol > li").count(), 2);
  assert.equal(await answer.locator("ol ul li").innerText(), "and more");
  assert.equal(await answer.locator("ol > li").last().innerText(), "<b>nothing</b>");
  const link = visit.page.getByRole("link", { name: "The docs" });
  assert.equal(await link.getAttribute("href"), "https://docs.example.com/x_(y)");
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  await visit.looksRight("formatted");
  // What people wrote themselves is left alone.
  await visit.ask("**mine**");
  assert.equal(await visit.questions.last().locator(".text").innerHTML(), "<p>**mine**</p>");
});

scenario("code is set apart, and copied", { permissions: ["clipboard-read", "clipboard-write"] }, async (visit) => {
  await visit.signIn(await system.user());
  const asked = model.next();
  await visit.write("Show me");
  const call = await asked;
  // The fence is cut in the middle, as models do.
  for (const piece of ["Here:\n\n``", "`rust\nfn ma", "in() {}\n``", "`\n\nThat is all."]) call.say(piece);
  call.end();
  await visit.sees("That is all.");
  assert.equal(await visit.page.locator("pre code").innerText(), "fn main() {}");
  const copied = () => visit.page.evaluate(() => navigator.clipboard.readText());
  await visit.button("Copy code").click();
  await visit.sees("Copied");
  assert.equal(await copied(), "fn main() {}");
  await visit.button("Copy").last().click();
  await visit.page.getByText("Copied").nth(1).waitFor();
  assert.equal(await copied(), "Here:\n\n```rust\nfn main() {}\n```\n\nThat is all.");
});

scenario("an answer goes on while another conversation is looked at", {}, async (visit) => {
  await visit.signIn(await system.user());
  await visit.ask("the other one");
  await visit.button("New chat").click();
  const asked = model.next();
  await visit.write("a long one");
  const call = await asked;
  call.say("Part one");
  await visit.sees("Part one");
  await visit.entries.filter({ hasText: "the other one" }).click();
  await visit.sees("Answer to: the other one");
  assert.equal(await visit.button("Send").isVisible(), true);
  call.say(", part two");
  await visit.entries.filter({ hasText: "a long one" }).click();
  await visit.sees("Part one, part two");
  assert.equal(await visit.button("Stop the answer").isVisible(), true);
  call.end();
  await visit.button("Send").waitFor();
});
