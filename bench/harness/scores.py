"""Scores of the answers, computed here alone so that every side is judged by the same lines. Standard library only."""

from __future__ import annotations

import math
from array import array


def read(path: str, kind: str) -> array:
    values = array(kind)
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def auc(truth: array, answers: array) -> float:
    """Area under the curve by ranks, ties shared. `answers`: one score or probability per row."""
    order = sorted(range(len(truth)), key=answers.__getitem__)
    positives = sum(1 for y in truth if y > 0)
    ranks, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and answers[order[end]] == answers[order[at]]:
            end += 1
        middle = (at + end + 1) / 2
        ranks += middle * sum(1 for i in order[at:end] if truth[i] > 0)
        at = end
    return (ranks - positives * (positives + 1) / 2) / (positives * (len(truth) - positives))


def rows_of(answers: array, width: int):
    return (answers[i : i + width] for i in range(0, len(answers), width))


def accuracy(truth: array, answers: array) -> float:
    """`answers`: one probability of the second class per row, or one of each class."""
    width = len(answers) // len(truth)
    if width == 1:
        return sum((p > 0.5) == (y > 0.5) for p, y in zip(answers, truth)) / len(truth)
    return sum(max(range(width), key=row.__getitem__) == y for row, y in zip(rows_of(answers, width), truth)) / len(
        truth
    )


def log_loss(truth: array, answers: array) -> float:
    width = len(answers) // len(truth)
    total = 0.0
    for row, y in zip(rows_of(answers, width), truth):
        p = row[int(y)] if width > 1 else (row[0] if y > 0.5 else 1 - row[0])
        total -= math.log(min(max(p, 1e-15), 1.0))
    return total / len(truth)


def rmse(truth: array, answers: array) -> float:
    return math.sqrt(sum((a - y) ** 2 for a, y in zip(answers, truth)) / len(truth))


def ndcg(truth: array, answers: array, sizes: array, best: int = 10) -> float:
    """Mean over the queries, gains 2^relevance - 1; a query without relevant rows counts as 1."""
    total, at = 0.0, 0
    for size in sizes:
        rows = range(at, at + size)
        at += size
        gain = [2 ** truth[i] - 1 for i in rows]
        ideal = sum(g / math.log2(k + 2) for k, g in enumerate(sorted(gain, reverse=True)[:best]))
        order = sorted(range(size), key=lambda k: -answers[rows[k]])[:best]
        got = sum(gain[k] / math.log2(place + 2) for place, k in enumerate(order))
        total += got / ideal if ideal > 0 else 1.0
    return total / len(sizes)


def distance(answers: array, others: array) -> float:
    """Largest difference of two sides that answer for the same model."""
    if len(answers) != len(others):
        return math.inf
    return max(abs(a - b) for a, b in zip(answers, others))


HIGHER_IS_BETTER = {"auc": True, "accuracy": True, "ndcg": True, "log_loss": False, "rmse": False, "agreement": False}
