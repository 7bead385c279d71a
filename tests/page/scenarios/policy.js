// What the browser is told not to do, and that the page lives with it.

import assert from "node:assert/strict";

import { scenario, system } from "../visit.js";

scenario("the page runs what it came with, and nothing else", {}, async (visit) => {
  const answer = await fetch(system.page);
  const policy = answer.headers.get("content-security-policy");
  const parts = new Map(policy.split(";").map((part) => [part.trim().split(/ +/)[0], part.trim().split(/ +/).slice(1)]));
  assert.deepEqual(parts.get("default-src"), ["'none'"]);
  assert.match(parts.get("script-src").join(" "), /^'sha256-[^' ]+'$/);
  assert.match(parts.get("style-src").join(" "), /^'sha256-[^' ]+'$/);
  assert.deepEqual(parts.get("connect-src"), ["'self'", new URL(system.issuer).origin]);
  assert.deepEqual(parts.get("frame-ancestors"), ["'none'"]);
  assert.deepEqual(parts.get("require-trusted-types-for"), ["'script'"]);

  await visit.open();
  const made = await visit.page.evaluate(() => {
    try {
      document.body.innerHTML = "<img src=x>";
      return "markup from text";
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(made, "TypeError");
  visit.forgives(/policy: require-trusted-types-for|TrustedHTML/);
});

scenario("the page works below a stage, with and without a slash", {}, async (visit) => {
  const user = await system.user();
  const { origin } = new URL(system.page);
  const paths = [];
  // A gateway that takes the stage off.
  await visit.page.route((url) => url.origin === origin && /^\/prod(\/|$)/.test(url.pathname), async (route) => {
    const url = new URL(route.request().url());
    paths.push(url.pathname);
    await route.continue({ url: origin + (url.pathname.replace(/^\/prod/, "") || "/") + url.search });
  });
  for (const path of ["/prod", "/prod/"]) {
    await visit.open(path);
    await visit.signIn(user);
    assert.equal(await visit.ask(`below ${path}`), `Answer to: below ${path}`);
  }
  assert.ok(paths.filter((path) => path === "/prod/api/chat").length === 2, paths.join(" "));
});
