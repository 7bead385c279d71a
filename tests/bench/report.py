"""From samples to figures, bars and a table."""

import math
import statistics

NAMES = {
    "ours": "ours",
    "ours_ring": "ours, key ring",
    "floor": "floor",
    "node_guide": "Node, guide",
    "node_key": "Node, KeyObject",
    "node_fast": "Node, fast-jwt",
    "python": "Python",
}

# Figure: how it is shown.
FIGURES = {
    "cold wall": "time",
    "cold CPU": "time",
    "warm median": "time",
    "warm p99": "time",
    "CPU per call": "time",
    "emulator median": "time",
    "resident": "bytes",
    "resident peak": "bytes",
    "answer": "bytes",
    "binary": "bytes",
    "zipped": "bytes",
    "crates": "count",
}

MILLISECOND = 1_000_000
MEGABYTE = 1_000_000


def p99(samples):
    """The smallest that 99 of 100 do not exceed."""
    ordered = sorted(samples)
    return ordered[math.ceil(len(ordered) * 0.99) - 1]


def figures(samples):
    shown = {
        "cold wall": statistics.median(samples["cold_wall"]),
        "cold CPU": statistics.median(samples["cold_cpu"]),
        "warm median": statistics.median(samples["warm_wall"]),
        "warm p99": p99(samples["warm_wall"]),
        "CPU per call": statistics.median(samples["warm_cpu"]),
        "resident": samples["resident"],
        "resident peak": samples["resident_peak"],
        "answer": samples["answer_bytes"],
    }
    if samples["emulated_wall"]:
        shown["emulator median"] = statistics.median(samples["emulated_wall"])
    return shown


def by_round(samples):
    """One value of each figure per round."""
    rounds = len(samples["cold_wall"])

    def medians(calls):
        each = len(calls) // rounds
        return [statistics.median(calls[start : start + each]) for start in range(0, len(calls), each or 1)]

    return {
        "cold wall": samples["cold_wall"],
        "cold CPU": samples["cold_cpu"],
        "warm median": medians(samples["warm_wall"]),
        "CPU per call": samples["warm_cpu"],
        "emulator median": medians(samples["emulated_wall"]),
    }


def result(measured, built):
    """`measured` as the host prints it, `built` the sizes of what was built."""
    values = {name: figures(samples) for name, samples in measured["candidates"].items()}
    for name, size in built.items():
        values[name].update(size)
    values["ours_ring"].update(built["ours"])
    fetch = statistics.median(measured["fetch"])
    counts = {
        name: {"cold": len(samples["cold_wall"]), "warm": len(samples["warm_wall"])}
        for name, samples in measured["candidates"].items()
    }
    rounds = {name: by_round(samples) for name, samples in measured["candidates"].items()}
    met = bars(values, rounds, fetch)
    return {"samples": counts, "fetch": fetch, "figures": values, "bars": met}


def bars(values, rounds, fetch):
    """What is promised, each with what was reached. A bar of the form "one n-th of
    X" is at least n where X is divided by ours."""
    ours, floor = values["ours"], values["floor"]
    # Whichever of them is the best at it.
    best = min(("node_key", "node_fast"), key=lambda name: values[name]["CPU per call"])

    def at_most(figure, what, value, limit, unit="x"):
        return bar(figure, what, value, limit, unit, value <= limit)

    def at_least(figure, what, value, limit):
        return bar(figure, what, value, limit, "x", value >= limit)

    def bar(figure, what, value, limit, unit, met):
        return {"figure": figure, "bar": what, "value": value, "limit": limit, "unit": unit, "met": met}

    def ratio(figure, one, other):
        """Of one round each, and of those the median: where a machine is slower
        for a while, it is so for both."""
        pairs = zip(rounds[one][figure], rounds[other][figure])
        return statistics.median(first / second for first, second in pairs)

    def of_floor(figure, limit):
        return at_most(figure, f"at most {limit}x the floor", ratio(figure, "ours", "floor"), limit)

    def beside(figure, whom, name, limit):
        return at_least(figure, f"at most 1/{limit} of {whom}", ratio(figure, name, "ours"), limit)

    allowed = floor["cold wall"] + fetch + 2 * MILLISECOND
    return [
        of_floor("warm median", 1.2),
        of_floor("emulator median", 1.05),
        of_floor("CPU per call", 1.25),
        beside("CPU per call", "the guide's Node", "node_guide", 25),
        beside("CPU per call", "Node at its best", best, 6),
        of_floor("cold CPU", 3),
        at_most("cold wall", "at most the floor, one fetch and 2 ms", ours["cold wall"], allowed, "time"),
        beside("cold wall", "the guide's Node", "node_guide", 30),
        beside("cold wall", "Python", "python", 30),
        at_most("resident", "at most 8 MB", ours["resident"], 8 * MEGABYTE, "bytes"),
        at_least(
            "resident",
            "at most 1/7 of the guide's Node",
            values["node_guide"]["resident"] / ours["resident"],
            7,
        ),
        at_most("zipped", "at most 3 MB", ours["zipped"], 3 * MEGABYTE, "bytes"),
    ]


def show(value, kind):
    if kind == "time":
        return f"{value / 1000:.1f} us" if value < MILLISECOND else f"{value / MILLISECOND:.2f} ms"
    if kind == "bytes":
        return f"{value} B" if value < 10_000 else f"{value / MEGABYTE:.2f} MB"
    return f"{value:.2f}x" if kind == "x" else str(value)


def limit(bars_of_figure):
    """The limits of a figure in short, as the table has room for."""
    shorts = {"the guide's Node": "guide", "Node at its best": "best Node"}
    told = []
    for bar in bars_of_figure:
        text = bar["bar"].removeprefix("at most ")
        for long, short in shorts.items():
            text = text.replace(long, short)
        told.append(text)
    return "; ".join(told)


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def text(result):
    values = result["figures"]
    others = [name for name in NAMES if name != "ours"]
    rows = [["figure", "ours", *(NAMES[name] for name in others), "limit"]]
    for figure, kind in FIGURES.items():
        ours = values["ours"][figure]
        row = [figure, show(ours, kind)]
        for name in others:
            value = values[name].get(figure)
            row.append("" if value is None else f"{show(value, kind)} ({value / ours:.2f}x)")
        row.append(limit([bar for bar in result["bars"] if bar["figure"] == figure]))
        rows.append(row)

    machine, counts = result["machine"], result["samples"]["ours"]
    met = [
        [
            "met" if bar["met"] else "MISSED",
            bar["figure"],
            bar["bar"],
            show(bar["value"], bar["unit"]),
            f"limit {show(bar['limit'], bar['unit'])}",
        ]
        for bar in result["bars"]
    ]
    return "\n".join(
        [
            f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
            f"others used {machine['others']:.0%} of a core meanwhile; "
            f"{machine['rustc']}, Node {machine['node']}, "
            f"{machine['python']}; {', '.join(machine['libraries'])}; commit {machine['commit']}",
            f"{counts['cold']} cold starts and {counts['warm']} warm calls each; medians where nothing "
            "else is said; in brackets what it is of ours",
            "below, ratios of times are medians of the rounds' own; "
            f"one bare fetch of the secret: {show(result['fetch'], 'time')}",
            "",
            table(rows),
            "",
            table([["", "figure", "bar", "reached", "limit"], *met]),
        ]
    )
