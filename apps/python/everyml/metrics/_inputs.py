"""What users hand to metrics and splits, as the engine takes it: codes of labels, numbers, weights."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError, UnsupportedError
from .._inputs import text_codes

NO_WEIGHTS = np.empty(0)
_NUMBERS = "biuf"
_TEXTS = "OUT"


class UndefinedMetricWarning(UserWarning):
    """A figure is not defined for these rows; what stands in its place is said. scikit-learn's own class of this name
    is used where scikit-learn is loaded."""


def warn_undefined(sentence: str) -> None:
    loaded = sys.modules.get("sklearn.exceptions")
    category = loaded.UndefinedMetricWarning if loaded else UndefinedMetricWarning
    warnings.warn(sentence, category, stacklevel=3)


def array_of(values: Any, name: str) -> np.ndarray:
    """Any container as an array; texts and numbers in one list stay what they are."""
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        return values.toarray()
    if isinstance(values, np.ndarray):
        return np.asarray(values)
    if values is None or isinstance(values, (str, bytes, dict)) or isinstance(values, Number):
        raise ParameterError(f"{name} must be a list or an array with one entry per row, got {values!r}")
    if not hasattr(values, "__array__") and not isinstance(values, Sequence) and isinstance(values, Iterable):
        values = list(values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name} must hold one entry per row: {error}") from error
    if array.dtype.kind in "US" and array.ndim == 1 and not hasattr(values, "__array__"):
        if not all(isinstance(value, (str, bytes)) for value in values):
            array = np.empty(len(values), dtype=object)
            array[:] = list(values)
    return array


def vector(values: Any, name: str) -> np.ndarray:
    """One dimension; a single column is taken as such."""
    array = array_of(values, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{name} must be a list with one entry per row, got an array of shape {array.shape}")
    return array


def plain(array: np.ndarray, name: str) -> np.ndarray:
    """Labels as an array of numbers, of booleans, or of texts; ValueError for missing, mixed and continuous ones."""
    kind = array.dtype.kind
    if kind == "O":
        array = _from_objects(array, name)
        kind = array.dtype.kind
    if kind == "S":
        _refuse_bytes(name)
    if kind == "f":
        if not np.isfinite(array).all():
            row = int(np.flatnonzero(~np.isfinite(array.ravel()))[0])
            raise DataError(f"{name} contains NaN or infinity (entry {row}); leave such rows out")
        if (array != np.floor(array)).any():
            raise DataError(f"{name} holds continuous numbers; labels are whole numbers, texts or true and false")
    elif kind not in _NUMBERS + _TEXTS:
        raise DataError(f"{name} holds {array.dtype}; labels are whole numbers, texts or true and false")
    return array


def _refuse_bytes(name: str) -> None:
    raise UnsupportedError(f"Labels represented as bytes are not supported: decode those of {name} to texts")


def _from_objects(array: np.ndarray, name: str) -> np.ndarray:
    kinds = {type(value) for value in array.ravel()}
    if all(issubclass(kind, str) for kind in kinds):
        return array
    if bytes in kinds:
        _refuse_bytes(name)
    for value in array.ravel():
        if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
            raise DataError(f"{name} contains NaN or None; leave such rows out")
    if kinds <= {bool, np.bool_}:
        return array.astype(bool)
    if all(issubclass(kind, (int, np.integer, np.bool_)) for kind in kinds):
        return array.astype(np.int64)
    if all(issubclass(kind, (int, float, np.number, np.bool_)) for kind in kinds):
        return array.astype(np.float64)
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError(f"{name} mixes labels of several types ({names}); give all as texts or all as numbers")


def codes_of(arrays: Sequence[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """Codes of each array in the sorted classes of all together. The arrays come from `plain`."""
    filled = [array for array in arrays if len(array)]
    texts = [array.dtype.kind in _TEXTS for array in filled]
    if any(texts) and not all(texts):
        raise DataError("Mix of label input types (texts and numbers): truth and prediction need labels of one type")
    joined = np.concatenate(filled) if filled else np.empty(0, dtype=np.int64)
    if any(texts):
        try:
            codes, classes = text_codes(joined)
        except TypeError as error:
            raise DataError(f"Mix of label input types: {error}") from error
    else:
        wide = np.float64 if joined.dtype.kind == "f" or joined.dtype == np.uint64 else np.int64
        codes, first, _ = _core.labels(np.ascontiguousarray(joined, dtype=wide))
        classes = joined[first]
    ends = np.cumsum([len(array) for array in arrays])
    return [np.ascontiguousarray(part) for part in np.split(codes, ends[:-1])], classes


def same_length(first: Any, second: Any, names: str) -> None:
    if len(first) != len(second):
        raise DataError(f"{names} have inconsistent numbers of samples: {len(first)} and {len(second)}")


def require_rows(array: np.ndarray, name: str) -> None:
    if len(array) == 0:
        raise DataError(f"{name} is an empty array (0 samples) while at least 1 row is required")


def weights_of(sample_weight: Any, rows: int) -> np.ndarray:
    """One float64 per row; empty when there are none."""
    if sample_weight is None:
        return NO_WEIGHTS
    single = isinstance(sample_weight, Number)
    array = np.full(rows, sample_weight) if single else array_of(sample_weight, "sample_weight")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"sample_weight must be 1D, one weight per row, got an array of shape {array.shape}")
    if len(array) != rows:
        raise DataError(f"sample_weight has {len(array)} entries for {rows} rows; there must be one per row")
    weights = as_doubles(array, "sample_weight")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        row = int(np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))[0])
        raise DataError(f"sample_weight is {weights[row]} in row {row}; weights are finite and not negative")
    if rows > 0 and not weights.any():
        raise DataError("sample_weight must contain at least one weight that is not 0")
    return weights


def counts_whole(sample_weight: Any) -> bool:
    """Whether totals are whole numbers: no weights, or weights of a whole type."""
    if sample_weight is None or isinstance(sample_weight, Number):
        return sample_weight is None or isinstance(sample_weight, (int, np.integer))
    return array_of(sample_weight, "sample_weight").dtype.kind in "iub"


def as_doubles(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind == "c":
        raise DataError(f"{name} holds complex numbers; real numbers are needed")
    if array.dtype.kind not in _NUMBERS:
        if array.dtype.kind != "O":
            raise DataError(f"{name} holds {array.dtype}; numbers are needed")
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{name} holds something that is not a number: {error}") from error
    return np.ascontiguousarray(array, dtype=np.float64)


def numbers_of(values: Any, name: str) -> np.ndarray:
    """A finite float64 array of the values' own shape."""
    array = as_doubles(array_of(values, name), name)
    if not np.isfinite(array).all():
        what = "NaN" if np.isnan(array).any() else "infinity"
        raise DataError(f"Input {name} contains {what}; finite numbers are needed")
    return array


class Pair:
    """Truth and prediction of a task of classes, both coded in `classes`; `sets` holds [rows, labels] of 0 and 1 in
    their place when each row has a set of labels."""

    def __init__(self, y_true: Any, y_pred: Any, names: tuple[str, str] = ("y_true", "y_pred")) -> None:
        truth, predicted = array_of(y_true, names[0]), array_of(y_pred, names[1])
        same_length(truth, predicted, " and ".join(names))
        require_rows(truth, names[0])
        wide = [array.ndim == 2 and array.shape[1] > 1 for array in (truth, predicted)]
        self.sets: tuple[np.ndarray, np.ndarray] | None = None
        if any(wide):
            if not all(wide) or truth.shape != predicted.shape:
                raise DataError(
                    "Classification metrics can't handle a mix of label sets and single labels: "
                    f"{names[0]} has shape {truth.shape}, {names[1]} has shape {predicted.shape}"
                )
            self.sets = indicator(truth, names[0]), indicator(predicted, names[1])
            self.classes, self.kind = np.arange(truth.shape[1]), "multilabel-indicator"
        else:
            plains = plain(vector(truth, names[0]), names[0]), plain(vector(predicted, names[1]), names[1])
            (self.truth, self.predicted), self.classes = codes_of(plains)
            self.kind = "binary" if len(self.classes) <= 2 else "multiclass"
        self.rows = len(truth)

    def single(self, who: str) -> None:
        """ValueError for sets of labels."""
        if self.sets is not None:
            raise DataError(f"multilabel-indicator is not supported by {who}: it needs one label per row")


def indicator(array: np.ndarray, name: str) -> np.ndarray:
    """Sets of labels, [rows, labels], as int32 of 0 and 1."""
    numbers = as_doubles(array, name)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise DataError(f"{name} is multiclass-multioutput or continuous; sets of labels are matrices of 0 and 1")
    return numbers.astype(np.int32)


def place_of(label: Any, classes: np.ndarray) -> int:
    """The code of a label, -1 when it is not among the classes."""
    return next((code for code, value in enumerate(classes.tolist()) if value == label), -1)


def positive_label(pos_label: Any, classes: np.ndarray) -> Any:
    """The label called positive: given, or 1 where the classes are 0 and 1 or -1 and 1."""
    if pos_label is not None:
        return pos_label
    values = classes.tolist()
    if classes.dtype.kind in _NUMBERS and (set(values) <= {0, 1} or set(values) <= {-1, 1}):
        return 1
    raise DataError(
        f"y_true takes values in {values} and pos_label is not specified: make y_true take values in {{0, 1}} or "
        "{-1, 1}, or pass pos_label"
    )


def one_of(value: Any, name: str, choices: Sequence[Any]) -> None:
    if not any(value is choice or isinstance(value, str) and value == choice for choice in choices):
        raise ParameterError(f"{name} must be one of {list(choices)}, got {value!r}")
