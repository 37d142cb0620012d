"""Figures of predicted classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from ._inputs import (
    Pair,
    codes_of,
    counts_whole,
    one_of,
    place_of,
    plain,
    vector,
    warn_undefined,
    weights_of,
)

_c = _core.metrics
_AVERAGES = (None, "binary", "micro", "macro", "weighted", "samples")


def accuracy_score(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """Share of rows predicted right, [0, 1]; their weight when not `normalize`.

    Labels may be numbers, texts or booleans, [rows]; with sets of labels, [rows, labels], the whole set must be right.
    """
    return _agreement(_c.accuracy, y_true, y_pred, normalize, sample_weight)


def zero_one_loss(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """Share (or weight) of rows predicted wrong: 1 - accuracy_score."""
    return _agreement(_c.error_rate, y_true, y_pred, normalize, sample_weight)


def _agreement(figure: Any, y_true: Any, y_pred: Any, normalize: bool, sample_weight: Any) -> float:
    pair = Pair(y_true, y_pred)
    weights = weights_of(sample_weight, pair.rows)
    if pair.sets is not None:
        right = (pair.sets[0] == pair.sets[1]).all(axis=1).astype(np.int32)
        share = figure(np.ones(pair.rows, dtype=np.int32), right, weights)
    else:
        share = figure(pair.truth, pair.predicted, weights)
    return share if normalize else share * (weights.sum() if len(weights) else pair.rows)


def _wanted(labels: Any, classes: np.ndarray) -> np.ndarray:
    """The places of `labels` in the classes, -1 for one that no row has."""
    listed = plain(vector(labels, "labels"), "labels")
    if len(listed) == 0:
        raise DataError("labels must name at least one label")
    codes_of([classes, listed])  # refuses labels of another type
    known = {value: code for code, value in enumerate(classes.tolist())}
    return np.array([known.get(value, -1) for value in listed.tolist()], dtype=np.int64)


def confusion_matrix(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, normalize: str | None = None
) -> np.ndarray:
    """Rows of the i-th class predicted as the j-th, [classes, classes]; whole numbers unless there are real weights.

    `labels` chooses classes and their order, default all that occur, sorted; `normalize` is None, "true", "pred" or
    "all", and a share of nothing is 0. ValueError when no label is in y_true.
    """
    one_of(normalize, "normalize", (None, "true", "pred", "all"))
    pair = Pair(y_true, y_pred)
    pair.single("confusion_matrix")
    matrix = _matrix(pair, labels, sample_weight, "confusion_matrix")
    if matrix.shape == (1, 1):
        warnings.warn(
            "Only one label occurs, so the confusion matrix is 1 x 1; name all labels in `labels` for the full one",
            UserWarning,
            stacklevel=2,
        )
    if normalize is None:
        return matrix
    whole = {"true": matrix.sum(axis=1, keepdims=True), "pred": matrix.sum(axis=0, keepdims=True), "all": matrix.sum()}
    with np.errstate(all="ignore"):
        return np.nan_to_num(matrix / whole[normalize])


def kept_codes(pair: Pair, labels: Any, who: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Codes by the order of `labels`, and which rows have both labels among them."""
    if labels is None:
        return pair.truth, pair.predicted, np.ones(pair.rows, dtype=bool), len(pair.classes)
    wanted = _wanted(labels, pair.classes)
    place = np.full(len(pair.classes), -1, dtype=np.int32)
    for position, code in enumerate(wanted):
        if code >= 0:
            place[code] = position
    truth, predicted = place[pair.truth], place[pair.predicted]
    if (truth < 0).all():
        raise DataError(f"At least one label in labels must be in the true labels of {who}")
    kept = (truth >= 0) & (predicted >= 0)
    return np.ascontiguousarray(truth[kept]), np.ascontiguousarray(predicted[kept]), kept, len(wanted)


def _matrix(pair: Pair, labels: Any, sample_weight: Any, who: str) -> np.ndarray:
    weights = weights_of(sample_weight, pair.rows)
    truth, predicted, kept, size = kept_codes(pair, labels, who)
    if len(weights) and not kept.all():
        weights = np.ascontiguousarray(weights[kept])
    if len(truth) == 0 or len(weights) and not weights.any():
        matrix = np.zeros((size, size))
    else:
        matrix = _c.confusion_matrix(truth, predicted, size, weights)
    return matrix.astype(np.int64) if counts_whole(sample_weight) else matrix


def balanced_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False) -> float:
    """Mean recall over the classes that occur in the truth, [0, 1]; `adjusted` puts chance at 0."""
    pair = Pair(y_true, y_pred)
    pair.single("balanced_accuracy_score")
    weights = weights_of(sample_weight, pair.rows)
    present = int(np.count_nonzero(_c.class_totals(pair.truth, pair.predicted, len(pair.classes), weights)[0]))
    if present < len(pair.classes):
        warnings.warn("y_pred contains classes not in y_true", UserWarning, stacklevel=2)
    score = _c.balanced_accuracy(pair.truth, pair.predicted, len(pair.classes), weights)
    if not adjusted:
        return score
    with np.errstate(all="ignore"):  # with one class there is nothing but chance
        return float((score - np.float64(1 / present)) / np.float64(1 - 1 / present))


def matthews_corrcoef(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Correlation of truth and prediction, [-1, 1]; 0 when either has one class only."""
    pair = Pair(y_true, y_pred)
    pair.single("matthews_corrcoef")
    weights = weights_of(sample_weight, pair.rows)
    return _c.matthews_correlation(pair.truth, pair.predicted, len(pair.classes), weights)


def cohen_kappa_score(
    y1: Any,
    y2: Any,
    *,
    labels: Any = None,
    weights: str | None = None,
    sample_weight: Any = None,
    replace_undefined_by: float = float("nan"),
) -> float:
    """Agreement of two judges beyond chance, at most 1; `weights` is None, "linear" or "quadratic" in the distance of
    the classes. Where chance agreement is certain, `replace_undefined_by` with a warning."""
    one_of(weights, "weights", (None, "linear", "quadratic"))
    pair = Pair(y1, y2, ("y1", "y2"))
    pair.single("cohen_kappa_score")
    row_weights = weights_of(sample_weight, pair.rows)
    truth, predicted, kept, size = kept_codes(pair, labels, "cohen_kappa_score (`y1`)")
    if len(row_weights):
        row_weights = np.ascontiguousarray(row_weights[kept])
    empty = len(truth) == 0 or labels is not None and len(row_weights) and not row_weights.any()
    kappa = np.nan if empty else _c.cohen_kappa(truth, predicted, size, weights or "nominal", row_weights)
    if np.isnan(kappa):
        warn_undefined(f"Cohen's kappa is undefined: chance alone decides; {replace_undefined_by} stands in its place")
        return replace_undefined_by
    return kappa


def _totals(pair: Pair, labels: Any, sample_weight: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of truth, of prediction and of what is right of each label."""
    weights = weights_of(sample_weight, pair.rows)
    if pair.sets is not None:
        columns = [
            [total[1] for total in _c.class_totals(np.ascontiguousarray(t), np.ascontiguousarray(p), 2, weights)]
            for t, p in zip(pair.sets[0].T, pair.sets[1].T)
        ]
        totals = np.array(columns).T
        wanted = None if labels is None else _columns_wanted(labels, len(columns))
    else:
        totals = np.array(_c.class_totals(pair.truth, pair.predicted, len(pair.classes), weights))
        wanted = None if labels is None else _wanted(labels, pair.classes)
    if wanted is not None:
        totals = np.where(wanted >= 0, totals[:, wanted], 0.0)
    if counts_whole(sample_weight):
        totals = totals.astype(np.int64)
    return totals[0], totals[1], totals[2]


def _columns_wanted(labels: Any, columns: int) -> np.ndarray:
    wanted = np.asarray(labels)
    if wanted.size == 0 or wanted.dtype.kind not in "iu" or wanted.min() < 0 or wanted.max() >= columns:
        raise DataError(f"labels of sets of labels are columns 0 to {columns - 1}, got {labels!r}")
    return wanted


def _row_totals(pair: Pair, labels: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if pair.sets is None:
        raise DataError('average="samples" needs a set of labels per row, [rows, labels] of 0 and 1')
    truth, predicted = pair.sets
    if labels is not None:
        wanted = _columns_wanted(labels, truth.shape[1])
        truth, predicted = truth[:, wanted], predicted[:, wanted]
    return truth.sum(axis=1), predicted.sum(axis=1), (truth & predicted).sum(axis=1)


def _check_zero_division(zero_division: Any) -> float:
    if isinstance(zero_division, str) and zero_division == "warn":
        return 0.0
    if not isinstance(zero_division, str) and zero_division in (0, 1) or zero_division != zero_division:
        return float(zero_division)
    raise ParameterError(f'zero_division must be "warn", 0, 1 or NaN, got {zero_division!r}')


def _positive_only(pair: Pair, pos_label: Any) -> list[Any]:
    if pair.kind != "binary":
        kinds = {"multiclass": "more than two classes", "multilabel-indicator": "sets of labels"}
        raise DataError(
            f"The target has {kinds[pair.kind]}, which average='binary' cannot measure; choose another average: "
            "None, 'micro', 'macro', 'weighted'" + (", 'samples'" if pair.sets is not None else "")
        )
    if place_of(pos_label, pair.classes) < 0 and len(pair.classes) == 2:
        raise DataError(f"pos_label={pos_label!r} is not a valid label: it should be one of {pair.classes.tolist()}")
    return [pos_label]


def _ratio(part: np.ndarray, whole: np.ndarray, instead: float) -> tuple[np.ndarray, bool]:
    """part / whole, `instead` where there is nothing; and whether that was used."""
    nothing = whole == 0
    out = np.full(len(whole), instead)
    np.divide(part, whole, out=out, where=~nothing)
    return out, bool(nothing.any())


def _mean(values: np.ndarray, weights: np.ndarray | None) -> float:
    """Mean of what is not NaN; the plain mean when all weights are 0."""
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    if weights is None or not weights[known].any():
        return float(values[known].mean())
    return float(np.average(values[known], weights=weights[known]))


def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float = 1.0,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = None,
    warn_for: Sequence[str] = ("precision", "recall", "f-score"),
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F score and support of each label, [labels] each, or their average and None.

    `average`: None, "binary" (of `pos_label` alone), "micro", "macro", "weighted" or, for sets of labels, "samples".
    The macro mean runs over all labels that occur or that `labels` names, as in scikit-learn. A ratio of nothing is
    `zero_division`: 0 or 1, NaN (left out of means), or "warn", which is 0 with a warning.
    """
    instead = _check_zero_division(zero_division)
    one_of(average, "average", _AVERAGES)
    if not beta >= 0:
        raise ParameterError(f"beta must be at least 0, got {beta!r}")
    pair = Pair(y_true, y_pred)
    if average == "binary":
        wanted = _positive_only(pair, pos_label)
        labels = wanted if place_of(pos_label, pair.classes) >= 0 else pair.classes[:1]
    elif pos_label is not None and not (isinstance(pos_label, (int, np.integer)) and pos_label == 1):
        warnings.warn(
            f"pos_label (set to {pos_label!r}) is ignored unless average is 'binary'; labels=[pos_label] chooses one",
            UserWarning,
            stacklevel=3,
        )
    weights = weights_of(sample_weight, pair.rows)
    by_rows = average == "samples"
    truth, predicted, right = _row_totals(pair, labels) if by_rows else _totals(pair, labels, sample_weight)
    if average == "binary" and place_of(pos_label, pair.classes) < 0:
        truth, predicted, right = truth * 0, predicted * 0, right * 0
    if average == "micro":
        truth, predicted, right = (np.array([total.sum()]) for total in (truth, predicted, right))

    square = float(beta) ** 2
    precision, no_precision = _ratio(right, predicted, instead)
    recall, no_recall = _ratio(right, truth, instead)
    no_score = False
    if np.isinf(beta):
        score = recall
    elif beta == 0:
        score = precision
    else:
        score, no_score = _ratio((1 + square) * right, square * truth + predicted, instead)
    if isinstance(zero_division, str):
        for name, undefined in (("precision", no_precision), ("recall", no_recall), ("f-score", no_score)):
            if undefined and name in warn_for:
                warn_undefined(
                    f"{name.capitalize()} is ill-defined where there is nothing to divide by, and set to 0.0; "
                    "`zero_division` chooses another value"
                )
    if average is None:
        return precision, recall, score, truth
    shares = truth if average == "weighted" else weights if average == "samples" and len(weights) else None
    return _mean(precision, shares), _mean(recall, shares), _mean(score, shares), None


def precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Right among those predicted so, [0, 1]; see precision_recall_fscore_support."""
    return precision_recall_fscore_support(
        y_true, y_pred, labels=labels, pos_label=pos_label, average=average, warn_for=("precision",),
        sample_weight=sample_weight, zero_division=zero_division,
    )[0]  # fmt: skip


def recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Right among those that are so, [0, 1]; see precision_recall_fscore_support."""
    return precision_recall_fscore_support(
        y_true, y_pred, labels=labels, pos_label=pos_label, average=average, warn_for=("recall",),
        sample_weight=sample_weight, zero_division=zero_division,
    )[1]  # fmt: skip


def f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Harmonic mean of precision and recall, [0, 1]; see precision_recall_fscore_support."""
    return fbeta_score(
        y_true, y_pred, beta=1.0, labels=labels, pos_label=pos_label, average=average, sample_weight=sample_weight,
        zero_division=zero_division,
    )  # fmt: skip


def fbeta_score(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Harmonic mean in which recall counts beta times as much as precision, [0, 1]."""
    return precision_recall_fscore_support(
        y_true, y_pred, beta=beta, labels=labels, pos_label=pos_label, average=average, warn_for=("f-score",),
        sample_weight=sample_weight, zero_division=zero_division,
    )[2]  # fmt: skip
