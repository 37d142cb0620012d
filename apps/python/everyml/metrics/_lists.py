"""Figures of ranked lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from ._inputs import numbers_of, weights_of

_c = _core.metrics


def _lists(y_true: Any, y_score: Any) -> tuple[np.ndarray, np.ndarray]:
    relevance, scores = numbers_of(y_true, "y_true"), numbers_of(y_score, "y_score")
    if relevance.ndim != 2 or relevance.shape != scores.shape:
        raise DataError(
            "y_true and y_score must be matrices of one shape, a row per list and a column per item, got "
            f"{relevance.shape} and {scores.shape}"
        )
    return relevance, scores


def _depth(k: int | None) -> int:
    if k is None:
        return 0
    if not isinstance(k, (int, np.integer)) or k < 1:
        raise ParameterError(f"k must be a whole number of at least 1, or None for all places, got {k!r}")
    return int(k)


def _places(scores: np.ndarray) -> np.ndarray:
    """Scores without ties in the same order; of equal ones the later stands higher."""
    out = np.empty_like(scores)
    np.put_along_axis(out, np.argsort(scores, axis=1), np.arange(scores.shape[1], dtype=np.float64)[None, :], axis=1)
    return out


def _mean_of_lists(figures: np.ndarray, sample_weight: Any) -> float:
    weights = weights_of(sample_weight, len(figures))
    return float(np.average(figures, weights=weights if len(weights) else None))


def dcg_score(
    y_true: Any,
    y_score: Any,
    *,
    k: int | None = None,
    log_base: float = 2,
    sample_weight: Any = None,
    ignore_ties: bool = False,
) -> float:
    """Mean over lists of the sum over the first `k` places of relevance / log(place + 1), in any order of tied scores.

    `y_true` is the relevance and `y_score` the scores, [lists, items]; a weight is of a list.
    """
    relevance, scores = _lists(y_true, y_score)
    if not log_base > 0 or log_base == 1:
        raise ParameterError(f"log_base must be a positive number other than 1, got {log_base!r}")
    gains = _c.discounted_cumulative_gain(relevance, _places(scores) if ignore_ties else scores, _depth(k))
    return _mean_of_lists(gains * float(np.log2(log_base)), sample_weight)


def ndcg_score(
    y_true: Any, y_score: Any, *, k: int | None = None, sample_weight: Any = None, ignore_ties: bool = False
) -> float:
    """dcg_score of each list as a share of the best order's, [0, 1]; 0 when nothing is relevant."""
    relevance, scores = _lists(y_true, y_score)
    if relevance.size and relevance.min() < 0:
        raise DataError("ndcg_score should not be used on negative y_true values: relevances must be at least 0")
    if relevance.shape[1] <= 1:
        raise DataError(f"ndcg_score is only meaningful when there is more than 1 document, got {relevance.shape[1]}")
    figures = _c.normalised_discounted_cumulative_gain(relevance, _places(scores) if ignore_ties else scores, _depth(k))
    return _mean_of_lists(figures, sample_weight)


def precision_at(y_true: Any, y_score: Any, *, k: int, sample_weight: Any = None) -> float:
    """Mean over lists of the share of relevant items (relevance > 0) among the first `k`."""
    return _mean_of_lists(_c.precision_at(*_lists(y_true, y_score), _depth(k)), sample_weight)


def reciprocal_rank(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    """Mean over lists of 1 / place of the first relevant item; 0 where there is none."""
    return _mean_of_lists(_c.reciprocal_rank(*_lists(y_true, y_score), 0), sample_weight)


def average_precision_at(y_true: Any, y_score: Any, *, k: int | None = None, sample_weight: Any = None) -> float:
    """Mean over lists of the mean precision at each relevant place up to `k`."""
    return _mean_of_lists(_c.average_precision_at(*_lists(y_true, y_score), _depth(k)), sample_weight)
