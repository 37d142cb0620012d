"""What errors cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError
from ._classes import kept_codes
from ._inputs import Pair, array_of, as_doubles, weights_of
from ._scores import scored

_c = _core.metrics


def _costs(costs: Any, classes: int) -> np.ndarray:
    matrix = as_doubles(array_of(costs, "costs"), "costs")
    if matrix.shape != (classes, classes):
        raise DataError(
            f"costs must have shape ({classes}, {classes}), a row per class and a column per call, got {matrix.shape}"
        )
    return matrix.ravel()


def expected_cost(y_true: Any, y_pred: Any, costs: Any, *, labels: Any = None, sample_weight: Any = None) -> float:
    """Mean cost of a row: costs[i, j] for a row of the i-th class called the j-th; gains are negative.

    `labels` names the classes in the order of `costs`, default all that occur, sorted.
    """
    pair = Pair(y_true, y_pred)
    pair.single("expected_cost")
    weights = weights_of(sample_weight, pair.rows)
    truth, predicted, kept, size = kept_codes(pair, labels, "expected_cost")
    if not kept.all():
        raise DataError("expected_cost: a label of y_true or y_pred is not among labels, so its cost is unknown")
    return _c.expected_cost(truth, predicted, size, _costs(costs, size), weights)


def cost_minimal_classes(y_proba: Any, costs: Any, *, classes: Any = None) -> np.ndarray:
    """The class of smallest expected cost for each row of probabilities [rows, classes]; of `classes`, or codes."""
    probabilities = as_doubles(array_of(y_proba, "y_proba"), "y_proba")
    if probabilities.ndim != 2:
        raise DataError(f"y_proba must have a row per row and a column per class, got shape {probabilities.shape}")
    size = probabilities.shape[1]
    codes = _c.cost_minimal_classes(probabilities.ravel(), size, _costs(costs, size))
    if classes is None:
        return codes
    names = array_of(classes, "classes")
    if len(names) != size:
        raise DataError(f"classes has {len(names)} entries for {size} columns of y_proba")
    return names[codes]


def cost_threshold(costs: Any) -> float:
    """For true probabilities of class 1: the probability at which both calls cost the same; costs is [2, 2]."""
    return _c.cost_threshold(_costs(costs, 2))


def cost_minimal_threshold(
    y_true: Any, y_score: Any, costs: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[float, float]:
    """The threshold with the smallest mean cost on these rows (call positive when score >= threshold), and that cost.

    `costs` is [2, 2]: costs[i, j] for a row of class i called j, 1 the positive class.
    """
    truth, scores = scored(y_true, y_score, pos_label)
    matrix = as_doubles(array_of(costs, "costs"), "costs")
    if matrix.shape != (2, 2):
        raise DataError(f"costs must have shape (2, 2), got {matrix.shape}")
    return _c.cost_minimal_threshold(truth, scores, matrix.ravel(), weights_of(sample_weight, len(truth)))
