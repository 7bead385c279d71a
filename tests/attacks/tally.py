"""How many cases each class of attack had, and which of them got somewhere."""

import re
import threading

# Findings are printed where anybody may read them.
TOKEN = re.compile(r"eyJ[\w-]+(\.[\w-]*)*")


class Tally:
    def __init__(self, is_quiet=False):
        self.is_quiet = is_quiet
        self._lock = threading.Lock()
        self._cases = {}
        self._findings = []
        self._secrets = set()

    def keep_secret(self, *texts):
        """Texts that are not to be printed."""
        with self._lock:
            self._secrets.update(text for text in texts if text)

    def attack(self, name):
        """What records the cases of one class."""
        with self._lock:
            self._cases.setdefault(name, 0)

        def case(what, right, seen=None):
            with self._lock:
                self._cases[name] += 1
                if not right:
                    self._findings.append((name, what))
                if not right and not self.is_quiet:
                    print(f"FINDING  {name}: {self._told(what)}{self._seen(seen)}", flush=True)

        return case

    def findings(self, name):
        return [what for attack, what in self._findings if attack == name]

    def table(self):
        lines = [f"{'class':<42}{'cases':>6}{'findings':>10}"]
        rows = [(name, cases, len(self.findings(name))) for name, cases in self._cases.items()]
        rows.append(("together", sum(self._cases.values()), len(self._findings)))
        return "\n".join([*lines, *(f"{name:<42}{cases:>6}{found:>10}" for name, cases, found in rows)])

    def is_clean(self):
        """Nothing was found, and every class has looked for something."""
        return not self._findings and all(self._cases.values()) and bool(self._cases)

    def _seen(self, seen):
        if seen is None:
            return ""
        if hasattr(seen, "status"):
            seen = f"{seen.status} {seen.body[:200].decode(errors='replace')}"
        return f" (saw {self._told(seen)})"

    def _told(self, text):
        text = TOKEN.sub("[token]", str(text))
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return repr(text)[1:-1][:300]
