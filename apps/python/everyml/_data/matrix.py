"""Frames of numbers as one matrix."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from .tables import to_table

_NUMBERS = "biuf"


def is_all_numbers(data: Any) -> bool:
    """Whether every column of the frame is of a numeric or boolean type; told by the types alone, never by values.

    Containers whose columns have no type (lists, streams that can be read once) give False.
    """
    core = _core_of(data)
    if core is not None:
        return core.all_numbers
    if isinstance(data, np.ndarray):
        if data.dtype.names is None:
            return data.dtype.kind in _NUMBERS
        return all(data.dtype[name].kind in _NUMBERS for name in data.dtype.names)
    if isinstance(data, Mapping):
        return len(data) > 0 and all(_is_number_column(values) for values in data.values())
    library = type(data).__module__.partition(".")[0]
    if library == "pandas" and hasattr(data, "dtypes"):
        dtypes = data.dtypes if data.ndim == 2 else [data.dtype]
        return all(dtype.kind in _NUMBERS for dtype in dtypes)
    if library == "polars" and hasattr(data, "schema"):
        return all(dtype.is_numeric() or str(dtype) == "Boolean" for dtype in data.schema.values())
    if library == "pyarrow" and hasattr(data, "column_names"):
        return all(_is_arrow_number(field.type) for field in data.schema)
    if hasattr(data, "__dataframe__") and not hasattr(data, "__arrow_c_stream__"):
        frame = data.__dataframe__(allow_copy=True)
        return all(frame.get_column(i).dtype[0] in (0, 1, 2, 20) for i in range(frame.num_columns()))
    return False


def to_matrix(data: Any) -> np.ndarray:
    """The frame as a C-contiguous matrix [rows, columns], NaN where missing; float32 if every column is, else float64.

    Without a copy where the frame's memory already is such a matrix. REQUIRES: is_all_numbers(data).
    """
    core = _core_of(data)
    if core is not None:
        return _filled([_of_core(core.column_at(i)) for i in range(core.shape[1])], core.shape[0])
    if isinstance(data, np.ndarray):
        if data.dtype.names is None:
            return np.ascontiguousarray(data, dtype=np.float32 if data.dtype == np.float32 else np.float64)
        return _filled([_column(data[name]) for name in data.dtype.names], len(data))
    if isinstance(data, Mapping):
        return _filled([_column(values) for values in data.values()])
    library = type(data).__module__.partition(".")[0]
    if library == "pandas":
        return _of_pandas(data)
    if library == "polars":
        return _filled([_column(series) for series in data.get_columns()], data.height)
    if library == "pyarrow":
        return _filled([_column(column) for column in data.columns], data.num_rows)
    return to_matrix(to_table(data, texts="keep"))


def _core_of(data: Any) -> Any:
    from .. import _core

    return data if isinstance(data, _core.Table) else getattr(data, "_core_table", None)


def _is_number_column(values: Any) -> bool:
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind is not None:
        return kind in _NUMBERS and values.ndim == 1
    library = type(values).__module__.partition(".")[0]
    if library == "polars" and hasattr(values, "dtype"):
        return values.dtype.is_numeric() or str(values.dtype) == "Boolean"
    return library == "pyarrow" and hasattr(values, "type") and _is_arrow_number(values.type)


def _is_arrow_number(kind: Any) -> bool:
    types = sys.modules["pyarrow"].types
    return types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)


def _of_pandas(data: Any) -> np.ndarray:
    if data.ndim == 1:
        return _filled([_column(data)], len(data))
    dtypes = set(data.dtypes)
    if all(isinstance(dtype, np.dtype) for dtype in dtypes):
        wanted = np.float32 if dtypes == {np.dtype(np.float32)} else np.float64
        return np.ascontiguousarray(data.to_numpy(dtype=wanted))
    return _filled([_column(series) for _, series in data.items()], len(data))


def _column(values: Any) -> np.ndarray:
    """The numbers of one column; whole numbers with missing cells come as float64."""
    library = type(values).__module__.partition(".")[0]
    if library == "pandas" and not isinstance(values.dtype, np.dtype):
        single = str(getattr(values.dtype, "numpy_dtype", "")) == "float32"
        return values.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan)
    if library == "polars":
        polars = sys.modules["polars"]
        return values.to_numpy() if values.dtype == polars.Float32 else values.cast(polars.Float64).to_numpy()
    if library == "pyarrow":
        pyarrow = sys.modules["pyarrow"]
        if pyarrow.types.is_boolean(values.type):
            values = values.cast(pyarrow.int8())
        if pyarrow.types.is_decimal(values.type):
            values = values.cast(pyarrow.float64())
        return values.to_numpy(**({} if hasattr(values, "num_chunks") else {"zero_copy_only": False}))
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        return values.astype(np.float32 if values.dtype == np.float32 else np.float64).filled(np.nan)
    return np.asarray(values)


def _of_core(column: Any) -> np.ndarray:
    values = column.to_numpy()
    if column.kind != "boolean":
        return values
    return np.where(values < 0, np.nan, values.astype(np.float64))


def _filled(columns: list[np.ndarray], rows: int | None = None) -> np.ndarray:
    """The columns side by side, C-contiguous; a single one of the right type is only looked at."""
    single = bool(columns) and all(column.dtype == np.float32 for column in columns)
    dtype = np.float32 if single else np.float64
    if rows is None:
        rows = len(columns[0]) if columns else 0
    if len(columns) == 1:
        return np.ascontiguousarray(columns[0], dtype=dtype).reshape(rows, 1)
    out = np.empty((rows, len(columns)), dtype=dtype)
    for i, column in enumerate(columns):
        out[:, i] = column
    return out
