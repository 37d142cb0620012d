"""Figures of probabilities and scores of classes, and of ranked lists."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from . import _core
from ._errors import DataError, ParameterError
from ._metric_inputs import (
    array_of,
    as_doubles,
    codes_of,
    indicator,
    numbers_of,
    one_of,
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


def _truth_of(y_true: Any, y_score: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
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
        warnings.warn("The y_proba values do not sum to one in each row; are they probabilities?", UserWarning, stacklevel=3)
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
    """As _truth_of; a truth of [rows, classes] with one 1 in each row is taken too."""
    truth = array_of(y_true, "y_true")
    if truth.ndim != 2 or truth.shape[1] == 1:
        return _truth_of(truth, matrix, "y_proba")
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
        codes, classes = _truth_of(y_true, given, "y_proba")
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
    return _c.expected_calibration_error(codes, np.ascontiguousarray(matrix).ravel(), matrix.shape[1], int(bins), weights)


def _scored(y_true: Any, y_score: Any, pos_label: Any) -> tuple[np.ndarray, np.ndarray]:
    """1 where the row is of the positive class, and the scores."""
    scores = numbers_of(y_score, "y_score")
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim != 1:
        raise DataError(f"y_score must have one score per row, got an array of shape {scores.shape}")
    if np.ndim(y_true) == 2 and np.shape(y_true)[1] > 1:
        raise DataError("multilabel-indicator format is not supported: this curve needs one label per row")
    codes, classes = _truth_of(y_true, scores, "y_score")
    if pos_label is None and len(classes) > 2:
        raise DataError("multiclass format is not supported without pos_label: a curve is of one class against the rest")
    label = positive_label(pos_label, classes)
    return (codes == place_of(label, classes)).astype(np.int32), np.ascontiguousarray(scores)


def _curve(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any) -> dict[str, np.ndarray]:
    truth, scores = _scored(y_true, y_score, pos_label)
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
        warnings.warn("No positive class found in y_true; recall is set to one at all thresholds", UserWarning, stacklevel=2)
        recall = np.ones(len(right))
    if drop_intermediate and len(right) > 2:
        moves = np.diff(right) != 0
        kept = np.concatenate([[True], moves[:-1] | moves[1:], [True]])
        precision, recall, threshold = precision[kept], recall[kept], threshold[kept]
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), threshold[::-1].copy()


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
        raise DataError(f"y_score must have the shape {truth.shape} of the true labels, one column per class, got {scores.shape}")
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
    codes, classes = _truth_of(truth, scores, "y_score")
    if len(classes) > 2 or scores.ndim == 2 and scores.shape[1] > 2:
        if figure is not _auc:
            raise ParameterError("Partial AUC is of two classes or sets of labels: max_fpr must be None for more classes")
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
        raise DataError(f"y_score must be of shape (n_samples, n_classes) for more than two classes, got {scores.shape}")
    if not np.allclose(scores.sum(axis=1), 1):
        raise DataError("y_score must hold probabilities for more than two classes: each row sums to 1.0 over the classes")
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
        raise DataError(f"Number of classes, {len(classes)}, not equal to the number of columns in y_score, {scores.shape[1]}")
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
    codes, classes = _truth_of(truth, scores, "y_score")
    if len(classes) > 2:
        if not isinstance(pos_label, (int, np.integer)) or pos_label != 1:
            raise DataError("Parameter pos_label is fixed to 1 for multiclass y_true")
        return _by_columns(_average_precision, _one_hot(codes, len(classes)), scores, average, weights)
    one_of(average, "average", (None, "micro", "macro", "weighted", "samples"))
    if len(classes) == 2 and place_of(pos_label, classes) < 0:
        raise DataError(f"pos_label={pos_label!r} is not a valid label. It should be one of {classes.tolist()}")
    is_positive, values = _scored(y_true, y_score, pos_label)
    return _average_precision(is_positive, values, weights)


def cost_minimal_threshold(
    y_true: Any, y_score: Any, costs: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[float, float]:
    """The threshold with the smallest mean cost on these rows (call positive when score >= threshold), and that cost.

    `costs` is [2, 2]: costs[i, j] for a row of class i called j, 1 the positive class.
    """
    truth, scores = _scored(y_true, y_score, pos_label)
    matrix = as_doubles(array_of(costs, "costs"), "costs")
    if matrix.shape != (2, 2):
        raise DataError(f"costs must have shape (2, 2), got {matrix.shape}")
    return _c.cost_minimal_threshold(truth, scores, matrix.ravel(), weights_of(sample_weight, len(truth)))


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
