"""What a licence expression (SPDX) lets us choose."""

import re


class Unreadable(Exception):
    """The text is no licence expression."""


def allowed(expression, permitted):
    """Whether one of the choices that the expression leaves needs `permitted`
    licences only. OR binds weaker than AND, WITH belongs to its licence."""
    # Before there were expressions, crates.io took a slash for OR.
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    answer, rest = _any_of(words, permitted)
    if rest:
        raise Unreadable(expression)
    return answer


def _any_of(words, permitted):
    answer, rest = _all_of(words, permitted)
    while rest and rest[0] == "OR":
        other, rest = _all_of(rest[1:], permitted)
        answer = answer or other
    return answer, rest


def _all_of(words, permitted):
    answer, rest = _licence(words, permitted)
    while rest and rest[0] == "AND":
        other, rest = _licence(rest[1:], permitted)
        answer = answer and other
    return answer, rest


def _licence(words, permitted):
    if not words or words[0] in (")", "AND", "OR", "WITH"):
        raise Unreadable(" ".join(words))
    if words[0] == "(":
        answer, rest = _any_of(words[1:], permitted)
        if rest[:1] != [")"]:
            raise Unreadable(" ".join(words))
        return answer, rest[1:]
    name, rest = words[0], words[1:]
    if rest[:1] == ["WITH"]:
        # An exception is permitted by name, like a licence of its own.
        name, rest = " ".join([name, *rest[:2]]), rest[2:]
    return name in permitted, rest
