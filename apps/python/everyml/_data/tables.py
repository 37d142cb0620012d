"""Tables as they are: whatever holds named columns becomes the engine's table; frames of numbers a matrix.

pandas, polars and pyarrow are never imported here: a frame of theirs brings its module along.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError, UnsupportedError
from .cells import complex_error, convert, data_error, quoted

# How many of a unit are microseconds, as value * first / second.
_UNITS = {
    "D": (86_400_000_000, 1),
    "h": (3_600_000_000, 1),
    "m": (60_000_000, 1),
    "s": (1_000_000, 1),
    "ms": (1_000, 1),
    "us": (1, 1),
    "ns": (1, 1_000),
    "ps": (1, 1_000_000),
    "fs": (1, 1_000_000_000),
    "as": (1, 1_000_000_000_000),
}

Notes = list[dict[str, Any]]


def to_table(
    data: Any,
    names: Sequence[Any] | None = None,
    *,
    texts: str = "judge",
    types: Mapping[str, str] | None = None,
    notes: Notes | None = None,
) -> _core.Table:
    """The engine's table of ``data`` [rows, columns].

    ``data`` is a frame of pandas, polars or pyarrow, anything with ``__arrow_c_stream__``, ``__arrow_c_array__`` or
    ``__dataframe__``, a dict of columns, a list of dicts or of rows, or a NumPy array (structured, of objects, or of
    any other type). Contiguous float64 and float32 columns are borrowed. Truths, categories, moments and missing cells
    (None, NaN, NaT, pd.NA) stay what they are; ``everyml._data.cells.convert`` says what becomes of other objects.

    Columns of text are judged as a file's would be: few texts that come back are categories, texts that are all
    numbers, truths or dates are these, the empty text is missing; so a frame read from a CSV file leads to the same
    model as the file. ``texts="keep"`` leaves them alone. ``types`` gives columns a kind by name.

    Names are turned into texts; an empty one is called ``column_3`` after its place and a repeated one ``x_2``, which
    ``notes`` tells, if given, along with all else that was done. Without names the columns are ``x0, x1, ...``;
    ``names`` replaces them.

    Raises DataError and UnsupportedError, a TypeError, for what has no place in a table, naming column and row.
    """
    if texts not in ("judge", "keep"):
        raise _parameter_error("table.texts", f'texts must be "judge" or "keep", got {texts!r}')
    told: Notes = [] if notes is None else notes
    core = data if isinstance(data, _core.Table) else getattr(data, "_core_table", None)
    if core is not None:
        made = core if names is None else _core.Table(_renamed(core, names, told))
        return made if types is None else judged(made, types, told)
    made = _core.Table(_columns(data, names, told))
    return judged(made, types, told) if texts == "judge" or types else made


def judged(table: _core.Table, types: Mapping[str, str] | None, notes: Notes) -> _core.Table:
    """The table with its columns of text judged; see to_table."""
    if not types and "text" not in table.kinds:
        return table
    import json

    options = {"types": dict(types)} if types else {}
    table, told, _ = _core.judge_texts(table, options, _core.Run())
    notes.extend(json.loads(told))
    return table


def table_for(fitted: Any, data: Any, names: Sequence[Any] | None = None) -> _core.Table:
    """The table of new rows for a fitted model: columns of text get the kinds that the model knows them by."""
    kept = to_table(data, names, texts="keep")
    texts = {name for name, kind in zip(kept.columns, kept.kinds) if kind == "text"}
    if not texts:
        return kept
    known = _core.column_kinds(fitted)
    types = {name: known[name] for name in texts if known.get(name) in ("category", "text")}
    return _core.judge_texts(kept, {"types": types}, _core.Run())[0]


def _parameter_error(code: str, sentence: str) -> ParameterError:
    error = ParameterError(sentence)
    error.code = code
    return error


def _note(notes: Notes, code: str, column: str, sentence: str) -> None:
    notes.append({"code": code, "sentence": sentence, "column": column, "line": 0, "count": 1})


def library_of(data: Any) -> str:
    """The package that defines the type of ``data``: "pandas", "polars", "pyarrow", ..."""
    return type(data).__module__.partition(".")[0]


def column_names(raw: Iterable[Any], notes: Notes) -> list[str]:
    """Texts that differ, by the rule of the readers of files. DataError for one without UTF-8 or with a zero byte."""
    given = [name if isinstance(name, str) else str(name) for name in raw]
    all_given, taken, out = set(given), set(), []
    for i, name in enumerate(given, 1):
        other = str(name)
        try:
            other.encode()
        except UnicodeEncodeError:
            raise data_error("data.utf8", f"the name of column {i} has characters that UTF-8 does not have") from None
        if "\0" in name:
            raise data_error("data.name_zero", f"the name of column {i} has a zero byte, which no Arrow name can have")
        if not name:
            other = f"column_{i}"
            while other in taken or other in all_given:
                other += "_"
            _note(notes, "csv.unnamed_column", other, f"column {i} has no name and is called {quoted(other)}")
        elif name in taken:
            copy = 2
            while (other := f"{name}_{copy}") in taken or other in all_given:
                copy += 1
            _note(
                notes,
                "csv.duplicate_name",
                other,
                f"the name {quoted(name)} stands over more than one column; column {i} is called {quoted(other)}",
            )
        taken.add(other)
        out.append(other)
    return out


def _chosen(given: Iterable[Any], names: Sequence[Any] | None, notes: Notes) -> list[str]:
    given = list(given)
    if names is not None:
        if len(names) != len(given):
            raise _parameter_error(
                "table.names", f"{len(names)} names are given, but the table has {len(given)} columns"
            )
        given = list(names)
    return column_names(given, notes)


def _renamed(table: _core.Table, names: Sequence[Any], notes: Notes) -> list[_core.Column]:
    chosen = _chosen(table.columns, names, notes)
    return [table.column_at(i).renamed(name) for i, name in enumerate(chosen)]


def _columns(data: Any, names: Sequence[Any] | None, notes: Notes) -> list[_core.Column]:
    library = library_of(data)
    if isinstance(data, np.ndarray):
        return _of_array(data, names, notes)
    if isinstance(data, Mapping):
        chosen = _chosen(data.keys(), names, notes)
        return [any_column(name, values, notes) for name, values in zip(chosen, data.values())]
    if isinstance(data, (list, tuple)):
        return _of_rows(data, names, notes)
    if library == "pandas" and hasattr(data, "iloc"):
        if data.ndim == 1:
            return [_of_series(_chosen(["x0" if data.name is None else data.name], names, notes)[0], data, notes)]
        chosen = _chosen(data.columns, names, notes)
        return [_of_series(name, series, notes) for name, (_, series) in zip(chosen, data.items())]
    if library == "polars" and hasattr(data, "get_columns"):
        return _of_polars(data.get_columns(), _chosen(data.columns, names, notes), notes)
    if library == "polars" and hasattr(data, "to_frame"):
        return _of_polars([data], _chosen([data.name or "x0"], names, notes), notes)
    if library == "pyarrow" and hasattr(data, "column_names"):
        return _of_pyarrow(data.columns, _chosen(data.column_names, names, notes), notes)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        table = _imported(data, notes)
        return _renamed(table, table.columns if names is None else names, notes)
    if hasattr(data, "__dataframe__"):
        from .interchange import columns_of

        given, arrays = columns_of(data.__dataframe__(allow_copy=True))
        chosen = _chosen(given, names, notes)
        return [make(name) for name, make in zip(chosen, arrays)]
    if hasattr(data, "__array__"):
        return _of_array(np.asarray(data), names, notes)
    raise _not_a_table(data)


def _not_a_table(data: Any) -> UnsupportedError:
    error = UnsupportedError(
        f"a table must be a frame of pandas, polars or pyarrow, an array, a dict of columns or a list of rows, not "
        f"{type(data).__name__!r}"
    )
    error.code = "table.type"
    return error


# Arrays and lists


def numpy_column(name: str, array: np.ndarray) -> _core.Column:
    """A column of a one-dimensional array of any type [rows]; contiguous float64 and float32 are borrowed."""
    kind = array.dtype.kind
    if isinstance(array, np.ma.MaskedArray):
        if np.ma.is_masked(array):
            return _of_masked_array(name, array)
        array = array.data
    if kind == "O":
        return _core.Column.objects(name, array.tolist(), convert)
    if kind in "UST":
        return _core.Column.objects(name, array.tolist(), convert)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.aligned or array.strides[0] % array.itemsize:
        array = array.copy()
    if kind == "f":
        if array.dtype != np.float32:
            array = array.astype(np.float64, copy=False)
        return _core.Column.numbers(name, np.ascontiguousarray(array))
    if kind in "iu":
        return _core.Column.whole_numbers(name, array)
    if kind == "b":
        return _core.Column.booleans(name, np.ascontiguousarray(array).view(np.uint8))
    if kind == "M":
        return _dates(name, array)
    if kind == "m":
        return _core.Column.numbers(name, np.ascontiguousarray(array / np.timedelta64(1, "s"), dtype=np.float64))
    if kind == "c":
        raise complex_error(name)
    raise UnsupportedError(f"column {quoted(name)}: an array of type {array.dtype} has no place in a table")


def _of_masked_array(name: str, array: np.ma.MaskedArray) -> _core.Column:
    """What is masked is missing, whatever stands beneath the mask."""
    kind, mask = array.dtype.kind, np.ascontiguousarray(np.ma.getmaskarray(array)).view(np.uint8)
    if kind == "b":
        return _core.Column.booleans(name, np.ascontiguousarray(array.data).view(np.uint8), mask)
    if kind in "iu":
        native = array.data.astype(array.dtype.newbyteorder("="))
        return _core.Column.whole_numbers(name, native, mask)
    if kind == "f":
        return numpy_column(name, array.filled(np.nan))
    if kind in "mM":
        return numpy_column(name, array.filled(np.array("NaT", dtype=array.dtype)))
    cells = array.data.astype(object)
    cells[mask.view(bool)] = None
    return numpy_column(name, cells)


def _dates(name: str, array: np.ndarray) -> _core.Column:
    unit, count = np.datetime_data(array.dtype)
    if unit not in _UNITS:  # years, months, weeks, and arrays of NaT alone
        array, unit, count = array.astype("datetime64[D]"), "D", 1
    multiply, divide = _UNITS[unit]
    values = np.ascontiguousarray(array).view(np.int64)
    column, _ = _core.Column.dates(name, values, multiply * count, divide)
    return column


def _of_array(array: np.ndarray, names: Sequence[Any] | None, notes: Notes) -> list[_core.Column]:
    fields = array.dtype.names
    if fields is not None:
        if array.ndim != 1:
            raise DataError(f"a structured array must have one dimension, got {array.ndim}")
        return [any_column(name, array[field], notes) for field, name in zip(fields, _chosen(fields, names, notes))]
    if array.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {array.ndim}D array instead. Reshape your data with array.reshape(-1, 1) if it "
            "is one column, or array.reshape(1, -1) if it is one row."
        )
    chosen = _chosen([f"x{i}" for i in range(array.shape[1])], names, notes)
    return [numpy_column(name, array[:, i]) for i, name in enumerate(chosen)]


def _of_rows(rows: Sequence[Any], names: Sequence[Any] | None, notes: Notes) -> list[_core.Column]:
    """A list of dicts, whose keys are columns in order of appearance, or a list of rows of equal length."""
    if rows and all(isinstance(row, Mapping) for row in rows):
        keys = list(dict.fromkeys(key for row in rows for key in row))
        chosen = _chosen(keys, names, notes)
        return [_core.Column.objects(name, [row.get(key) for row in rows], convert) for key, name in zip(keys, chosen)]
    if not all(isinstance(row, (list, tuple, np.ndarray)) for row in rows):
        raise _not_a_table(rows)
    width = len(rows[0]) if rows else 0
    for i, row in enumerate(rows):
        if len(row) != width:
            raise data_error("table.row_length", f"row {i} has {len(row)} cells, but row 0 has {width}")
    chosen = _chosen([f"x{i}" for i in range(width)], names, notes)
    return [_core.Column.objects(name, [row[i] for row in rows], convert) for i, name in enumerate(chosen)]


def any_column(name: str, values: Any, notes: Notes) -> _core.Column:
    """A column of whatever holds one value per row."""
    library = library_of(values)
    if isinstance(values, _core.Column):
        return values.renamed(name)
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.names is None:
        return numpy_column(name, values)
    if isinstance(values, (list, tuple, range)):
        return _core.Column.objects(name, list(values), convert)
    if library == "pandas":
        if not hasattr(values, "iloc"):  # an index, or an array of pandas' own
            values = sys.modules["pandas"].Series(values)
        if values.ndim == 1:
            return _of_series(name, values, notes)
    if library == "polars" and hasattr(values, "to_frame"):
        return _of_polars([values], [name], notes)[0]
    if library == "pyarrow" and hasattr(values, "to_pylist"):
        return _of_pyarrow([values], [name], notes)[0]
    raise _parameter_error(
        "table.column",
        f"column {quoted(name)} must be a list or an array of one value per row, got {type(values).__name__!r}",
    )


# pandas


def _of_series(name: str, series: Any, notes: Notes) -> _core.Column:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return numpy_column(name, series.to_numpy())
    kind = type(dtype).__name__
    if kind == "CategoricalDtype":
        levels = numpy_column(name, np.asarray(series.cat.categories, dtype=object))
        return _core.Column.categories(name, series.cat.codes.to_numpy(), levels.cells())
    if kind == "DatetimeTZDtype":
        return numpy_column(name, series.to_numpy(dtype=f"datetime64[{dtype.unit}]"))
    if kind == "SparseDtype":
        return numpy_column(name, np.asarray(series.array.to_dense()))
    if kind == "ArrowDtype" or kind == "StringDtype" and dtype.storage != "python":
        array = series.array.__arrow_array__()
        return _of_pyarrow([array], [name], notes)[0]
    if dtype.kind in "iufb" and hasattr(dtype, "numpy_dtype"):
        return _of_masked(name, series, np.dtype(dtype.numpy_dtype))
    return numpy_column(name, series.to_numpy(dtype=object))


def _of_masked(name: str, series: Any, dtype: np.dtype) -> _core.Column:
    """Int64, Float32, boolean and the like: values beside a mask."""
    if dtype.kind == "f":
        return numpy_column(name, series.to_numpy(dtype=dtype, na_value=np.nan))
    mask = series.isna().to_numpy()
    values = series.to_numpy(dtype=dtype, na_value=dtype.type(0))
    some = np.ascontiguousarray(mask).view(np.uint8) if mask.any() else None
    if dtype.kind == "b":
        return _core.Column.booleans(name, np.ascontiguousarray(values).view(np.uint8), some)
    return _core.Column.whole_numbers(name, values, some)


# Arrow


def _imported(data: Any, notes: Notes) -> _core.Table:
    if hasattr(data, "__arrow_c_stream__"):
        table, told = _core.Table.from_arrow_stream(data.__arrow_c_stream__())
    else:
        table, told = _core.Table.from_arrow_array(*data.__arrow_c_array__())
    for code, column, sentence in told:
        _note(notes, code, column, sentence)
    return table


def _of_polars(series: Sequence[Any], names: list[str], notes: Notes) -> list[_core.Column]:
    columns: list[Any] = []
    for name, one in zip(names, series):
        kind = str(one.dtype.base_type())
        if kind == "Duration":
            columns.append(numpy_column(name, one.to_numpy()))
        elif kind in ("Time", "Binary", "Object", "List", "Array", "Struct", "Int128", "UInt128"):
            columns.append(_core.Column.objects(name, one.to_list(), convert))
        else:
            columns.append(_imported(one.alias(name).to_frame(), notes).column_at(0))
    return columns


_AS_OBJECTS = (
    "time32",
    "time64",
    "binary",
    "large_binary",
    "fixed_size_binary",
    "binary_view",
    "decimal256",
    "run_end_encoded",
)


def _of_pyarrow(arrays: Sequence[Any], names: list[str], notes: Notes) -> list[_core.Column]:
    pyarrow = sys.modules["pyarrow"]
    columns: list[Any] = []
    for name, array in zip(names, arrays):
        kind = str(array.type)
        if kind.startswith("duration"):
            columns.append(numpy_column(name, array.to_numpy(**_copy_allowed(array))))
        elif kind.startswith(_AS_OBJECTS) or array.type.num_fields > 0 or kind.startswith("extension"):
            columns.append(_core.Column.objects(name, array.to_pylist(), convert))
        else:
            columns.append(_imported(pyarrow.table([array], names=[name]), notes).column_at(0))
    return columns


def _copy_allowed(array: Any) -> dict[str, bool]:
    return {} if hasattr(array, "num_chunks") else {"zero_copy_only": False}
