"""What users hand in, as the engine takes it: matrices of numbers, tables, labels, weights."""

from __future__ import annotations

import sys
import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from . import _core
from ._errors import DataError

_NUMBERS = "biuf"


class ColumnVectorWarning(UserWarning):
    """A column vector was given where one dimension was expected."""


class Numbers:
    """A matrix of numbers: ``features`` for the engine, ``names`` of a frame or None; ``kept`` is the table of a
    container whose columns have no type."""

    __slots__ = ("features", "names", "rows", "columns", "kept")

    def __init__(self, features: Any, names: list[str] | None, rows: int, columns: int, kept: Any = None) -> None:
        self.features, self.names, self.rows, self.columns, self.kept = features, names, rows, columns, kept

    def engine_names(self) -> list[str]:
        """Names that differ, as a model's file needs them."""
        if self.names is None:
            return default_names(self.columns)
        from ._data.tables import column_names

        return column_names(self.names, [])


class Mixed:
    """A table with columns that are not of numbers: ``table`` for the encoder, ``kept`` with its texts unjudged."""

    __slots__ = ("table", "kept", "names", "rows", "columns")

    def __init__(self, table: Any, kept: Any, names: list[str] | None, rows: int, columns: int) -> None:
        self.table, self.kept, self.names, self.rows, self.columns = table, kept, names, rows, columns


@lru_cache(maxsize=64)
def default_names(columns: int) -> list[str]:
    return [f"x{i}" for i in range(columns)]


def is_sparse(data: Any) -> bool:
    return hasattr(data, "tocsr") and hasattr(data, "nnz")


def is_frame(data: Any) -> bool:
    """Something with named columns of types of their own."""
    if isinstance(data, np.ndarray):
        return data.dtype.names is not None
    return (
        hasattr(data, "__arrow_c_stream__")
        or hasattr(data, "__arrow_c_array__")
        and hasattr(data, "schema")
        or hasattr(data, "__dataframe__")
        or hasattr(data, "iloc")
        and hasattr(data, "columns")
        or isinstance(data, dict)
        or isinstance(data, list)
        and bool(data)
        and isinstance(data[0], dict)
        or isinstance(data, _core.Table)
    )


def _require_plane(shape: tuple[int, ...], data: Any) -> None:
    if len(shape) == 2:
        return
    if len(shape) == 0:
        raise DataError(
            f"Expected 2D array, got scalar array instead: {data!r}. Reshape your data: [[value]] is one row of one column."
        )
    if len(shape) == 1:
        raise DataError(
            "Expected 2D array, got 1D array instead. Reshape your data with array.reshape(-1, 1) if it is one column, or "
            "array.reshape(1, -1) if it is one row."
        )
    raise DataError(f"Found array with dim {len(shape)}, while dim 2 is expected: one row per observation.")


def _require_cells(rows: int, columns: int) -> None:
    if rows == 0:
        raise DataError(f"Found array with 0 sample(s) (shape=({rows}, {columns})) while a minimum of 1 is required.")
    if columns == 0:
        raise DataError(f"Found array with 0 feature(s) (shape=({rows}, {columns})) while a minimum of 1 is required.")


def dense(array: np.ndarray) -> Any:
    """Features of a matrix [rows, columns]; borrowed where it is float64 or float32 with contiguous rows."""
    if array.dtype != np.float64 and array.dtype != np.float32 or not array.dtype.isnative:
        array = array.astype(np.float32 if array.dtype == np.float16 else np.float64)
    rows, columns = array.shape
    itemsize = array.itemsize
    if columns > 1 and array.strides[1] != itemsize or rows > 1 and array.strides[0] < columns * itemsize:
        array = np.ascontiguousarray(array)
    elif rows > 1 and array.strides[0] % itemsize or not array.flags.aligned:
        array = np.array(array, order="C")
    return _core.dense(array)


def sparse(matrix: Any) -> Any:
    """Features of a SciPy matrix, in rows of float32."""
    csr = matrix.tocsr()
    if np.iscomplexobj(csr.data):
        raise DataError("Complex data not supported: features are real numbers.")
    if not csr.has_canonical_format:
        csr = csr.copy()
        csr.sum_duplicates()
    rows, columns = csr.shape
    if columns > np.iinfo(np.int32).max:
        raise DataError(f"A sparse matrix of {columns} columns is too wide: at most {np.iinfo(np.int32).max} are read.")
    _require_cells(rows, columns)
    return _core.sparse(
        rows,
        columns,
        np.ascontiguousarray(csr.indptr, dtype=np.int64),
        np.ascontiguousarray(csr.indices, dtype=np.int32),
        np.ascontiguousarray(csr.data, dtype=np.float32),
    )


def _names_of(data: Any) -> list[str] | None:
    """The names of a frame's columns when all are texts; scikit-learn's rule."""
    if isinstance(data, np.ndarray):
        return None
    columns = getattr(data, "column_names", None)
    if columns is None or callable(columns):
        columns = getattr(data, "columns", None)
    if columns is None and isinstance(data, dict):
        columns = data.keys()
    if columns is None or callable(columns):
        return None
    names = list(columns)
    texts = [isinstance(name, str) for name in names]
    if all(texts):
        return [str(name) for name in names]
    if any(texts):
        kinds = sorted({type(name).__qualname__ for name in names})
        raise TypeError(
            f"The columns of X have names of several kinds ({', '.join(kinds)}); names are kept when all of them are "
            "texts, so make them string names with X.columns.astype(str), or give a matrix."
        )
    return None


def _from_array(array: np.ndarray) -> Numbers | None:
    """None when it holds anything but numbers."""
    kind = array.dtype.kind
    if kind == "c":
        raise DataError("Complex data not supported: features are real numbers.")
    if kind not in _NUMBERS:
        if kind in "OUS" and array.ndim == 2:
            try:
                array = array.astype(np.float64) if kind == "O" else _numbers_in_texts(array)
            except (TypeError, ValueError):
                return None
        elif array.ndim == 2:
            return None
    _require_plane(array.shape, array)
    rows, columns = array.shape
    _require_cells(rows, columns)
    return Numbers(dense(array), None, rows, columns)


def _numbers_in_texts(array: np.ndarray) -> np.ndarray:
    raise ValueError("texts stay texts")


def read(data: Any, encode: str = "auto") -> Numbers | Mixed:
    """The rows of X. Numbers of any container are taken as numbers; all else is a table for the encoder."""
    if encode not in ("auto", "always", "never"):
        raise ValueError(f'encode must be one of "auto", "always", "never", got {encode!r}')
    if encode != "always":
        if type(data) is np.ndarray and data.dtype.kind in "fiub" and data.dtype.names is None:
            return _from_array(data)  # type: ignore[return-value]
        numbers = _read_numbers(data)
        if numbers is not None:
            return numbers
    rows = _read_table(data)
    if encode != "always" and rows.kept.all_numbers:
        # The columns of a list or a stream have no type until they are read.
        return Numbers(rows.kept.numbers(_core.Run()), rows.names, rows.rows, rows.columns, rows.kept)
    if encode == "never":
        raise DataError('X has columns that are not of numbers; encode="auto" takes them as they are.')
    return rows


def read_as_numbers(data: Any, known: list[str] | None) -> Numbers | None:
    """New rows for a model fitted on numbers; None when X holds something else.

    Where columns have no type, one without a value is a column of missing numbers, and a row of JSON may name its
    cells in any order.
    """
    rows = read(data)
    if rows.kept is None:
        return rows  # type: ignore[return-value]
    table, names = rows.kept, rows.names
    columns = [table.column_at(place) for place in range(rows.columns)]
    if names is not None and known is not None and names != known and sorted(names) == sorted(known):
        if len(set(names)) == len(names):
            columns, names = [columns[names.index(name)] for name in known], known
    for place, column in enumerate(columns):
        if column.kind in ("number", "boolean"):
            continue
        if column.missing_count < rows.rows:
            return None
        columns[place] = _core.Column.numbers(column.name, np.full(rows.rows, np.nan))
    return Numbers(_core.Table(columns).numbers(_core.Run()), names, rows.rows, rows.columns, table)


def _read_numbers(data: Any) -> Numbers | None:
    if is_sparse(data):
        features = sparse(data)
        return Numbers(features, None, *features.shape)
    if is_frame(data):
        from ._data.matrix import is_all_numbers, to_matrix

        names = _names_of(data)
        if not is_all_numbers(data):
            return None
        matrix = to_matrix(data)
        rows, columns = matrix.shape
        _require_cells(rows, columns)
        return Numbers(dense(matrix), names, rows, columns)
    if isinstance(data, str) or data is None:
        raise DataError(f"Expected 2D array, got {type(data).__name__}: give a matrix or a table of rows and columns.")
    array = _to_array(data)
    return _from_array(array)


def _to_array(data: Any) -> np.ndarray:
    if isinstance(data, np.ma.MaskedArray):
        # What is masked is missing, whatever stands beneath the mask.
        if data.dtype.kind in _NUMBERS:
            return np.ma.filled(data.astype(np.float64), np.nan)
        if data.dtype.kind == "O":
            return data.filled(None)
        return data
    if hasattr(data, "collect") and hasattr(data, "collect_schema"):
        raise DataError("X is a lazy frame, whose rows are not there yet: give X.collect().")
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            return np.asarray(data)
        except ValueError as error:
            raise DataError(f"X must be a matrix whose rows have equal lengths: {error}") from error


def _read_table(data: Any, judge: bool = True) -> Mixed:
    from ._data import tables

    if is_sparse(data):
        data = data.toarray()
    frame = is_frame(data)
    names = _names_of(data) if frame else None
    if not frame:
        if not isinstance(data, np.ma.MaskedArray):
            data = _to_array(data)
        _require_plane(data.shape, data)
        _require_cells(*data.shape)
    kept = tables.to_table(data, texts="keep")
    rows, columns = kept.shape
    _require_cells(rows, columns)
    if names is None and frame and not hasattr(data, "columns"):
        # A container without a list of names, such as a stream: those that it turned out to have.
        names = list(kept.columns)
    own = isinstance(data, _core.Table) or hasattr(data, "_core_table")
    return Mixed(tables.judged(kept, None, []) if judge and not own else kept, kept, names, rows, columns)


def read_new(data: Any) -> Mixed:
    """New rows as a table whose texts are not judged yet: the fitted model knows what they are."""
    return _read_table(data, judge=False)


def _warn_column_vector() -> None:
    exceptions = sys.modules.get("sklearn.exceptions")
    category = exceptions.DataConversionWarning if exceptions else ColumnVectorWarning
    warnings.warn(
        "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), for "
        "example using ravel().",
        category,
        stacklevel=5,
    )


def _vector(y: Any, who: str) -> np.ndarray:
    """y as one dimension, whatever held it."""
    if y is None:
        raise DataError(f"This {who} estimator requires y to be passed, but the target y is None.")
    if is_sparse(y):
        raise TypeError("A sparse y is not supported: give one label or number per row.")
    if isinstance(y, np.ma.MaskedArray) and np.ma.is_masked(y):
        raise DataError(f"Input y contains NaN: row {int(np.flatnonzero(np.ma.getmaskarray(y))[0])} is masked.")
    if not isinstance(y, np.ndarray):
        y = _series_values(y)
    if y.ndim == 2 and y.shape[1] == 1:
        _warn_column_vector()
        y = y[:, 0]
    if y.ndim != 1:
        raise DataError(
            f"y should be a 1d array, got an array of shape {y.shape} instead: {who} learns one target at a time."
        )
    if y.dtype.kind == "c":
        raise DataError("Complex data not supported: y holds labels or real numbers.")
    return y


def _series_values(y: Any) -> np.ndarray:
    if type(y).__module__.startswith("pyarrow"):
        return np.asarray(y)
    if hasattr(y, "to_numpy"):
        array = y.to_numpy()
        if array.dtype.kind in "OM" and getattr(getattr(y, "dtype", None), "kind", "") in ("i", "u", "f", "b"):
            array = np.asarray(y, dtype=np.float64)
        return array
    if hasattr(y, "__array__"):
        return np.asarray(y)
    if isinstance(y, (str, bytes)) or not hasattr(y, "__len__"):
        raise DataError(f"Expected array-like (array or non-string sequence), got {y!r}")
    try:
        array = np.asarray(y)
    except ValueError as error:
        raise DataError(f"y must hold one label or number per row: {error}") from error
    if array.dtype.kind in "US" and not all(isinstance(value, (str, bytes)) for value in y):
        # A mixture of texts and numbers must not become texts.
        array = np.empty(len(y), dtype=object)
        array[:] = list(y)
    return array


def target_name(y: Any) -> str:
    name = getattr(y, "name", None)
    return name if isinstance(name, str) and name else "y"


def labels(y: Any, who: str) -> tuple[Any, np.ndarray]:
    """The target of a classifier and the sorted classes in y's own type."""
    codes, classes, names, kind = _coded(y, who)
    return _core.Target.classes(codes, names, kind), classes


def _coded(y: Any, who: str) -> tuple[np.ndarray, np.ndarray, list[str], str]:
    """Codes [rows] of int32, the sorted classes in y's own type, their names and what they are in a table."""
    y = _vector(y, who)
    kind = y.dtype.kind
    if kind == "O":
        filled = _plain_numbers(y)
        if filled is not None:
            y, kind = filled, filled.dtype.kind
    if kind == "b":
        present = [bool(value) for value in (False, True) if (y == value).any()]
        codes = y.astype(np.int32) if len(present) == 2 else np.zeros(len(y), dtype=np.int32)
        names = ["true" if value else "false" for value in present]
        return codes, np.array(present, dtype=bool), names, "boolean"
    if kind in "iuf":
        if kind == "f":
            whole = np.isfinite(y)
            if whole.all() and (y != np.floor(y)).any():
                raise DataError(
                    f"Unknown label type: continuous. {who} tells classes apart, and y holds fractions; a regressor "
                    "predicts numbers."
                )
        codes, first, names = _core.labels(_wide(y))
        return codes, y[first], names, "number"
    if kind in "OUS":
        return _text_labels(y, who)
    if kind == "M":
        raise DataError(f"Unknown label type: dates. {who} tells classes apart; give the dates as texts or numbers.")
    raise DataError(f"Unknown label type: {y.dtype}. Give numbers, texts or true and false.")


def _plain_numbers(y: np.ndarray) -> np.ndarray | None:
    """An object array of numbers as an array of numbers; None when there is anything else in it."""
    kinds = {type(value) for value in y}
    if not kinds or not all(issubclass(kind, (int, float, np.integer, np.floating)) for kind in kinds):
        return None
    if kinds <= {bool, np.bool_}:
        return y.astype(bool)
    return y.astype(np.float64 if any(issubclass(k, (float, np.floating)) for k in kinds) else np.int64)


def text_codes(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes [rows] of int32 of an array of texts or other objects, and its sorted distinct values in its own type.

    TypeError where values cannot be told apart or ordered.
    """
    if texts.dtype.kind in "US" and texts.dtype.itemsize > 0:
        rows = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), texts.dtype.itemsize)
        codes, first = _core.byte_rows(rows)
        distinct = texts[first]
        order = np.argsort(distinct)
    else:
        found: dict[Any, int] = {}
        values = texts.tolist()
        codes = np.fromiter((found.setdefault(value, len(found)) for value in values), np.int32, len(values))
        distinct = np.empty(len(found), dtype=texts.dtype)
        distinct[:] = list(found)
        order = np.array(sorted(range(len(found)), key=list(found).__getitem__), dtype=np.int64)
    place = np.empty(len(distinct), dtype=np.int32)
    place[order] = np.arange(len(distinct), dtype=np.int32)
    return place[codes], distinct[order]


def _text_labels(y: np.ndarray, who: str) -> tuple[np.ndarray, np.ndarray, list[str], str]:
    try:
        codes, classes = text_codes(y)
    except TypeError as error:
        raise _unlike_labels(y, who) from error
    if y.dtype.kind == "O" and not all(isinstance(value, (str, bytes)) for value in classes):
        raise _unlike_labels(y, who)
    try:
        names = [value.decode() if isinstance(value, bytes) else str(value) for value in classes]
        "".join(names).encode()
    except UnicodeError:
        raise DataError(
            "y holds a label that is not UTF-8, such as half of a surrogate pair; give valid text."
        ) from None
    return codes, classes, names, "category"


def _unlike_labels(y: np.ndarray, who: str) -> DataError:
    """What is wrong with labels that are not all texts."""
    for row, value in enumerate(y):
        if (
            value is None
            or type(value).__name__ in ("NAType", "NaTType")
            or isinstance(value, float)
            and value != value
        ):
            return DataError(f"Input y contains NaN: row {row} has no label; leave such rows out.")
    kinds = sorted({type(value).__name__ for value in y})
    return DataError(
        f"Unknown label type: the labels of y are of several types or cannot be compared ({', '.join(kinds)}); {who} "
        "needs texts, numbers or truths."
    )


def _wide(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers as int64, others as float64."""
    if numbers.dtype.kind == "f":
        return np.ascontiguousarray(numbers, dtype=np.float64)
    if numbers.dtype == np.uint64 and numbers.size and numbers.max() > np.iinfo(np.int64).max:
        raise DataError("Unknown label type: whole numbers beyond 2^63; give such labels as texts.")
    return np.ascontiguousarray(numbers, dtype=np.int64)


def known_labels(y: Any, classes: np.ndarray, who: str) -> Any:
    """The target of further rows, in the codes of `classes`."""
    codes, found, _, _ = _coded(y, who)
    order = {value: code for code, value in enumerate(classes.tolist())}
    place = np.array([order.get(value, -1) for value in found.tolist()], dtype=np.int32)
    if (place < 0).any():
        unknown = found.tolist()[int(np.flatnonzero(place < 0)[0])]
        raise DataError(f"y holds {unknown!r}, which is not among the classes of the first call: {classes.tolist()}")
    return _core.Target.classes(place[codes], *class_names(classes))


def class_names(classes: np.ndarray) -> tuple[list[str], str]:
    """Names of classes and their kind, as a table writes them."""
    kind = classes.dtype.kind
    if kind == "b":
        return ["true" if value else "false" for value in classes], "boolean"
    if kind in "iuf":
        return _core.labels(_wide(classes))[2], "number"
    return [value.decode() if isinstance(value, bytes) else str(value) for value in classes], "category"


def numbers(y: Any, who: str) -> Any:
    """The target of a regressor."""
    y = _vector(y, who)
    if y.dtype.kind not in _NUMBERS:
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{who} predicts numbers, and y holds something else: {error}") from error
    finite = np.ascontiguousarray(y, dtype=np.float64)
    if not np.isfinite(finite).all():
        row = int(np.flatnonzero(~np.isfinite(finite))[0])
        what = "NaN" if np.isnan(finite[row]) else "infinity (inf)"
        raise DataError(f"Input y contains {what} in row {row}; leave such rows out.")
    return _core.Target.numbers(finite)


def weights(sample_weight: Any, rows: int) -> np.ndarray | None:
    if sample_weight is None:
        return None
    if isinstance(sample_weight, (int, float)):
        return np.full(rows, float(sample_weight))
    array = np.asarray(sample_weight.to_numpy() if hasattr(sample_weight, "to_numpy") else sample_weight)
    if array.ndim != 1:
        raise DataError("Sample weights must be 1D array or scalar: one weight per row.")
    if len(array) != rows:
        raise DataError(f"sample_weight.shape == {array.shape}, expected ({rows},): one weight per row.")
    return np.ascontiguousarray(array, dtype=np.float64)


def same_length(rows: int, y: Any) -> None:
    length = len(y) if hasattr(y, "__len__") else getattr(y, "shape", (rows,))[0]
    if length != rows:
        raise DataError(f"Found input variables with inconsistent numbers of samples: [{rows}, {length}]")
