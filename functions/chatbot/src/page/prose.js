// Blocks as elements. Text goes into the document as text and as nothing else,
// so that no answer can add to the page what Markdown does not mean.

// More than anybody reads in one piece: shown as it was written.
const LONGEST_TEXT = 20_000;

// Returns an element with a tag that shows blocks with that tag.
function prosePart(tag) {
  const element = document.createElement(tag);
  let source = null;
  const set = (block) => {
    // Most of an answer stays as it is while the rest is being written.
    if (block.text === source) return;
    source = block.text;
    if (block.items) fillList(element, block);
    else element.replaceChildren(...textNodes(block.text));
  };
  return { tag, element, set };
}

function fillList(element, { items, start }) {
  if (start !== null) element.start = start;
  element.replaceChildren(...items.map(listItem));
}

function listItem({ text, lists }) {
  const element = document.createElement("li");
  element.append(...textNodes(text));
  for (const list of lists) {
    const inner = document.createElement(list.tag);
    fillList(inner, list);
    element.append(inner);
  }
  return element;
}

function textNodes(text) {
  return text.length > LONGEST_TEXT ? [text] : inlines(text).map(inlineNode);
}

function inlineNode(node) {
  if (node.kind === "text") return document.createTextNode(node.text);
  const element = document.createElement(node.kind);
  if (node.kind === "code") {
    element.textContent = node.text;
    return element;
  }
  element.append(...node.children.map(inlineNode));
  if (node.kind === "a") {
    element.href = node.href;
    element.rel = "noopener noreferrer";
    element.target = "_blank";
    // Words can name another address than the one they lead to.
    element.title = node.href;
  }
  return element;
}
