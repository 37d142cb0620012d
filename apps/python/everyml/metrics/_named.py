"""Figures by the engine's own names, and how sure they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError
from .._run import seed_of, threads_of
from ._inputs import numbers_of, weights_of
from ._scores import _probabilities

_c = _core.metrics


def metric_list() -> list[dict[str, Any]]:
    """The engine's metrics in the order to show them: name, title, task ("classes" or "numbers"), greater_is_better,
    needs_probabilities, low, high."""
    return _c.metric_list()


def _judged(metric: str, y_true: Any, y_pred: Any, labels: Any) -> tuple[Any, np.ndarray]:
    """The target and what was said of it, in the engine's form."""
    if _c.find_metric(metric)["task"] == "classes":
        codes, matrix = _probabilities(y_true, y_pred, labels)
        names = [str(code) for code in range(matrix.shape[1])]
        return _core.Target.classes(codes, names, "category"), np.ascontiguousarray(matrix).ravel()
    truth, predicted = numbers_of(y_true, "y_true"), numbers_of(y_pred, "y_pred")
    if truth.ndim != 1 or predicted.shape != truth.shape:
        raise DataError(f"y_true and y_pred must be [rows] of numbers, got {truth.shape} and {predicted.shape}")
    return _core.Target.numbers(truth), predicted


def score(metric: str, y_true: Any, y_pred: Any, *, sample_weight: Any = None, labels: Any = None) -> float:
    """A metric by the engine's name, such as "auc" or "rmse" (`metric_list`).

    `y_pred` is numbers [rows] for metrics of numbers, and probabilities, as log_loss takes them, for metrics of
    classes. NaN where the figure is not defined.
    """
    target, said = _judged(metric, y_true, y_pred, labels)
    return _c.score(metric, target, said, weights_of(sample_weight, len(np.asarray(y_true))))


def bootstrap_interval(
    metric: str,
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    labels: Any = None,
    replicates: int = 1000,
    level: float = 0.95,
    method: str = "percentile",
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> dict[str, float]:
    """A metric with an interval from resampled rows: estimate, low, high, standard_error, undefined.

    `undefined` counts replicates left out. `method` is "percentile" or "bias_corrected" (BCa). The same seed gives the
    same interval at any number of threads.
    """
    target, said = _judged(metric, y_true, y_pred, labels)
    weights = weights_of(sample_weight, len(np.asarray(y_true)))
    run = _core.Run(threads=threads_of(n_jobs), seed=seed_of(random_state))
    return _c.bootstrap_interval(metric, target, said, weights, replicates, level, method, run)


def paired_bootstrap(
    metric: str,
    y_true: Any,
    y_pred_a: Any,
    y_pred_b: Any,
    *,
    sample_weight: Any = None,
    labels: Any = None,
    replicates: int = 1000,
    level: float = 0.95,
    method: str = "percentile",
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> dict[str, float]:
    """metric(a) - metric(b) of two models on the same rows, resampled alike: as bootstrap_interval, with p_value."""
    target, a = _judged(metric, y_true, y_pred_a, labels)
    _, b = _judged(metric, y_true, y_pred_b, labels)
    weights = weights_of(sample_weight, len(np.asarray(y_true)))
    run = _core.Run(threads=threads_of(n_jobs), seed=seed_of(random_state))
    return _c.paired_bootstrap(metric, target, a, b, weights, replicates, level, method, run)


def corrected_resampled_t_test(
    scores_a: Any, scores_b: Any, *, test_to_training_ratio: float, level: float = 0.95
) -> dict[str, float]:
    """Student's t test for two models' scores on the same folds, its variance enlarged because training sets overlap:
    difference, standard_error, statistic, degrees, p_value (two-sided), low, high.
    Source: Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52 (2003)."""
    a, b = numbers_of(scores_a, "scores_a"), numbers_of(scores_b, "scores_b")
    return _c.corrected_resampled_t_test(a.ravel(), b.ravel(), float(test_to_training_ratio), float(level))
