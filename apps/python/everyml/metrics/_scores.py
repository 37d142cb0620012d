"""Figures of probabilities of classes, and curves of scores."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from ._inputs import (
    array_of,
    codes_of,
    indicator,
    numbers_of,
    place_of,
    plain,
    positive_label,
    require_rows,
    same_length,
    vector,
    warn_undefined,
    weights_of,
)

_c = _core.metrics


def truth_of(y_true: Any, y_score: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the truth and its classes."""
    labels = vector(y_true, "y_true")
    same_length(labels, y_score, f"y_true and {name}")
    require_rows(labels, "y_true")
    (codes,), classes = codes_of([plain(labels, "y_true")])
    return codes, classes


def _probabilities(y_true: Any, y_proba: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the truth and the probabilities, [rows, classes], of the sorted classes."""
    single = array_of(y_proba, "y_proba").dtype == np.float32
    matrix = numbers_of(y_proba, "y_proba")
    if matrix.ndim not in (1, 2):
        raise DataError(f"y_proba must be [rows] or [rows, classes], got an array of shape {matrix.shape}")
    codes, classes = _truth_or_one_hot(y_true, matrix)
    _check_range(matrix)
    if matrix.ndim == 1 or matrix.shape[1] == 1:
        matrix = np.column_stack([1 - matrix.ravel(), matrix.ravel()])
    if not np.allclose(matrix.sum(axis=1), 1, rtol=3.5e-4 if single else 1.5e-8):
        warnings.warn("The y_proba values do not sum to one in each row", UserWarning, stacklevel=3)
    if labels is not None:
        codes, classes = _declared(codes, classes, labels)
    elif len(classes) == 1:
        raise DataError(f"y_true contains only one label ({classes[0]}): name all classes in `labels`")
    if matrix.shape[1] != len(classes):
        raise DataError(
            f"y_true and y_proba contain different number of classes: {len(classes)} and {matrix.shape[1]}; `labels` "
            f"names the classes of the columns. Classes: {classes.tolist()}"
        )
    return codes, matrix


def _truth_or_one_hot(y_true: Any, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As truth_of; a truth of [rows, classes] with one 1 in each row is taken too."""
    truth = array_of(y_true, "y_true")
    if truth.ndim != 2 or truth.shape[1] == 1:
        return truth_of(truth, matrix, "y_proba")
    same_length(truth, matrix, "y_true and y_proba")
    chosen = indicator(truth, "y_true")
    if (chosen.sum(axis=1) != 1).any():
        raise DataError("y_true has a row with several classes or none; probabilities are of one class per row")
    return chosen.argmax(axis=1).astype(np.int32), np.arange(truth.shape[1])


def _check_range(matrix: np.ndarray) -> None:
    for bad, what in ((matrix > 1, "greater than 1"), (matrix < 0, "lower than 0")):
        if bad.any():
            raise DataError(f"y_prob contains values {what}: {matrix[bad][0]}; probabilities lie in [0, 1]")


def _declared(codes: np.ndarray, classes: np.ndarray, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """The codes in the sorted labels that the caller names."""
    listed = plain(vector(labels, "labels"), "labels")
    (_, again), every = codes_of([classes, listed])
    named = np.unique(again)
    if len(named) < 2:
        raise DataError(f"labels must name at least two classes, got {listed.tolist()}")
    if (np.diff(again) <= 0).any():
        warnings.warn(
            f"labels are {listed.tolist()}, but the columns of y_proba are read in the order {every[named].tolist()}",
            UserWarning,
            stacklevel=4,
        )
    place = np.full(len(every), -1, dtype=np.int32)
    place[named] = np.arange(len(named), dtype=np.int32)
    known = codes_of([classes, listed])[0][0]
    if (place[known] < 0).any():
        unknown = classes[place[known] < 0].tolist()
        raise DataError(f"y_true contains labels {unknown} that are not in labels={listed.tolist()}")
    return place[known][codes], every[named]


def log_loss(
    y_true: Any, y_proba: Any, *, normalize: bool = True, sample_weight: Any = None, labels: Any = None
) -> float:
    """Mean (or sum) of -ln(probability of the true class), at least 0.

    `y_proba` is [rows] of the larger of two classes, or [rows, classes] in sorted order of the classes. Probabilities
    are clipped to [e, 1 - e], e the rounding unit of their type, as in scikit-learn.
    """
    codes, matrix = _probabilities(y_true, y_proba, labels)
    if array_of(y_proba, "y_proba").dtype == np.float32:
        unit = float(np.finfo(np.float32).eps)
        matrix = np.clip(matrix, unit, 1 - unit)
    weights = weights_of(sample_weight, len(codes))
    mean = _c.log_loss(codes, np.ascontiguousarray(matrix).ravel(), matrix.shape[1], weights)
    return mean if normalize else mean * (weights.sum() if len(weights) else len(codes))


def brier_score_loss(
    y_true: Any,
    y_proba: Any,
    *,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    scale_by_half: bool | str = "auto",
) -> float:
    """Mean squared distance of the probabilities to the truth; halved for two classes, or as `scale_by_half` says.

    `y_proba` is [rows] of `pos_label`, default the larger class, or [rows, classes] in sorted order.
    """
    if not isinstance(scale_by_half, (bool, np.bool_)) and scale_by_half != "auto":
        raise ParameterError(f'scale_by_half must be "auto", True or False, got {scale_by_half!r}')
    given = numbers_of(y_proba, "y_proba")
    if given.ndim == 1 or given.shape[1] == 1:
        codes, classes = truth_of(y_true, given, "y_proba")
        _check_range(given)
        if len(classes) > 2:
            raise DataError(
                f"The type of the target is multiclass ({len(classes)} classes) but should be binary according to the "
                "shape of y_proba"
            )
        codes = _is_positive(codes, classes, pos_label)
        matrix = np.column_stack([1 - given.ravel(), given.ravel()])
    else:
        codes, matrix = _probabilities(y_true, y_proba, labels)
    weights = weights_of(sample_weight, len(codes))
    score = _c.brier_score(codes, np.ascontiguousarray(matrix).ravel(), matrix.shape[1], weights)
    halved = matrix.shape[1] == 2
    wanted = halved if isinstance(scale_by_half, str) else bool(scale_by_half)
    return score * (1.0 if wanted == halved else 0.5 if wanted else 2.0)


def _is_positive(codes: np.ndarray, classes: np.ndarray, pos_label: Any) -> np.ndarray:
    """1 where the row is of the positive class; of two numbers that are not 0 and 1, the larger."""
    try:
        label = positive_label(pos_label, classes)
    except DataError:
        if classes.dtype.kind not in "biuf":
            raise
        label = classes[-1]
    return (codes == place_of(label, classes)).astype(np.int32)


def expected_calibration_error(
    y_true: Any, y_proba: Any, *, bins: int = 15, sample_weight: Any = None, labels: Any = None
) -> float:
    """Mean gap between confidence and accuracy over `bins` equal intervals of confidence, [0, 1].

    Inputs as in log_loss. Confidence is the largest probability of a row.
    """
    if not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ParameterError(f"bins must be a whole number of at least 1, got {bins!r}")
    codes, matrix = _probabilities(y_true, y_proba, labels)
    weights = weights_of(sample_weight, len(codes))
    values = np.ascontiguousarray(matrix).ravel()
    return _c.expected_calibration_error(codes, values, matrix.shape[1], int(bins), weights)


def scored(y_true: Any, y_score: Any, pos_label: Any) -> tuple[np.ndarray, np.ndarray]:
    """1 where the row is of the positive class, and the scores."""
    scores = numbers_of(y_score, "y_score")
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim != 1:
        raise DataError(f"y_score must have one score per row, got an array of shape {scores.shape}")
    if np.ndim(y_true) == 2 and np.shape(y_true)[1] > 1:
        raise DataError("multilabel-indicator format is not supported: this curve needs one label per row")
    codes, classes = truth_of(y_true, scores, "y_score")
    if pos_label is None and len(classes) > 2:
        raise DataError("multiclass format is not supported without pos_label: a curve is of one class")
    label = positive_label(pos_label, classes)
    return (codes == place_of(label, classes)).astype(np.int32), np.ascontiguousarray(scores)


def _curve(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any) -> dict[str, np.ndarray]:
    truth, scores = scored(y_true, y_score, pos_label)
    return _c.threshold_curve(truth, scores, weights_of(sample_weight, len(truth)))


def roc_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rates, true positive rates and thresholds from infinity down, [points] each.

    A row is called positive when its score >= threshold. `drop_intermediate` leaves out points on a straight line.
    Rates of a class that no row has are NaN, with a warning.
    """
    curve = _curve(y_true, y_score, pos_label, sample_weight)
    wrong, right = curve["false_positives"], curve["true_positives"]
    for counts, what in ((wrong, "negative"), (right, "positive")):
        if counts[-1] <= 0:
            warn_undefined(f"No {what} samples in y_true: the rate of their {what}s is not defined, and is NaN")
    kept = np.ones(len(wrong), dtype=bool)
    if drop_intermediate and len(wrong) > 3:
        bends = (np.diff(wrong[1:], 2) != 0) | (np.diff(right[1:], 2) != 0)
        kept[2:-1] = bends
    return curve["false_positive_rate"][kept], curve["true_positive_rate"][kept], curve["threshold"][kept]


def precision_recall_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precisions and recalls, [points + 1], and rising thresholds, [points]; the last point is precision 1, recall 0.

    `drop_intermediate` leaves out points of a recall that its neighbours have too. Without a positive row recall is 1
    with a warning, as in scikit-learn.
    """
    curve = _curve(y_true, y_score, pos_label, sample_weight)
    right, precision, recall = curve["true_positives"][1:], curve["precision"][1:], curve["true_positive_rate"][1:]
    threshold = curve["threshold"][1:]
    if right[-1] == 0:
        warnings.warn("No positive class found in y_true; recall is one everywhere", UserWarning, stacklevel=2)
        recall = np.ones(len(right))
    if drop_intermediate and len(right) > 2:
        moves = np.diff(right) != 0
        kept = np.concatenate([[True], moves[:-1] | moves[1:], [True]])
        precision, recall, threshold = precision[kept], recall[kept], threshold[kept]
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), threshold[::-1].copy()
