// The functions of the page that need no document, run as they are.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const PAGE = new URL("../../functions/chatbot/src/page/", import.meta.url);

// Returns what `names` are at the end of some of the page's scripts: they share
// one scope there, and import nothing.
function pieces(files, names) {
  const script = files.map((file) => readFileSync(new URL(file, PAGE), "utf8")).join("\n");
  return new Function(`"use strict";\n${script}\nreturn {${names.join(", ")}};`)();
}

const { basePath, conversationIn, hashOf } = pieces(["address.js"], ["basePath", "conversationIn", "hashOf"]);
const { EventStream } = pieces(["event_stream.js"], ["EventStream"]);
const { segments } = pieces(["segments.js"], ["segments"]);
const { blocks, inlines } = pieces(["blocks.js", "inlines.js"], ["blocks", "inlines"]);
const { Problem, retryAfter, waitWords } = pieces(["problem.js"], ["Problem", "retryAfter", "waitWords"]);

test("the API is below wherever the page is", () => {
  for (const [path, base] of [
    ["/", ""],
    ["", ""],
    ["/prod", "/prod"],
    ["/prod/", "/prod"],
    ["/a/b/", "/a/b"],
    ["/prod//", "/prod"],
  ]) {
    assert.equal(basePath(path), base, path);
  }
});

test("an address names a conversation, or none", () => {
  for (const id of ["0192-ab", "a/b#c", "ü %"]) assert.equal(conversationIn(hashOf(id)), id);
  assert.equal(hashOf(null), "");
  for (const hash of ["", "#", "#message", "#c/", "#c/%E0%A4%A"]) assert.equal(conversationIn(hash), null, hash);
});

const STREAM = [
  ": ping\n\n",
  'event: start\r\ndata: {"a":1}\r\n\r\n',
  "event: delta\ndata: one\ndata: two\n\n",
  "data:no space\rid: 7\rretry: 1\r\r",
  "event: nothing\n\n",
  "data\n\n",
  "event: delta\ndata: grüße 🗝\n\n",
  "event: done\ndata: {}\n\n",
].join("");
const EVENTS = [
  { event: "start", data: '{"a":1}' },
  { event: "delta", data: "one\ntwo" },
  { event: "message", data: "no space" },
  { event: "message", data: "" },
  { event: "delta", data: "grüße 🗝" },
  { event: "done", data: "{}" },
];

test("events are read in one piece", () => {
  assert.deepEqual(new EventStream().feed(STREAM), EVENTS);
});

test("events are the same wherever the stream is cut", () => {
  for (let size = 1; size < 12; size += 1) {
    const stream = new EventStream();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...stream.feed(STREAM.slice(at, at + size)));
    assert.deepEqual(found, EVENTS, `pieces of ${size}`);
  }
});

test("an event is told as soon as it is whole, and not before", () => {
  const stream = new EventStream();
  assert.deepEqual(stream.feed("event: delta\ndata: a"), []);
  assert.deepEqual(stream.feed("b\n"), []);
  assert.deepEqual(stream.feed("\n"), [{ event: "delta", data: "ab" }]);
});

// Text as a string, code as [language, text].
function brief(text) {
  return segments(text).map(({ isCode, text: piece, language }) => (isCode ? [language, piece] : piece));
}

test("code is what stands between fences", () => {
  const cases = [
    ["", []],
    ["\n \n", []],
    ["just text\n\nmore", ["just text\n\nmore"]],
    ["a\n\n```rust\nfn main() {}\n\n```\n\nb\n", ["a", ["rust", "fn main() {}\n"], "b"]],
    ["```\nx\n```", [["", "x"]]],
    ["   ```sh extra\nx\n   ```  \ny", [["sh", "x"], "y"]],
    ["    ```\nindented by four", ["    ```\nindented by four"]],
    ["~~~\n```\n~~~", [["", "```"]]],
    ["````\n```\n````", [["", "```"]]],
    ["```\na\n````", [["", "a"]]],
    ["```\na\n``` b\n```", [["", "a\n``` b"]]],
    ["```not a fence``` here", ["```not a fence``` here"]],
    ["still being written\n```py\nprint(", ["still being written", ["py", "print("]]],
    ["<b>no markup</b> & *none*", ["<b>no markup</b> & *none*"]],
    ["  the indent of a first line", ["  the indent of a first line"]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(brief(text), expected, JSON.stringify(text));
});

// Text as a string, and what has a kind as [kind, ...what is in it].
function briefInlines(text) {
  const one = ({ kind, text: said, href, children }) => {
    if (kind === "text") return said;
    return kind === "code" ? [kind, said] : [kind, ...(href ? [href] : []), ...joined(children)];
  };
  const joined = (nodes) =>
    nodes.map(one).reduce((all, next) => {
      if (typeof next === "string" && typeof all.at(-1) === "string") all.push(all.pop() + next);
      else all.push(next);
      return all;
    }, []);
  return joined(inlines(text));
}

test("emphasis, code and links are found in a text", () => {
  const cases = [
    ["", []],
    ["a **b** c", ["a ", ["strong", "b"], " c"]],
    ["*a **b** c*", [["em", "a ", ["strong", "b"], " c"]]],
    ["***a***", [["em", ["strong", "a"]]]],
    ["_a_ and __b__", [["em", "a"], " and ", ["strong", "b"]]],
    ["2 * 3 * 4, snake_case_name", ["2 * 3 * 4, snake_case_name"]],
    ["**still being written", ["**still being written"]],
    ["**a*", ["*", ["em", "a"]]],
    ["`*a*` and ``b ` c``, ` d", [["code", "*a*"], " and ", ["code", "b ` c"], ", ` d"]],
    [String.raw`\*a\* \d`, [String.raw`*a* \d`]],
    ["[*a*](https://b.c/d_(e))", [["a", "https://b.c/d_(e)", ["em", "a"]]]],
    ['[a](http://b.c "a title")', [["a", "http://b.c/", "a"]]],
    ["[a [b](https://c.d) e](https://f.g)", ["[a ", ["a", "https://c.d/", "b"], " e](https://f.g)"]],
    ["[<b>](https://a.b)", [["a", "https://a.b/", "<b>"]]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(briefInlines(text), expected, text);
});

test("a link leads to the web, or is none", () => {
  for (const address of [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "//a.b",
    "/a",
    "#a",
    "http://",
    "https://a b",
    "mailto:a@b.c",
    "otpauth://totp/x",
  ]) {
    assert.deepEqual(briefInlines(`[a](${address})`), [`[a](${address})`], address);
  }
});

// Text as a string, a list as [tag, ...items], an item with lists as an array.
function briefBlocks(text) {
  const list = ({ tag, start, items }) => [start === null || start === 1 ? tag : `${tag} ${start}`, ...items.map(item)];
  const item = (one) => (one.lists.length === 0 ? one.text : [one.text, ...one.lists.map(list)]);
  return blocks(text).map((block) => (block.items ? list(block) : [block.tag, block.text]));
}

test("prose is paragraphs, headings and lists", () => {
  const cases = [
    ["a\nb\n\nc", [["p", "a\nb"], ["p", "c"]]],
    ["# A\n###### B ##\ntext\n#no", [["h3", "A"], ["h6", "B"], ["p", "text\n#no"]]],
    ["- a\n* b\n\n- c\n  more\nlazy", [["ul", "a", "b", "c\nmore\nlazy"]]],
    ["1. a\n2. b\n\nend", [["ol", "a", "b"], ["p", "end"]]],
    ["3) c\n- d", [["ol 3", "c"], ["ul", "d"]]],
    ["- a\n  1. b\n     - c\n  2. d\n- e", [["ul", ["a", ["ol", ["b", ["ul", "c"]], "d"]], "e"]]],
    ["It was in\n2026. A year", [["p", "It was in\n2026. A year"]]],
    ["Two:\n- a", [["p", "Two:"], ["ul", "a"]]],
    ["-\n--\n-a", [["p", "-\n--\n-a"]]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(briefBlocks(text), expected, JSON.stringify(text));
});

// Only what grows faster than the text does meets this: it takes minutes.
const PATIENCE_MS = 20_000;

test("no text takes long, or nests without end", () => {
  const many = 20_000;
  const depth = (nodes) => Math.max(0, ...nodes.slice(0, 100).map((node) => 1 + depth(node.children ?? [])));
  for (const text of [
    "*a ".repeat(many),
    `${"*_".repeat(many)}x${"_*".repeat(many)}`,
    `${"[".repeat(many)}${"](https://a.b)".repeat(many)}`,
    `[a](${"()".repeat(many)}`,
    `${"[a](x ".repeat(many)}`,
    Array.from({ length: 200 }, (_, length) => "`".repeat(length + 1)).join(" "),
    `${" ".repeat(many)}x${" ".repeat(many)}y`,
    "- a\n".repeat(many),
    Array.from({ length: 1000 }, (_, indent) => `${" ".repeat(indent)}- a`).join("\n"),
    `# ${"# ".repeat(many)}x`,
  ]) {
    const begun = performance.now();
    for (const { text: piece } of segments(text)) blocks(piece);
    assert.ok(depth(inlines(text)) <= 7, text.slice(0, 40));
    assert.ok(performance.now() - begun < PATIENCE_MS, text.slice(0, 40));
  }
  const lists = (list) => 1 + Math.max(0, ...list.items.flatMap((item) => item.lists).map(lists));
  const nested = Array.from({ length: 50 }, (_, indent) => `${"  ".repeat(indent)}- a`).join("\n");
  assert.ok(lists(blocks(nested)[0]) <= 6);
});

test("a wait is in seconds, whichever way it is written", () => {
  const now = Date.UTC(2026, 10, 22, 12, 0, 0);
  assert.equal(retryAfter(null, now), null);
  assert.equal(retryAfter("12", now), 12);
  assert.equal(retryAfter(" 0 ", now), 0);
  assert.equal(retryAfter("Sun, 22 Nov 2026 12:00:30 GMT", now), 30);
  assert.equal(retryAfter("Sun, 22 Nov 2026 11:00:00 GMT", now), 0);
  assert.equal(retryAfter("soon", now), null);
  assert.equal(waitWords(1, now), "in 1 second");
  assert.equal(waitWords(90, now), "in 90 seconds");
  assert.match(waitWords(91, now), /^at \d/);
});

test("a problem is told in plain words, whoever answers", () => {
  const ours = { type: "urn:latchkey:problem:model-busy", title: "a title", status: 429, detail: "more" };
  const busy = Problem.read(429, ours, 7);
  assert.deepEqual([busy.kind, busy.message, busy.detail, busy.retryAfterSecs], ["model-busy", "The model is busy", "more", 7]);
  // One that this page does not know yet.
  const other = Problem.read(400, { type: "urn:latchkey:problem:brand-new", title: "Something new", status: 400 });
  assert.deepEqual([other.kind, other.message], ["brand-new", "Something new"]);
  // A gateway's own answer, and no answer that could be read at all.
  assert.equal(Problem.read(429, { message: "Too Many Requests" }).kind, "too-many-requests");
  assert.equal(Problem.read(504, { message: "Endpoint request timed out" }).kind, "model-timeout");
  assert.equal(Problem.read(500, null).kind, "internal");
  assert.equal(Problem.read(502, "text").kind, "internal");
});

test("every script of the folder is in the page", () => {
  const module = readFileSync(new URL("mod.rs", PAGE), "utf8");
  for (const file of readdirSync(PAGE).filter((name) => name.endsWith(".js"))) {
    assert.ok(module.includes(`include_str!("${file}")`), `mod.rs leaves ${file} out`);
  }
});
