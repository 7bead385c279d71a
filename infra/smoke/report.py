"""One line per check, and how many there were."""


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, passed, seen=""):
        if passed:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}{f' ({seen})' if seen else ''}", flush=True)
        return passed

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip  {name}: {why}", flush=True)

    def finish(self):
        print(f"{self.passed + self.failed} checks, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed or not self.passed else 0
