"""Readers of files, and the table that they give."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from .._paths import path_of
from .._run import whole
from . import tables as _tables
from .matrix import to_matrix

_SHOWN_ROWS = 8
_SHOWN_CELL = 24


class Note(NamedTuple):
    """Something that a reader did or saw which a careful person would want to know."""

    code: str
    sentence: str
    column: str
    line: int
    count: int


class Table:
    """Named typed columns of equal length, as the engine holds them; immutable.

    Kinds are number, boolean, category, text and date. ``Table(data)`` takes what ``fit`` takes: a frame of pandas,
    polars or pyarrow, a dict of columns, a list of dicts, an array. pandas, polars, pyarrow and others read it back
    without a copy of its numbers through ``__arrow_c_stream__``.

    ``texts="keep"`` leaves columns of text alone, which are otherwise judged as a file's would be; ``types`` gives
    columns a kind by name. ``notes`` tells what was done.

    >>> table = Table({"age": [29, None], "sex": ["f", "m"]})
    >>> table.shape
    (2, 2)
    """

    __slots__ = ("_core_table", "notes", "source")

    notes: list[Note]
    """What the reader repaired, left out or decided."""
    source: str
    """"csv", "jsonl", "parquet", "sql", or "memory"."""

    def __init__(
        self,
        data: Any,
        names: Sequence[Any] | None = None,
        *,
        texts: str = "judge",
        types: Mapping[str, str] | None = None,
    ) -> None:
        notes: list[dict[str, Any]] = []
        self._core_table = _tables.to_table(data, names, texts=texts, types=types, notes=notes)
        self.notes = [Note(**note) for note in notes]
        self.source = "memory"

    @classmethod
    def _made(cls, core: _core.Table, notes: list[Note], source: str) -> Table:
        table = cls.__new__(cls)
        table._core_table, table.notes, table.source = core, notes, source
        return table

    # What it holds

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return self._core_table.columns

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of every column by name."""
        return dict(zip(self._core_table.columns, self._core_table.kinds))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._core_table.shape

    def __len__(self) -> int:
        return len(self._core_table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: Any) -> Any:
        """The values of one column [rows], a table of several columns by name, or a table of rows by a slice, row
        numbers or truths. Unknown names are DataError."""
        if isinstance(name, str):
            return values_of(self._core_table.column(name))
        if isinstance(name, tuple) and len(name) == 2 and name[1] is Ellipsis:
            name = name[0]
        if isinstance(name, slice):
            begin, end, step = name.indices(len(self))
            if step == 1:
                return self._made(self._core_table.slice(begin, end), self.notes, self.source)
            rows = np.arange(begin, end, step, dtype=np.int64)
            return self._made(self._core_table.select_rows(rows), self.notes, self.source)
        if isinstance(name, np.ndarray) and name.dtype.kind in "biu" or _holds_numbers(name):
            return self._made(self._core_table.select_rows(self._row_numbers(name)), self.notes, self.source)
        if not isinstance(name, Iterable):
            raise ParameterError(f"a table takes a name, names, a slice or row numbers in brackets, got {name!r}")
        return self.select(name)

    def _row_numbers(self, rows: Any) -> np.ndarray:
        """Row numbers from 0, of numbers (negative ones from the end) or of one truth per row."""
        array = np.asarray(rows)
        if array.ndim != 1 or array.dtype.kind not in "biu":
            raise ParameterError("rows must be a list of whole numbers or of truths")
        if array.dtype.kind == "b":
            if len(array) != len(self):
                raise DataError(f"{len(array)} truths are given for {len(self)} rows: one per row is needed")
            return np.flatnonzero(array).astype(np.int64)
        wrong = (array >= len(self)) | (array < -len(self))
        if wrong.any():
            raise DataError(f"there is no row {array[wrong][0]}: the table has {len(self)} rows")
        numbers = array.astype(np.int64)
        return np.where(numbers < 0, numbers + len(self), numbers)

    def select(self, names: Sequence[str]) -> Table:
        """These columns, in this order."""
        chosen = [names] if isinstance(names, str) else list(names)
        for name in chosen:
            if not isinstance(name, str):
                raise ParameterError(f"columns are chosen by their names, which are texts, got {name!r}")
        return self._made(self._core_table.select(chosen), self.notes, self.source)

    def drop(self, name: str) -> Table:
        """The table without this column."""
        return self._made(self._core_table.without(name), self.notes, self.source)

    def head(self, rows: int = 5) -> Table:
        """The first rows."""
        return self[: max(0, rows)]

    # Out of here

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._core_table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._core_table.__arrow_c_schema__()

    def to_pyarrow(self) -> Any:
        """A ``pyarrow.Table``; numbers, booleans' bits aside, are not copied."""
        return _library("pyarrow").table(self)

    def to_polars(self) -> Any:
        """A ``polars.DataFrame``."""
        return _library("polars").DataFrame(self)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``: categories as Categorical, booleans with missing cells as "boolean"."""
        pandas = _library("pandas")
        columns = {}
        for name in self.columns:
            column = self._core_table.column(name)
            if column.kind == "category":
                columns[name] = pandas.Categorical.from_codes(column.to_numpy(), categories=column.levels)
            elif column.kind == "boolean" and column.missing_count:
                columns[name] = pandas.array(values_of(column), dtype="boolean")
            else:
                columns[name] = values_of(column)
        return pandas.DataFrame(columns, columns=self.columns)

    def to_numpy(self) -> np.ndarray:
        """A matrix [rows, columns] of float64 (float32 if all columns are), or of objects if another kind is there."""
        if self._core_table.all_numbers:
            return to_matrix(self)
        out = np.empty(self.shape, dtype=object)
        for i, name in enumerate(self.columns):
            out[:, i] = values_of(self._core_table.column(name))
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.to_numpy(), dtype=dtype)

    # To look at

    def _head_cells(self) -> list[list[str]]:
        shown = min(len(self), _SHOWN_ROWS)
        columns = [self._core_table.column_at(i) for i in range(self.shape[1])]
        return [[column.name, column.kind, *(_short(cell) for cell in column.cells(0, shown))] for column in columns]

    def _title(self) -> str:
        rows, columns = self.shape
        return f"Table of {rows:,} row{'s' * (rows != 1)} and {columns:,} column{'s' * (columns != 1)}"

    def __repr__(self) -> str:
        lines = [self._title()]
        columns = [[_short(cell) for cell in column] for column in self._head_cells()]
        widths = [max(len(cell) for cell in column) for column in columns]
        fit = 0
        while fit < len(widths) and sum(widths[: fit + 1]) + 2 * fit <= 116:
            fit += 1
        for row in zip(*columns[:fit]):
            lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        if fit < len(columns):
            lines.append(f"... and {len(columns) - fit:,} more columns")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        columns = self._head_cells()[:50]
        heads = "".join(f"<th>{escape(c[0])}<br><small>{c[1]}</small></th>" for c in columns)
        body = ""
        for row in range(min(len(self), _SHOWN_ROWS)):
            body += "<tr>" + "".join(f"<td>{escape(c[row + 2])}</td>" for c in columns) + "</tr>"
        caption = f"<caption>{self._title()}</caption>"
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def values_of(column: _core.Column) -> np.ndarray:
    """The cells of a column [rows].

    Numbers are float64 or float32 with NaN for missing, dates datetime64[us] with NaT, booleans bool; categories,
    texts, and booleans with missing cells are objects with None.
    """
    values = column.to_numpy()
    if column.kind == "number":
        return values
    if column.kind == "date":
        return values.view("datetime64[us]")
    if column.kind == "boolean":
        return np.array([False, True, None], dtype=object)[values] if column.missing_count else values.astype(bool)
    out = np.empty(len(column), dtype=object)
    if column.kind == "category":
        levels = np.empty(len(column.levels) + 1, dtype=object)
        levels[:-1] = column.levels
        return levels[values]
    out[:] = column.cells()
    return out


def _holds_numbers(rows: Any) -> bool:
    return isinstance(rows, (list, tuple, range)) and len(rows) > 0 and isinstance(rows[0], (int, np.integer, np.bool_))


def _short(cell: str | None) -> str:
    text = "" if cell is None else repr(cell)[1:-1]
    return text if len(text) <= _SHOWN_CELL else text[: _SHOWN_CELL - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _library(name: str) -> Any:
    from importlib import import_module

    return import_module(name)


def _run(threads: int, progress: Any, seed: int = 0) -> _core.Run:
    threads = whole(0 if threads is None else threads, "threads", 0, 2**31 - 1)
    seed = whole(seed, "seed", 0, 2**64 - 1)
    if progress is None or progress is False:
        return _core.Run(threads=threads, seed=seed)
    from .._progress import callback

    return _core.Run(threads=threads, seed=seed, progress=callback(progress, "Reading"))


def _told(answer: tuple[_core.Table, str, str]) -> Table:
    core, notes, source = answer
    return Table._made(core, [Note(**note) for note in json.loads(notes)], source)


def read_csv(source: Any, *, threads: int = 0, progress: Any = None, **options: Any) -> Table:
    """Reads a delimited text file, plain or gzip; kinds of columns are found over all rows.

    ``source`` is a path, bytes, or a file open for reading. Options, all found by the reader when not given:
    ``delimiter``, ``quote``, ``header`` (bool), ``decimal`` ("." or ","), ``types`` (kind by column name: number,
    boolean, category, text, date), ``types_where_present`` (a type for a column that is not there is no error),
    ``missing`` (marks of a missing cell instead of the usual ones), ``strict`` (ragged rows and broken UTF-8 are
    errors), ``max_rows``. ``progress(stage, fraction)`` is called now and then.

    Raises ResourceError, DataError with line and column, FormatError, and ParameterError for a wrong option.
    """
    run = _run(threads, progress)
    if isinstance(source, (str, os.PathLike)):
        return _told(_core.read_file(path_of(source), True, options, run))
    name = str(getattr(source, "name", "the text"))
    if hasattr(source, "read"):
        source = source.read()
    if isinstance(source, str):
        source = source.encode()
    if not isinstance(source, (bytes, bytearray, memoryview)):
        return _told(_core.read_file(path_of(source), True, options, run))
    return _told(_core.read_text(bytes(source), name, options, run))


def read_table(path: Any, *, threads: int = 0, progress: Any = None, **options: Any) -> Table:
    """Reads CSV, TSV, JSON lines, gzip of these, or Parquet (with DuckDB's library), told apart by content and ending.

    Options and errors are those of ``read_csv``.
    """
    return _told(_core.read_file(path_of(path), False, options, _run(threads, progress)))


def read_sql(
    query: str, tables: Mapping[str, Any], *, threads: int = 0, progress: Any = None, seed: int = 0, **options: Any
) -> Table:
    """The answer of one SELECT over files, which ``tables`` names: ``read_sql("SELECT * FROM a", {"a": "a.csv"})``.

    Our reader reads the files, so their kinds are the usual ones; DuckDB's library runs the query, sees these tables
    and nothing else. ``seed`` is that of random(). Options are those of ``read_csv``.

    Raises UnsupportedError without the library, ParameterError for a wrong query, and as ``read_table`` does.
    """
    files = {name: path_of(path) for name, path in tables.items()}
    run = _run(threads, progress, seed)
    return _told(_core.read_query(query, files, options, run))
