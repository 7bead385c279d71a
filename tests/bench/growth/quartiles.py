"""Samples as a point of a curve."""

import statistics


def point(x, samples):
    """The place, the median, and the quartiles around it."""
    lower, median, upper = statistics.quantiles(samples, n=4)
    return x, median, lower, upper
