// The prose of an answer as paragraphs, headings and lists.

const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(\S.*)$/;

// Deeper ones go on at the depth of these.
const DEEPEST_LIST = 6;

// Returns `{tag, text}` in order, and for a list `items` and where it `start`s.
// Each item has a text and lists of its own. `text` is the source of all of it:
// where that is the same, so is the block.
function blocks(text) {
  const reader = new BlockReader();
  for (const line of text.split("\n")) reader.read(line);
  return reader.end();
}

class BlockReader {
  #found = [];
  #lines = [];
  // The list that is being read and those within it, with their indents.
  #levels = [];
  #isAfterBlank = false;

  read(line) {
    if (line.trim() === "") {
      if (this.#levels.length === 0) this.#close();
      this.#isAfterBlank = true;
      return;
    }
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (heading !== null) {
      this.#close();
      // Below the title of the page and the author of the message.
      const tag = `h${Math.min(heading[1].length + 2, 6)}`;
      this.#found.push({ tag, text: withoutEnd(heading[2]) });
    } else if (item !== null && this.#begins(item[2])) {
      this.#item(line, item);
    } else if (this.#levels.length > 0 && (!this.#isAfterBlank || line.startsWith("  "))) {
      this.#lines.push(line);
      this.#levels.at(-1).list.items.at(-1).text += `\n${line.trim()}`;
    } else {
      if (this.#levels.length > 0) this.#close();
      this.#lines.push(line);
    }
    this.#isAfterBlank = false;
  }

  end() {
    this.#close();
    return this.#found;
  }

  // A year at the beginning of a line is no list.
  #begins(marker) {
    const isInParagraph = this.#levels.length === 0 && this.#lines.length > 0;
    return !isInParagraph || !/^\d/.test(marker) || parseInt(marker, 10) === 1;
  }

  #item(line, [, space, marker, text]) {
    const indent = space.replaceAll("\t", "    ").length;
    const start = /^\d/.test(marker) ? parseInt(marker, 10) : null;
    const tag = start === null ? "ul" : "ol";
    while (this.#levels.length > 1 && indent < this.#levels.at(-1).indent) this.#levels.pop();

    const level = this.#levels.at(-1);
    if (level && indent >= level.indent + 2 && this.#levels.length < DEEPEST_LIST) {
      this.#nest(indent, { tag, start, items: [] });
    } else if (level?.list.tag !== tag && this.#levels.length > 1) {
      this.#levels.pop();
      this.#nest(indent, { tag, start, items: [] });
    } else if (level?.list.tag !== tag) {
      this.#close();
      this.#levels = [{ indent, list: { tag, start, items: [] } }];
    }
    this.#levels.at(-1).list.items.push({ text, lists: [] });
    this.#lines.push(line);
  }

  #nest(indent, list) {
    this.#levels.at(-1).list.items.at(-1).lists.push(list);
    this.#levels.push({ indent, list });
  }

  #close() {
    const text = this.#lines.join("\n");
    if (this.#levels.length > 0) this.#found.push({ ...this.#levels[0].list, text });
    else if (this.#lines.length > 0) this.#found.push({ tag: "p", text });
    this.#lines = [];
    this.#levels = [];
  }
}

// A heading may end in the signs that it begins with.
function withoutEnd(heading) {
  const text = heading.trimEnd();
  let end = text.length;
  while (text[end - 1] === "#") end -= 1;
  return end === 0 || text[end - 1] === " " ? text.slice(0, end).trimEnd() : text;
}
