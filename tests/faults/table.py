"""What was injected, and what came of it."""

from dataclasses import dataclass


@dataclass
class Row:
    times: int = 0
    requests: int = 0
    wrong: int = 0
    recovery: float = 0.0


class Table:
    def __init__(self):
        self._rows = {}

    def add(self, names, requests, wrong, recovery):
        for name in names:
            row = self._rows.setdefault(name, Row())
            row.times += 1
            row.requests += requests
            row.wrong += wrong
            row.recovery = max(row.recovery, float("inf") if recovery is None else recovery)

    def print(self):
        width = max((len(name) for name in self._rows), default=5)
        print(f"\n{'fault':<{width}}  times  requests  wrong answers  longest recovery")
        for name, row in self._rows.items():
            print(f"{name:<{width}}  {row.times:>5}  {row.requests:>8}  {row.wrong:>13}  {row.recovery:>14.1f} s")
