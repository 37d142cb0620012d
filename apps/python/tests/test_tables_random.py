"""Ten thousand frames that nobody chose: what goes in comes out exactly, or a typed error says why not.

Hypothesis draws a frame (columns of every kind, missing cells, odd names, no rows, no columns); four more are made of
it by turning its rows, cutting it, taking cells out and repeating columns. Each goes in by way of pandas, polars,
pyarrow or plain Python, and out to one of the three and in again. What the cells should be is told here in Python.
"""

import collections
import datetime
import decimal
import math
import os
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from everyml._data.tables import to_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import everyml

FRAMES = int(os.environ.get("EVERYML_FRAMES", "10000"))
PER_EXAMPLE = 5
EXACT = 2**53
EPOCH = datetime.datetime(1970, 1, 1)
counts: collections.Counter = collections.Counter()

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
any_texts = st.text(max_size=3) | st.sampled_from(["", "\n", "a\x00b", "\ud800", "NA", "1", "true"])
moments = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31))
KINDS = {
    "float": st.floats(width=64),
    "float32": st.floats(width=32),
    "int": st.integers(-(2**63), 2**63 - 1) | st.integers(-100, 100) | st.sampled_from([EXACT, EXACT + 1, -EXACT]),
    "bool": st.booleans(),
    "text": texts,
    "category": st.sampled_from(["a", "b", "", "\n", "\u00e9", "1"]),
    "moment": moments,
    "date": st.dates(),
    "number": st.floats() | st.integers(-(10**20), 10**20) | st.booleans(),
    "mixed": any_texts
    | st.floats()
    | st.integers(-100, 100)
    | st.booleans()
    | st.dates()
    | st.just(decimal.Decimal("1.5")),
    "hopeless": st.sampled_from([{"a": 1}, [1], {2}, (3,), object(), 1j, b"\xff", "\udcff"]) | st.integers(0, 9),
    "nothing": st.none(),
}
OF_PYTHON = {"number", "mixed", "hopeless", "nothing"}
NAMES = (
    texts
    | st.sampled_from(["", "x", "x", "x_2", "a\nb", "column_1"])
    | st.integers(-3, 3)
    | st.none()
    | st.tuples(texts)
)


@st.composite
def frames(draw):
    """Names, kinds and cells of columns; None is missing."""
    rows = draw(st.integers(0, 6))
    columns = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        cell = st.none() | KINDS[kind] if draw(st.booleans()) else KINDS[kind]
        columns.append((draw(NAMES), kind, draw(st.lists(cell, min_size=rows, max_size=rows))))
    return columns


def variations(columns):
    yield columns
    yield [(name, kind, cells[::-1]) for name, kind, cells in columns]
    yield [(name, kind, []) for name, kind, _ in columns]
    yield [(name, kind, [None if i % 2 else cell for i, cell in enumerate(cells)]) for name, kind, cells in columns]
    yield columns + columns[:2]


# What should come out


def missing(cell):
    return cell is None or isinstance(cell, float) and math.isnan(cell)


def microseconds(cell):
    if not isinstance(cell, datetime.datetime):
        cell = datetime.datetime(cell.year, cell.month, cell.day)
    return (cell - EPOCH) // datetime.timedelta(microseconds=1)


def written(cell):
    if isinstance(cell, (datetime.date, datetime.datetime)):
        return cell.isoformat()
    return str(cell)


def expected(kind, cells):
    """The kind of the column and its cells, by the documented rules; None for a column that must be refused."""
    there = [cell for cell in cells if not missing(cell)]
    if any(isinstance(cell, (dict, list, set, tuple, complex, bytes)) or type(cell) is object for cell in there):
        return None
    if any(isinstance(cell, str) and not cell.isprintable() and lone(cell) for cell in there):
        return None
    same = {"float": "number", "float32": "number", "bool": "boolean", "text": "text", "category": "category",
            "moment": "date", "date": "date"}  # fmt: skip
    if kind in same:
        kind = same[kind]
    elif all(isinstance(cell, bool) for cell in there) and there:
        kind = "boolean"
    elif all(isinstance(cell, (bool, int, float, decimal.Decimal)) for cell in there):
        exact = all(not isinstance(cell, int) or -EXACT <= cell <= EXACT for cell in there)
        kind = "number" if exact else "text"
    elif all(isinstance(cell, datetime.date) for cell in there):
        kind = "date"
    else:
        kind = "text"
    if kind == "number":
        return kind, [math.nan if missing(cell) else float(cell) for cell in cells]
    if kind == "date":
        return kind, [None if missing(cell) else microseconds(cell) for cell in cells]
    if kind == "boolean":
        return kind, [None if missing(cell) else bool(cell) for cell in cells]
    return kind, [None if missing(cell) else written(cell) for cell in cells]


def lone(text):
    return any(0xD800 <= ord(letter) < 0xE000 for letter in text)


def found(table, index):
    """The same of a column of a table."""
    column = table.column_at(index)
    if column.kind == "number":
        return column.kind, [float(value) for value in column.to_numpy()]
    if column.kind == "date":
        return column.kind, [None if value == -(2**63) else int(value) for value in column.to_numpy()]
    if column.kind == "boolean":
        return column.kind, [None if value < 0 else bool(value) for value in column.to_numpy()]
    return column.kind, column.cells()


def bits(answer):
    kind, cells = answer
    return (kind, np.array([math.nan if math.isnan(c) else c for c in cells]).tobytes()) if kind == "number" else answer


# Ways in


def array_of(kind, cells):
    """A column of the type that a careful user would give it, for pandas."""
    if kind in ("float", "float32"):
        return np.array(
            [math.nan if cell is None else cell for cell in cells], dtype=np.float64 if kind == "float" else np.float32
        )
    if kind == "int":
        return pd.array(cells, dtype="Int64")
    if kind == "bool":
        return pd.array(cells, dtype="boolean")
    if kind == "category":
        return pd.Categorical(cells)
    if kind == "moment":
        return np.array(cells, dtype="datetime64[us]")
    return list(cells) if kind == "text" else objects(cells)


def objects(cells):
    array = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        array[i] = cell
    return array


def by_pandas(names, columns):
    types = {"text": "str", "date": object} | dict.fromkeys(OF_PYTHON, object)
    series = [pd.Series(array_of(kind, cells), dtype=types.get(kind)) for _, kind, cells in columns]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame()
    frame.columns = pd.Index(names, dtype=object, tupleize_cols=False)
    return frame


ARROW = {"float": pa.float64(), "float32": pa.float32(), "int": pa.int64(), "bool": pa.bool_(), "text": pa.string(),
         "category": pa.dictionary(pa.int8(), pa.string()), "moment": pa.timestamp("us"),
         "date": pa.date32()}  # fmt: skip


def by_arrow(names, columns):
    arrays = [pa.array(cells, ARROW[kind]) for _, kind, cells in columns]
    return pa.table(arrays, names=names)


def by_dict(names, columns):
    return dict(
        zip(names, (pd.Categorical(cells) if kind == "category" else objects(cells) for _, kind, cells in columns))
    )


def way_in(number, names, columns):
    """The frame in one of its forms; plain Python where a form cannot hold it."""
    kinds = {kind for _, kind, _ in columns}
    strings = [str(name) for name in names]
    if number % 3 == 0 or "hopeless" in kinds or len(set(names)) < len(names) or any("\0" in name for name in strings):
        return "pandas", by_pandas(names, columns)
    if kinds & OF_PYTHON:
        return "dict", by_dict(names, columns)
    if number % 3 == 1:
        return "pyarrow", by_arrow(strings, columns)
    if number % 3 == 2 and len(set(strings)) == len(strings) and all(strings):
        return "polars", pl.from_arrow(by_arrow(strings, columns))
    return "dict", by_dict(names, columns)


# The property


def check(number, columns):
    names = [name for name, _, _ in columns]
    way, frame = way_in(number, names, columns)
    wanted = [expected(kind, cells) for _, kind, cells in columns]
    if None in wanted or any("\0" in str(name) for name in names):
        try:
            to_table(frame, texts="keep")
        except everyml.Error as error:
            assert error.code in ("data.cell_type", "data.utf8", "data.complex", "data.name_zero"), error.code
            assert isinstance(error, TypeError if error.code == "data.cell_type" else ValueError)
            counts["refused"] += 1
            return
        raise AssertionError(f"taken: {columns}")
    table = to_table(frame, texts="keep")
    counts[way] += 1
    check_names(names, table.columns)
    for i, answer in enumerate(wanted):
        if all(missing(cell) for cell in answer[1]):  # such a column has the kind that its frame gave it
            assert all(missing(cell) for cell in found(table, i)[1]) and len(found(table, i)[1]) == len(answer[1])
            continue
        assert equal(found(table, i), answer), (way, columns[i], found(table, i), answer)
    check_way_out(number, table)
    to_table(frame)  # judged: whatever the texts are, they are of some kind


def check_names(given, got):
    texts_given = [str(name) for name in given]
    assert len(got) == len(given) and len(set(got)) == len(got)
    for i, (before, after) in enumerate(zip(texts_given, got)):
        first = texts_given.index(before) == i
        if before and first:
            assert after == before
        elif before:
            assert after.startswith(before + "_")
        else:
            assert after.rstrip("_") == f"column_{i + 1}"


def equal(one, two):
    if one[0] == two[0] == "number" and len(one[1]) == len(two[1]):
        return bits(one) == bits(two)
    return one == two


def check_way_out(number, core):
    """Out to one of the three, and in again."""
    table = everyml.Table(core)
    out = (table.to_pyarrow, table.to_polars, table.to_pandas)[number // 3 % 3]()
    again = to_table(out, texts="keep")
    assert again.columns == core.columns
    for i in range(core.shape[1]):
        answer = found(core, i)
        if answer[0] == "text" and all(missing(cell) for cell in answer[1]):
            continue  # pandas has no column of texts without a text
        assert equal(found(again, i), answer), (type(out), found(again, i), answer)


@settings(max_examples=FRAMES // PER_EXAMPLE, deadline=None, database=None, derandomize=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(frames())
def run(columns):
    for frame in variations(columns):
        counts["frames"] += 1
        check(counts["frames"], frame)


def test_ten_thousand_frames():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()
    print(
        f"{counts['frames']} generated frames:",
        ", ".join(f"{n} {what}" for what, n in sorted(counts.items()) if what != "frames"),
    )
    assert counts["frames"] >= FRAMES
    for what in ("pandas", "polars", "pyarrow", "dict", "refused"):
        assert counts[what] >= FRAMES // 100, what
