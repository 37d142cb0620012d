"""Areas under the curves of scores."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from ._inputs import (
    array_of,
    codes_of,
    indicator,
    numbers_of,
    one_of,
    place_of,
    plain,
    same_length,
    vector,
    warn_undefined,
    weights_of,
)
from ._scores import scored, truth_of

_c = _core.metrics


def _by_columns(
    figure: Callable[[np.ndarray, np.ndarray, np.ndarray], float],
    truth: np.ndarray,
    scores: np.ndarray,
    average: str | None,
    weights: np.ndarray,
) -> Any:
    """The figure of each column of [rows, labels], or their average."""
    one_of(average, "average", (None, "micro", "macro", "weighted", "samples"))
    if truth.shape != scores.shape:
        raise DataError(
            f"y_score must have the shape {truth.shape} of the true labels, one column per class, got {scores.shape}"
        )
    shares = None
    if average == "micro":
        weights = np.repeat(weights, truth.shape[1])
        return figure(np.ascontiguousarray(truth).ravel(), np.ascontiguousarray(scores).ravel(), weights)
    if average == "weighted":
        shares = (weights[:, None] * truth).sum(axis=0) if len(weights) else truth.sum(axis=0)
        if not shares.any():
            return 0.0
    elif average == "samples":
        shares = weights if len(weights) else None
        truth, scores, weights = truth.T, scores.T, np.empty(0)
    found = np.array(
        [figure(np.ascontiguousarray(t), np.ascontiguousarray(s), weights) for t, s in zip(truth.T, scores.T)]
    )
    if average is None:
        return found
    if shares is not None:
        found[shares == 0] = 0.0
    return float(np.average(found, weights=shares))


def _one_hot(codes: np.ndarray, classes: int) -> np.ndarray:
    return (codes[:, None] == np.arange(classes)).astype(np.int32)


def _defined(area: float) -> float:
    if np.isnan(area):
        warn_undefined("Only one class is present in y_true: the area under the ROC curve is not defined, and is NaN")
    return area


def _auc(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    return _defined(_c.roc_auc(truth, scores, weights))


def _auc_up_to(max_fpr: float | None) -> Callable[[np.ndarray, np.ndarray, np.ndarray], float]:
    if max_fpr is None or max_fpr == 1:
        return _auc
    if not 0 < max_fpr < 1:
        raise ParameterError(f"max_fpr must be above 0 and at most 1, got {max_fpr!r}")
    return lambda truth, scores, weights: _defined(_c.partial_roc_auc(truth, scores, float(max_fpr), weights))


def _average_precision(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    value = _c.average_precision(truth, scores, weights)
    if np.isnan(value):
        warnings.warn("No positive class found in y_true; average precision is 0", UserWarning, stacklevel=4)
        return 0.0
    return value


def roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    sample_weight: Any = None,
    max_fpr: float | None = None,
    multi_class: str = "raise",
    labels: Any = None,
) -> Any:
    """Area under the ROC curve: the chance that a positive row scores above a negative one, ties half; [0, 1].

    Two classes: `y_score` is [rows], larger means more likely the larger class. More: `y_score` is the probabilities
    [rows, classes] in sorted order, and `multi_class` is "ovr" (each class against the rest) or "ovo" (each pair).
    Sets of labels: [rows, labels]. NaN with a warning when a class is absent, as in scikit-learn. `max_fpr` takes the
    part of the area left of that false positive rate, on a scale where chance is 0.5 (not for more than two classes).
    """
    figure = _auc_up_to(max_fpr)
    truth, scores = array_of(y_true, "y_true"), numbers_of(y_score, "y_score")
    same_length(truth, scores, "y_true and y_score")
    weights = weights_of(sample_weight, len(scores))
    if truth.ndim == 2 and truth.shape[1] > 1:
        return _by_columns(figure, indicator(truth, "y_true"), scores.reshape(len(scores), -1), average, weights)
    codes, classes = truth_of(truth, scores, "y_score")
    if len(classes) > 2 or scores.ndim == 2 and scores.shape[1] > 2:
        if figure is not _auc:
            raise ParameterError("Partial AUC is of two classes or sets of labels; for more, max_fpr must be None")
        return _auc_of_classes(codes, classes, scores, labels, multi_class, average, sample_weight)
    one_of(average, "average", (None, "micro", "macro", "weighted", "samples"))
    if scores.ndim == 2:
        if scores.shape[1] != 1:
            raise DataError(f"y_score should be a 1d array for two classes, got an array of shape {scores.shape}")
        scores = np.ascontiguousarray(scores[:, 0])
    return figure((codes == len(classes) - 1).astype(np.int32) if len(classes) == 2 else codes * 0, scores, weights)


def _auc_of_classes(
    codes: np.ndarray,
    classes: np.ndarray,
    scores: np.ndarray,
    labels: Any,
    multi_class: str,
    average: str | None,
    sample_weight: Any,
) -> Any:
    if multi_class not in ("ovr", "ovo"):
        raise ParameterError(f'multi_class must be in ("ovo", "ovr") for more than two classes, got {multi_class!r}')
    if scores.ndim != 2:
        raise DataError(f"y_score must be of shape (n_samples, n_classes) for more classes, got {scores.shape}")
    if not np.allclose(scores.sum(axis=1), 1):
        raise DataError("y_score must hold probabilities for more than two classes: each row sums to 1.0")
    allowed = ("macro", "weighted", None, "micro") if multi_class == "ovr" else ("macro", "weighted")
    if not any(average is choice or average == choice for choice in allowed):
        if average is None:
            raise NotImplementedError("average=None is not defined for pairs of classes, multi_class='ovo'")
        raise ParameterError(f"average must be one of {allowed} for multiclass problems, got {average!r}")
    if labels is not None:
        listed = plain(vector(labels, "labels"), "labels")
        (named,), _ = codes_of([listed])
        if len(set(listed.tolist())) != len(listed) or (np.diff(named) <= 0).any():
            raise DataError("Parameter 'labels' must be unique and must be ordered")
        known = {value: code for code, value in enumerate(listed.tolist())}
        unknown = [value for value in classes.tolist() if value not in known]
        if unknown:
            raise DataError(f"y_true contains labels not in parameter 'labels': {unknown}")
        codes = np.array([known[value] for value in classes.tolist()], dtype=np.int32)[codes]
        classes = listed
    if len(classes) != scores.shape[1]:
        raise DataError(
            f"Number of classes, {len(classes)}, not equal to the number of columns in y_score, {scores.shape[1]}"
        )
    if multi_class == "ovr":
        weights = weights_of(sample_weight, len(codes))
        return _by_columns(_auc, _one_hot(codes, len(classes)), scores, average, weights)
    if sample_weight is not None:
        raise DataError("sample_weight is not supported for pairs of classes, multi_class='ovo'")
    return _auc_of_pairs(codes, scores, average)


def _auc_of_pairs(codes: np.ndarray, scores: np.ndarray, average: str | None) -> float:
    """Source: Hand and Till, "A simple generalisation of the area under the ROC curve", 2001."""
    found, shares = [], []
    for a, b in combinations(np.unique(codes).tolist(), 2):
        rows = (codes == a) | (codes == b)
        truth, none = codes[rows], np.empty(0)
        first = _auc((truth == a).astype(np.int32), np.ascontiguousarray(scores[rows, a]), none)
        second = _auc((truth == b).astype(np.int32), np.ascontiguousarray(scores[rows, b]), none)
        found.append((first + second) / 2)
        shares.append(rows.mean())
    return float(np.average(found, weights=shares if average == "weighted" else None))


def average_precision_score(
    y_true: Any, y_score: Any, *, average: str | None = "macro", pos_label: Any = 1, sample_weight: Any = None
) -> Any:
    """Sum of precision times the growth of recall over the thresholds, [0, 1].

    Two classes: of `pos_label`. More: `y_score` [rows, classes], each class against the rest, averaged. 0 with a
    warning without a positive row, as in scikit-learn (the engine's own figure is not defined there).
    """
    truth, scores = array_of(y_true, "y_true"), numbers_of(y_score, "y_score")
    same_length(truth, scores, "y_true and y_score")
    weights = weights_of(sample_weight, len(scores))
    if truth.ndim == 2 and truth.shape[1] > 1:
        if pos_label != 1:
            raise DataError("Parameter pos_label is fixed to 1 for multilabel-indicator y_true")
        return _by_columns(_average_precision, indicator(truth, "y_true"), scores, average, weights)
    codes, classes = truth_of(truth, scores, "y_score")
    if len(classes) > 2:
        if not isinstance(pos_label, (int, np.integer)) or pos_label != 1:
            raise DataError("Parameter pos_label is fixed to 1 for multiclass y_true")
        return _by_columns(_average_precision, _one_hot(codes, len(classes)), scores, average, weights)
    one_of(average, "average", (None, "micro", "macro", "weighted", "samples"))
    if len(classes) == 2 and place_of(pos_label, classes) < 0:
        raise DataError(f"pos_label={pos_label!r} is not a valid label. It should be one of {classes.tolist()}")
    is_positive, values = scored(y_true, y_score, pos_label)
    return _average_precision(is_positive, values, weights)
