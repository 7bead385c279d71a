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
