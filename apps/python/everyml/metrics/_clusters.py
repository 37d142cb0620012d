"""Figures of clusterings."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, _inputs
from .._errors import DataError, ParameterError, UnsupportedError
from .._run import seed_of
from ._inputs import array_of, codes_of, numbers_of, one_of, plain, same_length, vector

_c = _core.metrics


def _codes(labels: Any, name: str) -> np.ndarray:
    values = vector(labels, name)
    return codes_of([plain(values, name)])[0][0] if len(values) else np.empty(0, dtype=np.int32)


def _two(labels_true: Any, labels_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    truth, found = _codes(labels_true, "labels_true"), _codes(labels_pred, "labels_pred")
    same_length(truth, found, "labels_true and labels_pred")
    return truth, found


def adjusted_rand_score(labels_true: Any, labels_pred: Any) -> float:
    """Agreement of two divisions of the same rows over pairs of rows, 0 for chance, 1 for equal; [-0.5, 1].

    Labels of any kind, [rows]; 1 for no rows, as in scikit-learn.
    """
    truth, found = _two(labels_true, labels_pred)
    return _c.adjusted_rand(truth, found) if len(truth) else 1.0


def normalized_mutual_info_score(labels_true: Any, labels_pred: Any, *, average_method: str = "arithmetic") -> float:
    """Mutual information over a mean of both entropies, [0, 1]; 1 for no rows, as in scikit-learn.

    `average_method` is "arithmetic", "geometric", "min" or "max".
    """
    one_of(average_method, "average_method", ("arithmetic", "geometric", "min", "max"))
    truth, found = _two(labels_true, labels_pred)
    return _c.normalised_mutual_information(truth, found, average_method) if len(truth) else 1.0


def homogeneity_completeness_v_measure(
    labels_true: Any, labels_pred: Any, *, beta: float = 1.0
) -> tuple[float, float, float]:
    """Each cluster holds one class only; each class lies in one cluster only; their mean, completeness counting `beta`
    times as much. [0, 1] each; 1 for no rows, as in scikit-learn."""
    if not beta >= 0:
        raise ParameterError(f"beta must be at least 0, got {beta!r}")
    truth, found = _two(labels_true, labels_pred)
    if len(truth) == 0:
        return 1.0, 1.0, 1.0
    homogeneity, completeness, v = _c.v_measure(truth, found)
    if beta != 1 and v > 0:
        v = (1 + beta) * homogeneity * completeness / (beta * homogeneity + completeness)
    return homogeneity, completeness, v


def homogeneity_score(labels_true: Any, labels_pred: Any) -> float:
    """Each cluster holds one class only, [0, 1]."""
    return homogeneity_completeness_v_measure(labels_true, labels_pred)[0]


def completeness_score(labels_true: Any, labels_pred: Any) -> float:
    """Each class lies in one cluster only, [0, 1]."""
    return homogeneity_completeness_v_measure(labels_true, labels_pred)[1]


def v_measure_score(labels_true: Any, labels_pred: Any, *, beta: float = 1.0) -> float:
    """Harmonic mean of homogeneity and completeness, [0, 1]."""
    return homogeneity_completeness_v_measure(labels_true, labels_pred, beta=beta)[2]


def _labels_of(labels: Any, rows: int) -> np.ndarray:
    codes = _codes(labels, "labels")
    if len(codes) != rows:
        raise DataError(f"X and labels have inconsistent numbers of samples: {rows} and {len(codes)}")
    found = int(codes.max()) + 1 if len(codes) else 0
    if not 1 < found < len(codes):
        raise DataError(f"Number of labels is {found}. Valid values are 2 to n_samples - 1 (inclusive)")
    return codes


def _clustered(X: Any, labels: Any) -> tuple[Any, np.ndarray]:
    features = _inputs.read(X, "never").features
    return features, _labels_of(labels, features.shape[0])


def _silhouettes(X: Any, labels: Any, metric: str) -> tuple[float, np.ndarray]:
    if metric == "euclidean":
        return _c.silhouette(*_clustered(X, labels), _core.Run())
    if metric != "precomputed":
        raise UnsupportedError(f'metric must be "euclidean" or "precomputed" (X is the distances), got {metric!r}')
    distances = numbers_of(X, "X")
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1]:
        raise DataError(f"precomputed distances are [rows, rows], got an array of shape {distances.shape}")
    codes = _labels_of(labels, len(distances))
    unit = np.finfo(np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64).eps
    if (np.abs(distances.diagonal()) > 100 * unit).any():
        raise DataError(
            "The precomputed distance matrix contains non-zero elements on the diagonal: a row is at 0 from itself"
        )
    return _c.silhouette_of_distances(distances.ravel(), codes, _core.Run())


def silhouette_samples(X: Any, labels: Any, *, metric: str = "euclidean") -> np.ndarray:
    """How near each row is to its own cluster against the next one, [rows] of [-1, 1]; 0 for a cluster of one row.

    `X` is [rows, columns] of numbers, or distances [rows, rows] with metric="precomputed"; `labels` [rows] of any kind;
    a label of -1 is a cluster like any other, as in scikit-learn.
    """
    return _silhouettes(X, labels, metric)[1]


def silhouette_score(
    X: Any, labels: Any, *, metric: str = "euclidean", sample_size: int | None = None, random_state: Any = None
) -> float:
    """Mean of silhouette_samples; of at most `sample_size` rows drawn without replacement when that is given."""
    if sample_size is None:
        return _silhouettes(X, labels, metric)[0]
    if isinstance(sample_size, bool) or not isinstance(sample_size, (int, np.integer)) or sample_size < 1:
        raise ParameterError(f"sample_size must be a whole number of at least 1, or None, got {sample_size!r}")
    run = _core.Run(seed=seed_of(random_state))
    if metric == "euclidean":
        features = _inputs.read(X, "never").features
        codes = _codes(labels, "labels")
        if len(codes) != features.shape[0]:
            raise DataError(f"X and labels have inconsistent numbers of samples: {features.shape[0]} and {len(codes)}")
        return _c.sampled_silhouette(features, codes, int(sample_size), run)
    distances, values = array_of(X, "X"), vector(labels, "labels")
    same_length(distances, values, "X and labels")
    if distances.ndim == 2 and sample_size < len(distances):
        kept = _c.silhouette_sample(len(distances), int(sample_size), run)
        distances, values = distances[np.ix_(kept, kept)], values[kept]
    return _silhouettes(distances, values, metric)[0]


def davies_bouldin_score(X: Any, labels: Any) -> float:
    """Mean over clusters of the worst (spread i + spread j) / (distance of the centres); smaller is better."""
    return _c.davies_bouldin(*_clustered(X, labels), _core.Run())


def calinski_harabasz_score(X: Any, labels: Any) -> float:
    """Spread between clusters over spread within, each by its degrees of freedom; larger is better."""
    return _c.calinski_harabasz(*_clustered(X, labels), _core.Run())
