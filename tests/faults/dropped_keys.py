"""The keys that an emergency rotation dropped, and since when. All times are on the
monotonic clock."""

import time
from dataclasses import dataclass, field

from records import FOREVER


@dataclass
class _Drop:
    kids: set = field(default_factory=set)
    # When somebody may have learnt of it, and when it was acknowledged.
    may_be_known: float = FOREVER
    done: float = FOREVER


class DroppedKeys:
    """`patience` is how long a ring that was read before is used in seconds."""

    def __init__(self, patience):
        self._patience = patience
        self._drops = []

    def attempt(self, kids):
        """All keys that there are now may go from now on."""
        if not self._drops or self._drops[-1].done < FOREVER:
            self._drops.append(_Drop(may_be_known=time.monotonic()))
        self._drops[-1].kids |= set(kids)

    def acknowledge(self):
        self._drops[-1].done = time.monotonic()

    def may_be_dropped(self, kid, by):
        """Whether a key may have been gone at a moment."""
        return any(kid in drop.kids and drop.may_be_known <= by for drop in self._drops)

    def gone(self, kid):
        """From when on nobody uses a key that was dropped."""
        return min((drop.done for drop in self._drops if kid in drop.kids), default=FOREVER) + self._patience

    def are_being_dropped(self, start, end):
        """Whether somebody may have known the old keys alone, and somebody else the
        new one alone, at any time between two moments."""
        return any(drop.may_be_known <= end and start <= drop.done + self._patience for drop in self._drops)
