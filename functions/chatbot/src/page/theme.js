// Light, dark, or as the system says. The choice is the only thing that this
// page leaves in the browser.

const THEME = "latchkey-theme";

function startTheme() {
  const radios = [...document.getElementsByName("theme")];
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  const chosen = radios.find((radio) => radio.value === remembered()) ?? radios[0];
  chosen.checked = true;
  apply(chosen.value);
  for (const radio of radios) {
    radio.addEventListener("change", () => {
      apply(radio.value);
      remember(radio.value);
    });
  }
}

// A browser may have switched its storage off: then a reload forgets.
function remembered() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    if (theme === "system") localStorage.removeItem(THEME);
    else localStorage.setItem(THEME, theme);
  } catch {
    // See above.
  }
}
