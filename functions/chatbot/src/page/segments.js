// An answer as prose and code, split at its fences. What stands between those is
// code as it was written.

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

// Returns `{isCode, text, language}` in order. A fence without an end goes to
// the end of the text, as it does while an answer is still being written.
function segments(text) {
  const found = [];
  let lines = [];
  let fence = null;

  const close = () => {
    const piece = lines.join("\n");
    lines = [];
    if (fence) found.push({ isCode: true, text: piece, language: fence.language });
    else if (piece.trim() !== "") found.push({ isCode: false, text: trimBlankLines(piece), language: "" });
  };

  for (const line of text.split("\n")) {
    const match = FENCE.exec(line);
    if (fence === null && opens(match)) {
      close();
      fence = { mark: match[1], language: match[2].trim().split(/\s/)[0] };
    } else if (fence !== null && closes(match, fence.mark)) {
      close();
      fence = null;
    } else {
      lines.push(line);
    }
  }
  close();
  return found;
}

function opens(match) {
  // ```like this``` in the middle of a text is no fence.
  return match !== null && !(match[1][0] === "`" && match[2].includes("`"));
}

function closes(match, mark) {
  return match !== null && match[1].startsWith(mark) && match[2].trim() === "";
}

function trimBlankLines(text) {
  return text.replace(/^(\s*\n)+/, "").trimEnd();
}
