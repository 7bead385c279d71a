// What the page looks like: pictures where they are wanted, and axe on each.

import assert from "node:assert/strict";

import { model, scenario, system } from "../visit.js";

const STORY = [
  "A key ring holds every key that may sign, each with the moment from which it does.",
  "",
  "```rust",
  "let ring = KeyRing::parse(&secret)?;",
  "let principal = verifier.verify(token, &ring, now)?;",
  "```",
  "",
  "A verifier knows a key before anybody signs with it, so a rotation refuses no valid token.",
].join("\n");

const SCREENS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

for (const [name, options] of Object.entries(SCREENS)) {
  scenario(`nothing stands in anybody's way: ${name}`, { ...options, reducedMotion: "reduce" }, async (visit) => {
    const user = await system.user({ name: "Ada Lovelace" });
    const isPhone = name === "phone";
    const token = await system.logIn(user);
    for (const message of ["Plan a quiet Thursday", "A haiku about rain", "How long does a token live?"]) {
      await system.api("POST", "/chat", token, { message });
    }

    await visit.open();
    await visit.looksRight(`${name}-sign-in`);
    visit.expects("401 /login");
    await visit.fillIn({ ...user, password: "not this one" });
    await visit.sees("The username or the password is wrong.");
    await visit.looksRight(`${name}-wrong-password`);
    await visit.signIn(user);
    await visit.entries.nth(2).waitFor({ state: "attached" });
    await visit.looksRight(`${name}-new-chat`);

    const asked = model.next();
    await visit.write("How does the key ring make a rotation safe?");
    const call = await asked;
    call.say(STORY.slice(0, 60));
    await visit.sees(STORY.slice(0, 60));
    await visit.looksRight(`${name}-writing`);
    call.say(STORY.slice(60)).end();
    await visit.sees("refuses no valid token");
    await visit.button("Send").waitFor();
    await visit.looksRight(`${name}-chat`);

    visit.expects("503 /api/chat");
    const body = JSON.stringify({ type: "urn:latchkey:problem:unavailable", title: "", status: 503 });
    await visit.once("**/api/chat", { status: 503, body });
    await visit.write("And in an emergency?");
    await visit.button("Try again").waitFor();
    await visit.looksRight(`${name}-failed`);

    if (isPhone) {
      assert.equal(await visit.entries.first().isVisible(), false);
      await visit.button("Open the list").click();
      await visit.entries.first().waitFor();
      await visit.looksRight(`${name}-list`);
      await visit.page.keyboard.press("Escape");
      await visit.entries.first().waitFor({ state: "hidden" });
      assert.equal(await visit.button("Open the list").evaluate((button) => button === document.activeElement), true);
    }
    await visit.button("Rename this conversation").click();
    await visit.looksRight(`${name}-rename`);
    await visit.button("Cancel").click();
    await visit.button("Delete this conversation").click();
    await visit.looksRight(`${name}-delete`);
    await visit.button("Keep it").click();
  });
}

scenario("on a phone nothing is too small for a finger, or wider than the screen", SCREENS.phone, async (visit) => {
  await visit.signIn(await system.user());
  const asked = model.next();
  await visit.write("Show me");
  (await asked).say(`${STORY}\n\n${"a-word-without-end".repeat(20)}`).end();
  await visit.button("Send").waitFor();
  const small = async () =>
    visit.page.evaluate(() =>
      [...document.querySelectorAll("button, a[href], input, textarea, .theme label")]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(".skip, .theme input"))
        .map((element) => ({ name: element.ariaLabel ?? element.textContent.trim(), box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.height < 44 || box.width < 44)
        .map(({ name, box }) => `${name}: ${box.width} x ${box.height}`),
    );
  assert.deepEqual(await small(), []);
  const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `${width} pixels`);
  await visit.button("Open the list").click();
  await visit.button("Sign out").waitFor();
  assert.deepEqual(await small(), []);
  // What is behind the list cannot be reached.
  await visit.entries.first().click();
  await visit.entries.first().waitFor({ state: "hidden" });
});

scenario("the theme is chosen, and remembered over a reload", { colorScheme: "light" }, async (visit) => {
  await visit.open();
  const paper = () => visit.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await visit.page.getByRole("radio", { name: "Dark" }).check({ force: true });
  const dark = await paper();
  assert.notEqual(dark, light);
  await visit.page.reload();
  assert.equal(await paper(), dark);
  assert.equal(await visit.page.evaluate(() => localStorage.getItem("latchkey-theme")), "dark");
  await visit.page.getByRole("radio", { name: "As the system" }).check({ force: true });
  assert.equal(await paper(), light);
  assert.equal(await visit.page.evaluate(() => localStorage.length), 0);
});

scenario("all of it works without a mouse", {}, async (visit) => {
  const user = await system.user();
  const { keyboard } = visit.page;
  const focused = () => visit.page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent.trim());
  await visit.open();
  await keyboard.type(user.username);
  await keyboard.press("Tab");
  await keyboard.type(user.password);
  await keyboard.press("Enter");
  await visit.sees(`Hello ${user.name}`);
  await keyboard.type("From the keyboard");
  await keyboard.press("Enter");
  await visit.sees("Answer to: From the keyboard");
  await visit.entries.first().waitFor();
  await visit.page.locator("#skip").focus();
  assert.equal(await focused(), "Skip to the message box");
  await keyboard.press("Enter");
  assert.equal(await visit.box.evaluate((box) => box === document.activeElement), true);
  await visit.button("Delete this conversation").focus();
  await keyboard.press("Enter");
  assert.equal(await focused(), "Keep it");
  await keyboard.press("Escape");
  assert.equal(await focused(), "Delete this conversation", "the focus goes back to where it was");
});
