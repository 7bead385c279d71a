"""Samples as figures, and figures as a table."""

import statistics

from kinds import WAIT_MS


def figures(samples, calls):
    """One row per kind, in milliseconds; what is added is added to the backend's median
    with the same wait."""
    medians = {kind: statistics.median(of_kind) for kind, of_kind in samples.items()}
    own = {kind.wait_ms: median for kind, median in medians.items() if kind.server == "backend"}
    return [_row(kind, samples[kind], medians[kind], own[kind.wait_ms], calls) for kind in samples]


def _row(kind, samples, median, own, calls):
    row = {
        "kind": kind.name,
        "wait_ms": kind.wait_ms,
        "median_ms": median * 1000,
        # Inclusive: of few samples it is none that is longer than the longest.
        "p99_ms": statistics.quantiles(samples, n=100, method="inclusive")[98] * 1000,
    }
    if kind.server != "backend":
        row["added_ms"] = (median - own) * 1000
    if kind in calls:
        row["calls"] = calls[kind]
    return row


def text(result):
    lines = []
    for wait_ms, title in ((0, "A backend that answers at once"), (WAIT_MS, f"One that waits {WAIT_MS} ms")):
        lines.append(f"{title:<47}{'median':>10}{'p99':>11}{'added':>11}   calls to the table")
        lines += [_line(row) for row in result["kinds"] if row["wait_ms"] == wait_ms]
        lines.append("")
    machine, backend = result["machine"], result["backend"]
    lines += [
        f"Time to the first byte of the first event, {result['rounds']} of each kind in turns. Calls: until then,",
        "and until the end of the answer.",
        f"The chatbots asked the backend {backend['questions']} times, over {backend['connections']} connections.",
        f"Table: DynamoDB's stand-in (SQLite behind HTTP) in `local`, {machine['table']}.",
        f"Machine: {machine['cpu']}, {machine['cores']} cores, commit {machine['commit']};",
        f"others used {machine['others']:.2f} of a core meanwhile.",
    ]
    return "\n".join(lines)


def _line(row):
    added = f"{row['added_ms']:>+8.2f} ms" if "added_ms" in row else " " * 11
    calls = row.get("calls")
    counted = f"   {len(calls['before'])}, {len(calls['before'] + calls['after'])}" if calls else ""
    return f"  {row['kind']:<45}{row['median_ms']:>7.2f} ms{row['p99_ms']:>8.2f} ms{added}{counted}".rstrip()
