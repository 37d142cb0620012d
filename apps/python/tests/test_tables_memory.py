"""What tables borrow and what they copy, and frames of numbers as matrices."""

import datetime
import gc
import os
import tracemalloc
import weakref

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from everyml._data.matrix import is_all_numbers, to_matrix
from everyml._data.tables import to_table

import everyml
from everyml import _core

# Nothing is copied


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_contiguous_numbers_are_borrowed(dtype):
    array = np.arange(12, dtype=dtype).reshape(2, 6).T.copy(order="F")
    table = to_table(array)
    assert [table.column_at(i).address for i in range(2)] == [address(array[:, 0]), address(array[:, 1])]
    series = pd.Series(np.arange(6, dtype=dtype))
    assert to_table({"x": series}).column("x").address == address(series.to_numpy())
    frame = pd.DataFrame({"x": series, "y": series + 1})
    assert to_table(frame).column("y").address == address(frame["y"].to_numpy())
    arrow = pa.array(np.arange(6, dtype=dtype))
    assert to_table(pa.table({"x": arrow})).column("x").address == arrow.buffers()[1].address
    assert (
        to_table(pa.table({"x": arrow.slice(2)})).column("x").address
        == arrow.buffers()[1].address + 2 * dtype().itemsize
    )
    polar = pl.Series("x", np.arange(6, dtype=dtype))
    assert to_table(pl.DataFrame([polar])).column("x").address == polar.to_arrow().buffers()[1].address


def test_the_table_lends_its_numbers_to_others():
    table = everyml.Table({"x": np.arange(5.0)})
    there = table._core_table.column("x").address
    assert table.to_pyarrow()["x"].chunk(0).buffers()[1].address == there
    assert address(table["x"]) == there
    assert table.to_polars()["x"].to_arrow().buffers()[1].address == there
    assert to_table(table.to_pyarrow()).column("x").address == there


@pytest.mark.parametrize("make", [
    lambda: np.arange(100_000.0).reshape(-1, 1),
    lambda: pd.DataFrame({"x": np.arange(100_000.0)}),
    lambda: pl.DataFrame({"x": np.arange(100_000.0)}),
    lambda: pa.table({"x": np.arange(100_000.0)}),
])  # fmt: skip
def test_a_view_outlives_its_source(make):
    source = make()
    table = to_table(source)
    column = table.column_at(0)
    values = column.to_numpy()
    features = table.numbers(_core.Run())
    del source, table, column
    gc.collect()
    junk = [np.full(100_000, -1.0) for _ in range(20)]
    assert np.array_equal(values, np.arange(100_000.0))
    assert features.row(99_999)[0] == 99_999
    assert len(junk) == 20


def test_an_owner_is_let_go_when_the_last_borrower_ends():
    class Watched(np.ndarray):
        pass

    gone = []
    array = np.arange(10.0).view(Watched)
    weakref.finalize(array, gone.append, True)
    table = _core.Table([_core.Column.numbers("x", array)])
    values = table.column("x").to_numpy()
    del array, table
    gc.collect()
    assert not gone and values.sum() == 45
    del values
    gc.collect()
    assert gone


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="counts resident pages as Linux tells them")
def test_a_table_of_200_megabytes_takes_no_memory():
    array = np.ones((5, 5_000_000)).T  # each column contiguous
    arrow = pa.table({f"x{i}": array[:, i] for i in range(5)})
    tracemalloc.start()
    before, traced = resident(), tracemalloc.get_traced_memory()[0]
    tables = [
        to_table(array),
        to_table(arrow),
        to_table(pd.DataFrame(array, copy=False)),
        to_table(pl.from_arrow(arrow)),
    ]
    grown, peak = resident() - before, tracemalloc.get_traced_memory()[1] - traced
    tracemalloc.stop()
    print(
        f"array {array.nbytes / 1e6:.0f} MB, four tables of it: resident {grown / 1e6:.1f} MB more, "
        f"Python's {peak / 1e6:.2f} MB"
    )
    assert [table.shape for table in tables] == [(5_000_000, 5)] * 4
    # Polars makes one block of a column of several chunks by itself; the others must not grow at all.
    assert grown < 20e6 and peak < 5e6


def test_matrices_are_not_copied_where_they_are_one():
    array = np.arange(12.0).reshape(4, 3)
    assert address(to_matrix(array)) == address(array)
    assert address(to_matrix(pd.DataFrame(array, copy=False))) == address(array)
    single = pl.DataFrame({"x": np.arange(5.0)})
    assert address(to_matrix(single)) == single["x"].to_arrow().buffers()[1].address


# Matrices


def test_matrices_of_frames_of_numbers():
    array = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, 6.0]])
    frame = pd.DataFrame({"a": [1, 3, 5], "b": pd.Series([None, 4, 6], dtype="Int64")})
    cases = [
        frame, pl.DataFrame({"a": [1, 3, 5], "b": [None, 4, 6]}), pa.table({"a": [1, 3, 5], "b": [None, 4, 6]}),
        {"a": np.array([1, 3, 5]), "b": array[:, 1]}, everyml.Table({"a": [1, 3, 5], "b": [None, 4, 6]}),
        pd.DataFrame({"a": [1, 3, 5], "b": array[:, 1]}), frame.astype("Float64"), array, np.asfortranarray(array),
        pd.DataFrame({"a": pd.arrays.SparseArray([1.0, 3, 5]), "b": array[:, 1]}),
        pd.DataFrame({"a": [1, 3, 5], "b": array[:, 1]}).astype({"a": pd.ArrowDtype(pa.int8())}),
        np.array([(1, np.nan), (3, 4), (5, 6)], dtype=[("a", "i4"), ("b", "f8")]),
        pa.table({"a": pa.array([1, 3, 5], pa.decimal128(5, 1)),
                  "b": pa.chunked_array([pa.array([None], pa.int64()), [4, 6]])}),
        pa.record_batch({"a": [1, 3, 5], "b": [None, 4, 6]}),
    ]  # fmt: skip
    for case in cases:
        assert is_all_numbers(case), type(case)
        matrix = to_matrix(case)
        assert matrix.flags.c_contiguous and matrix.dtype == np.float64
        assert np.array_equal(matrix, array, equal_nan=True), type(case)
        features = to_table(case).numbers(_core.Run())
        assert features.shape == (3, 2) and features.storage == "float64"
        assert np.array_equal(np.array([features.row(i) for i in range(3)]), array, equal_nan=True)


def test_truths_are_numbers_in_a_matrix():
    cases = [
        pd.DataFrame({"a": [True, False], "b": pd.Series([None, True], dtype="boolean")}),
        pl.DataFrame({"a": [True, False], "b": [None, True]}), pa.table({"a": [True, False], "b": [None, True]}),
        everyml.Table({"a": [True, False], "b": [None, True]}),
    ]  # fmt: skip
    for case in cases:
        assert is_all_numbers(case) and np.array_equal(to_matrix(case), [[1, np.nan], [0, 1]], equal_nan=True)


def test_float32_stays():
    array = np.arange(6, dtype=np.float32).reshape(3, 2)
    for case in (pd.DataFrame(array), pl.DataFrame(array), pa.table({"a": array[:, 0], "b": array[:, 1]}), array,
                 everyml.Table(array), {"a": array[:, 0], "b": array[:, 1]}):  # fmt: skip
        assert to_matrix(case).dtype == np.float32 and np.array_equal(to_matrix(case), array)
        assert to_table(case).numbers(_core.Run()).storage == "float32"
    assert to_table({"a": array[:, 0], "b": np.arange(3.0)}).numbers(_core.Run()).storage == "float64"


@pytest.mark.parametrize("case", [
    pd.DataFrame({"a": ["1"]}), pd.DataFrame({"a": pd.Categorical([1])}),
    pd.DataFrame({"a": pd.to_datetime(["2024-01-01"])}),
    pd.DataFrame({"a": pd.to_timedelta([1])}), pd.DataFrame({"a": pd.Series([1.5], dtype=object)}),
    pl.DataFrame({"a": ["1"]}),
    pl.DataFrame({"a": [datetime.date(2024, 1, 1)]}), pa.table({"a": ["1"]}), {"a": [1, 2]},
    {"a": np.array(["1"])}, {}, [[1]], 3,
    np.array([["1"]]), everyml.Table({"a": ["x"]}),
])  # fmt: skip
def test_types_alone_tell_numbers(case):
    assert not is_all_numbers(case)


def test_a_table_of_words_is_no_matrix():
    with pytest.raises(everyml.DataError, match='column "b" is of kind category'):
        to_table({"a": [1, 2], "b": ["u", "u"]}).numbers(_core.Run())
