"""Figures of predicted numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from ._inputs import numbers_of, require_rows, same_length, warn_undefined, weights_of

_c = _core.metrics
_AVERAGES = ("raw_values", "uniform_average", "variance_weighted")


class _Columns:
    """Truth and prediction as columns, [outputs] of [rows]."""

    def __init__(self, y_true: Any, y_pred: Any, sample_weight: Any) -> None:
        truth, predicted = numbers_of(y_true, "y_true"), numbers_of(y_pred, "y_pred")
        for array, name in ((truth, "y_true"), (predicted, "y_pred")):
            if array.ndim not in (1, 2):
                raise DataError(f"{name} must be [rows] or [rows, outputs], got an array of shape {array.shape}")
        same_length(truth, predicted, "y_true and y_pred")
        require_rows(truth, "y_true")
        self.truth, self.predicted = truth.reshape(len(truth), -1), predicted.reshape(len(truth), -1)
        self.rows, self.outputs = self.truth.shape
        if self.predicted.shape[1] != self.outputs:
            raise DataError(
                f"y_true and y_pred have different number of output ({self.outputs}!={self.predicted.shape[1]})"
            )
        self.weights = weights_of(sample_weight, self.rows)

    def column(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        return np.ascontiguousarray(self.truth[:, j]), np.ascontiguousarray(self.predicted[:, j])

    def each(self, figure: Callable[..., float]) -> np.ndarray:
        return np.array([figure(*self.column(j), self.weights) for j in range(self.outputs)])

    def only(self, who: str) -> tuple[np.ndarray, np.ndarray]:
        if self.outputs != 1:
            raise DataError(f"Multioutput not supported in {who}: give one number per row")
        return self.column(0)


def _averaged(values: np.ndarray, multioutput: Any, shares: np.ndarray | None = None) -> Any:
    if multioutput is None or isinstance(multioutput, str):
        if multioutput is not None and multioutput not in _AVERAGES[: 3 if shares is not None else 2]:
            raise ParameterError(f"Allowed 'multioutput' string values are {_AVERAGES}; got {multioutput!r}")
        if multioutput == "raw_values":
            return values
        if multioutput != "variance_weighted" or not shares.any():
            shares = None
    else:
        shares = numbers_of(multioutput, "multioutput")
        if len(values) == 1:
            raise DataError("Custom weights of outputs are useful only in multi-output cases")
        if shares.shape != values.shape:
            raise DataError(f"There must be equally many custom weights ({len(shares)}) as outputs ({len(values)})")
        if not shares.any():
            raise DataError("multioutput has weights that are all 0")
    return float(np.average(values, weights=shares))


def mean_absolute_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of |y_true - y_pred|, in the target's unit.

    Numbers are [rows] or [rows, outputs]. `multioutput`: "raw_values" is one figure per output, "uniform_average" their
    mean, a list of weights their weighted mean.
    """
    return _averaged(_Columns(y_true, y_pred, sample_weight).each(_c.mean_absolute_error), multioutput)


def mean_squared_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of (y_true - y_pred)^2; outputs as in mean_absolute_error."""
    return _averaged(_Columns(y_true, y_pred, sample_weight).each(_c.mean_squared_error), multioutput)


def root_mean_squared_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Root of the mean squared error of each output, averaged as in mean_absolute_error."""
    return _averaged(_Columns(y_true, y_pred, sample_weight).each(_c.root_mean_squared_error), multioutput)


def median_absolute_error(
    y_true: Any, y_pred: Any, *, multioutput: Any = "uniform_average", sample_weight: Any = None
) -> Any:
    """Median of |y_true - y_pred|; the mean of both middle values when the weight splits evenly."""
    return _averaged(_Columns(y_true, y_pred, sample_weight).each(_c.median_absolute_error), multioutput)


def mean_absolute_percentage_error(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, multioutput: Any = "uniform_average"
) -> Any:
    """Mean of |y_true - y_pred| / max(|y_true|, 2^-52), as a share: 1 is 100 %."""
    return _averaged(_Columns(y_true, y_pred, sample_weight).each(_c.mean_absolute_percentage_error), multioutput)


def mean_pinball_loss(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, alpha: float = 0.5, multioutput: Any = "uniform_average"
) -> Any:
    """The loss that is smallest for the quantile of level `alpha`, in [0, 1]."""

    def figure(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
        return _c.pinball_loss(truth, predicted, float(alpha), weights)

    return _averaged(_Columns(y_true, y_pred, sample_weight).each(figure), multioutput)


def _variances(columns: _Columns) -> np.ndarray:
    weights = columns.weights if len(columns.weights) else None
    means = np.average(columns.truth, axis=0, weights=weights)
    constant = np.ptp(columns.truth if weights is None else columns.truth[weights > 0], axis=0) == 0
    found = [
        _c.mean_squared_error(columns.column(j)[0], np.full(columns.rows, means[j]), columns.weights)
        for j in range(columns.outputs)
    ]
    return np.where(constant, 0.0, found)


def _explained(columns: _Columns, figure: Callable[..., float], multioutput: Any, force_finite: bool) -> Any:
    values, variances = columns.each(figure), _variances(columns)
    if not force_finite:
        # Without variance the figure is 1 when nothing is left to explain, else 0.
        values = np.where(variances > 0, values, np.where(values > 0, np.nan, -np.inf))
    return _averaged(values, multioutput, variances)


def r2_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    """1 - (residual sum of squares) / (sum of squares about the mean), at most 1.

    For a constant truth 1 when every prediction is right, else 0; NaN and -infinity unless `force_finite`. NaN with a
    warning for fewer than two rows. `multioutput` may also be "variance_weighted".
    """
    columns = _Columns(y_true, y_pred, sample_weight)
    if columns.rows < 2:
        warn_undefined("R^2 score is not well-defined with less than two samples")
        return float("nan")
    return _explained(columns, _c.r_squared, multioutput, force_finite)


def explained_variance_score(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    force_finite: bool = True,
) -> Any:
    """As r2_score with the variance of the residuals, which forgives a constant offset."""
    return _explained(_Columns(y_true, y_pred, sample_weight), _c.explained_variance, multioutput, force_finite)


def max_error(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Largest |y_true - y_pred| among rows whose weight is not 0."""
    columns = _Columns(y_true, y_pred, sample_weight)
    return _c.max_error(*columns.only("max_error"), columns.weights)


def mean_poisson_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean of 2 (y ln(y / p) - y + p). ValueError unless y_true >= 0 and y_pred > 0."""
    columns = _Columns(y_true, y_pred, sample_weight)
    return _c.poisson_deviance(*columns.only("mean_poisson_deviance"), columns.weights)


def mean_gamma_deviance(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean of 2 (ln(p / y) + y / p - 1). ValueError unless y_true > 0 and y_pred > 0."""
    columns = _Columns(y_true, y_pred, sample_weight)
    return _c.gamma_deviance(*columns.only("mean_gamma_deviance"), columns.weights)
