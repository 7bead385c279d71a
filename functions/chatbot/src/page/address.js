// Where the page is, and which conversation its address names.

// Returns what stands before `/api`: the page may be served below a stage, and
// with or without a slash at the end.
function basePath(pathname) {
  return pathname.replace(/\/+$/, "");
}

// The id of a conversation is no secret: it opens nothing without a token.
function conversationIn(hash) {
  const found = /^#c\/(.+)$/.exec(hash);
  if (!found) return null;
  try {
    return decodeURIComponent(found[1]);
  } catch {
    return null;
  }
}

function hashOf(id) {
  return id === null ? "" : `#c/${encodeURIComponent(id)}`;
}
