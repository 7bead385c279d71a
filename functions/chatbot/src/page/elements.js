// What the other parts say to the document.

function find(id) {
  return document.getElementById(id);
}

// Returns a fresh copy of the element in a template.
function copyOf(template) {
  return find(template).content.firstElementChild.cloneNode(true);
}

// Says something to screen readers only. The same words twice are said twice.
function announce(words) {
  const announcer = find("announcer");
  announcer.textContent = "";
  announcer.textContent = words;
}

// Makes `button` copy what `text` returns. Browsers lend the clipboard to
// secure origins only; elsewhere there is no button.
function copies(button, text) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const before = button.textContent;
    const isCopied = await navigator.clipboard.writeText(text()).then(() => true, () => false);
    button.textContent = isCopied ? "Copied" : "Could not copy";
    announce(button.textContent);
    setTimeout(() => {
      button.textContent = before;
    }, 2000);
  });
}

// Opens a dialog whose form does `action`, and closes it once that is done.
// What goes wrong is said in the dialog, and else told to `failed`.
function ask(dialog, action, failed) {
  const form = dialog.querySelector("form");
  const error = form.querySelector(".error");
  const submit = form.querySelector("[type=submit]");
  error.textContent = "";
  submit.disabled = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    error.textContent = "";
    try {
      await action();
      dialog.close();
    } catch (fault) {
      if (fault instanceof Problem) {
        error.textContent = sentence(fault);
      } else {
        dialog.close();
        failed(fault);
      }
    } finally {
      submit.disabled = false;
    }
  };
  dialog.showModal();
}

function sentence(problem) {
  return [`${problem.message}.`, problem.detail].filter(Boolean).join(" ");
}

function closeButtonsWork() {
  for (const button of document.querySelectorAll("dialog [data-closes]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
}
