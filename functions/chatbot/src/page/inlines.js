// The text of a block as plain text, code, emphasis and links.
//
// One pass, whatever the text: what closes looks at the last of what is open, and
// at nothing else. What has no meaning stays as it was written.

const SPECIAL = /[\\`*_[\]]/g;
const TARGET = /\(\s{0,9}((?:[^\s()<>]|\([^\s()<>]{0,999}\)){1,1999})(?:\s{1,9}"[^"]{0,999}")?\s{0,9}\)/y;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}]/u;

// What nests deeper is shown as it was written.
const DEEPEST = 6;

// Returns `{kind: "text" | "code", text}` and `{kind: "strong" | "em" | "a",
// children}` in order, a link with its `href`.
function inlines(text) {
  return new InlineReader(text).read();
}

class InlineReader {
  #text;
  #at = 0;
  #nodes = [];
  // What is open, each by the place of its node, which holds its marks as text.
  #open = { "*": [], _: [], "[": [] };
  #ticks = null;

  constructor(text) {
    this.#text = text;
  }

  read() {
    while (this.#at < this.#text.length) {
      SPECIAL.lastIndex = this.#at;
      const next = SPECIAL.exec(this.#text)?.index ?? this.#text.length;
      this.#write(this.#text.slice(this.#at, next));
      this.#at = next;
      if (next < this.#text.length) this.#mark(this.#text[next]);
    }
    return this.#nodes;
  }

  #mark(mark) {
    if (mark === "\\") this.#escape();
    else if (mark === "`") this.#code();
    else if (mark === "[") this.#begin(mark, mark);
    else if (mark === "]") this.#link();
    else this.#emphasis(mark);
  }

  #write(text) {
    if (text !== "") this.#nodes.push({ kind: "text", text });
  }

  #begin(mark, text) {
    this.#open[mark].push(this.#nodes.length);
    this.#write(text);
    this.#at += text.length;
  }

  #escape() {
    const next = this.#text[this.#at + 1] ?? "";
    const isEscaped = PUNCTUATION.test(next);
    this.#write(isEscaped ? next : "\\");
    this.#at += isEscaped ? 2 : 1;
  }

  #code() {
    const length = this.#run("`");
    const begin = this.#at + length;
    this.#ticks ??= ticks(this.#text);
    const places = this.#ticks.get(length);
    while (places.at(-1) < begin) places.pop();
    if (places.length === 0) {
      this.#write("`".repeat(length));
      this.#at = begin;
      return;
    }
    const end = places.at(-1);
    const text = this.#text.slice(begin, end).replaceAll("\n", " ");
    const isPadded = text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "";
    this.#nodes.push({ kind: "code", text: isPadded ? text.slice(1, -1) : text });
    this.#at = end + length;
  }

  #emphasis(mark) {
    const length = this.#run(mark);
    const before = this.#text[this.#at - 1] ?? " ";
    const after = this.#text[this.#at + length] ?? " ";
    // snake_case is a word, and 2 * 3 a sum.
    const isWhole = (beside) => mark === "*" || !WORD.test(beside);
    const left = /\S/.test(before) && isWhole(after) ? this.#close(mark, length) : length;
    this.#at += length - left;
    if (left > 0 && /\S/.test(after) && isWhole(before)) {
      this.#begin(mark, mark.repeat(left));
    } else {
      this.#write(mark.repeat(left));
      this.#at += left;
    }
  }

  // Returns how many of the marks have closed nothing.
  #close(mark, length) {
    let left = length;
    while (left > 0 && this.#open[mark].length > 0) {
      const opener = this.#open[mark].at(-1);
      const marks = this.#nodes[opener];
      const used = Math.min(left, marks.text.length, 2);
      if (!this.#wrap(opener, { kind: used === 2 ? "strong" : "em" })) break;
      marks.text = marks.text.slice(used);
      left -= used;
      if (marks.text !== "") continue;
      this.#nodes.splice(opener, 1);
      this.#open[mark].pop();
    }
    return left;
  }

  #link() {
    const opener = this.#open["["].pop();
    TARGET.lastIndex = this.#at + 1;
    const target = opener === undefined ? null : TARGET.exec(this.#text);
    const href = target && webAddress(target[1]);
    if (!href || opener === this.#nodes.length - 1 || !this.#wrap(opener, { kind: "a", href })) {
      this.#write("]");
      this.#at += 1;
      return;
    }
    this.#nodes.splice(opener, 1);
    // There are no links in links.
    this.#open["["] = [];
    this.#at = TARGET.lastIndex;
  }

  // Makes one node of those behind `opener`, unless that would be too deep.
  #wrap(opener, node) {
    let depth = 1;
    for (let at = opener + 1; at < this.#nodes.length; at += 1) {
      depth = Math.max(depth, 1 + (this.#nodes[at].depth ?? 0));
    }
    if (depth > DEEPEST) {
      this.#open = { "*": [], _: [], "[": [] };
      return false;
    }
    this.#nodes.push({ ...node, depth, children: this.#nodes.splice(opener + 1) });
    // What began within it ends with it.
    for (const open of Object.values(this.#open)) {
      while (open.at(-1) > opener) open.pop();
    }
    return true;
  }

  #run(mark) {
    let end = this.#at;
    while (this.#text[end] === mark) end += 1;
    return end - this.#at;
  }
}

// Where there are how many backticks in a row: places by length, the last first.
function ticks(text) {
  const places = new Map();
  for (const { 0: run, index } of [...text.matchAll(/`+/g)].reverse()) {
    if (!places.has(run.length)) places.set(run.length, []);
    places.get(run.length).push(index);
  }
  return places;
}

// An address that leads to the web and nowhere else: no script, no file.
function webAddress(text) {
  if (!/^https?:\/\//i.test(text)) return null;
  try {
    return new URL(text).href;
  } catch {
    return null;
  }
}
