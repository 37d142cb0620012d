"""Tables as they are: every kind of input, what becomes of it, what is refused, and what is not copied."""

import datetime
import decimal
import enum
import fractions
import glob
import os
import pathlib
import subprocess
import sys
import textwrap
import uuid
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from everyml._data.matrix import is_all_numbers, to_matrix
from everyml._data.tables import to_table

import everyml
from everyml import _core

ROOT = pathlib.Path(__file__).resolve().parents[3]
UTC = datetime.timezone.utc


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Interchange:
    """A frame that offers nothing but the interchange protocol."""

    def __init__(self, frame):
        self._frame = frame

    def __dataframe__(self, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._frame.__dataframe__(**options)


def cells(table, name=None):
    column = table.column_at(0) if name is None else table.column(name)
    return column.kind, column.cells()


def contents(table):
    """All that a table is, as one value; numbers by their bytes."""
    out = []
    for i, name in enumerate(table.columns):
        column = table.column_at(i)
        values = column.cells()
        if column.kind == "number":
            numbers = column.to_numpy()
            values = (str(numbers.dtype), np.where(np.isnan(numbers), np.nan, numbers).tobytes())
        out.append((name, column.kind, column.has_time, column.levels, values))
    return out


# What becomes of every kind


PANDAS_KINDS = {
    "float": (pd.Series([1.5, np.nan, -0.0]), "number", ["1.5", None, "-0"]),
    "float32": (pd.Series([0.1, 2, 3], dtype="float32"), "number", ["0.1", "2", "3"]),
    "float16": (pd.Series(np.array([0.5, 2], dtype=np.float16)), "number", ["0.5", "2"]),
    "longdouble": (pd.Series(np.array([0.5, 2], dtype=np.longdouble)), "number", ["0.5", "2"]),
    "big endian": (pd.Series(np.array([0.5, 2], dtype=">f8")), "number", ["0.5", "2"]),
    "int8": (pd.Series([1, -2], dtype="int8"), "number", ["1", "-2"]),
    "uint64": (pd.Series([1, 2**53], dtype="uint64"), "number", ["1", "9007199254740992"]),
    "too big": (pd.Series([1, 2**53 + 1], dtype="int64"), "text", ["1", "9007199254740993"]),
    "bool": (pd.Series([True, False]), "boolean", ["true", "false"]),
    "object bool": (pd.Series([True, None, False], dtype=object), "boolean", ["true", None, "false"]),
    "nullable bool": (pd.Series([True, None], dtype="boolean"), "boolean", ["true", None]),
    "nullable int": (pd.Series([1, None, 3], dtype="Int64"), "number", ["1", None, "3"]),
    "nullable float": (pd.Series([1.5, None], dtype="Float32"), "number", ["1.5", None]),
    "string": (pd.Series(["a", None], dtype="string"), "text", ["a", None]),
    "python string": (pd.Series(["a", None], dtype=pd.StringDtype("python")), "text", ["a", None]),
    "str": (pd.Series(["a", None], dtype="str"), "text", ["a", None]),
    "object": (pd.Series(["a", None, np.nan, pd.NA], dtype=object), "text", ["a", None, None, None]),
    "category": (pd.Series(pd.Categorical(["b", None, "a"])), "category", ["b", None, "a"]),
    "category of numbers": (pd.Series(pd.Categorical([10, 9, 10])), "category", ["10", "9", "10"]),
    "category of intervals": (pd.Series(pd.cut([1, 9], [0, 5, 10])), "category", ["(0, 5]", "(5, 10]"]),
    "datetime": (pd.Series(pd.to_datetime(["2024-02-29 13:45", None])), "date", ["2024-02-29 13:45:00", None]),
    "days": (pd.Series(pd.to_datetime(["2024-02-29", "1960-01-01"])), "date", ["2024-02-29", "1960-01-01"]),
    "nanoseconds": (pd.Series(np.array([-1, 10**9], dtype="datetime64[ns]")), "date",
                    ["1969-12-31 23:59:59.999999", "1970-01-01 00:00:01"]),
    "zone": (pd.Series(pd.to_datetime(["2024-07-01 12:00", None])).dt.tz_localize("Europe/Berlin"), "date",
             ["2024-07-01 10:00:00", None]),
    "timedelta": (pd.Series(pd.to_timedelta([1500, None], unit="ms")), "number", ["1.5", None]),
    "period": (pd.Series(pd.PeriodIndex(["2024-02", None], freq="M")), "date", ["2024-02-01", None]),
    "sparse": (pd.Series(pd.arrays.SparseArray([0, 0, 2])), "number", ["0", "0", "2"]),
    "arrow int": (pd.Series([1, None], dtype=pd.ArrowDtype(pa.int32())), "number", ["1", None]),
    "arrow text": (pd.Series(["a", None], dtype=pd.ArrowDtype(pa.string())), "text", ["a", None]),
    "arrow decimal": (pd.Series([decimal.Decimal("1.5")], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "number", ["1.5"]),
    "mixed": (pd.Series([1, "a", 2.5, True, None], dtype=object), "text", ["1", "a", "2.5", "True", None]),
    "numbers and truths": (pd.Series([True, 2.5, None], dtype=object), "number", ["1", "2.5", None]),
    "nothing": (pd.Series([None, pd.NA, pd.NaT], dtype=object), "number", [None, None, None]),
    "empty": (pd.Series([], dtype=object), "number", []),
}  # fmt: skip


@pytest.mark.parametrize("case", PANDAS_KINDS)
def test_columns_of_pandas(case):
    series, kind, expected = PANDAS_KINDS[case]
    assert cells(to_table(pd.DataFrame({"x": series}), texts="keep")) == (kind, expected)
    assert cells(to_table({"x": series}, texts="keep")) == (kind, expected)
    assert cells(to_table(series, ["x"], texts="keep")) == (kind, expected)


OBJECTS = {
    "decimal": ([decimal.Decimal("1.10"), decimal.Decimal("NaN"), None], "number", ["1.1", None, None]),
    "long decimal": ([decimal.Decimal("0.12345678901234567890")], "text", ["0.12345678901234567890"]),
    "fraction": ([fractions.Fraction(1, 4)], "number", ["0.25"]),
    "date": ([datetime.date(2024, 2, 29), datetime.date(1, 1, 1)], "date", ["2024-02-29", "0001-01-01"]),
    "datetime": ([datetime.datetime(2024, 1, 2, 3, 4, 5, 6)], "date", ["2024-01-02 03:04:05.000006"]),
    "zone": ([datetime.datetime(2024, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=3)))], "date",
             ["2023-12-31 22:00:00"]),
    "timestamp": ([pd.Timestamp("2024-01-02", tz="Asia/Tokyo"), pd.NaT], "date", ["2024-01-01 15:00:00", None]),
    "datetime64": ([np.datetime64("2024-01-02"), np.datetime64("NaT")], "date", ["2024-01-02", None]),
    "time": ([datetime.time(13, 45)], "text", ["13:45:00"]),
    "timedelta": ([datetime.timedelta(minutes=1), np.timedelta64(500, "ms")], "number", ["60", "0.5"]),
    "enum": ([Colour.RED, None, Colour.BLUE], "text", ["RED", None, "BLUE"]),
    "uuid": ([uuid.UUID(int=1)], "text", ["00000000-0000-0000-0000-000000000001"]),
    "bytes": ([b"caf\xc3\xa9", bytearray(b"a"), memoryview(b"b")], "text", ["caf\u00e9", "a", "b"]),
    "path": ([pathlib.PurePosixPath("a/b.png")], "text", ["a/b.png"]),
    "numpy": ([np.float32(0.5), np.int8(3), np.bool_(True), np.str_("a")], "text", ["0.5", "3", "True", "a"]),
    "numpy numbers": ([np.float32(0.5), np.int64(3), np.float64("nan")], "number", ["0.5", "3", None]),
    "period": ([pd.Period("2024-02", "M")], "date", ["2024-02-01"]),
    "huge": ([10**30, 1], "text", [str(10**30), "1"]),
    "infinite": ([float("inf"), -float("inf")], "number", ["inf", "-inf"]),
    "dates and text": ([datetime.date(2024, 1, 1), "a"], "text", ["2024-01-01", "a"]),
}  # fmt: skip


@pytest.mark.parametrize("case", OBJECTS)
def test_objects(case):
    values, kind, expected = OBJECTS[case]
    assert cells(to_table({"x": values}, texts="keep")) == (kind, expected)
    assert cells(to_table([{"x": value} for value in values], texts="keep")) == (kind, expected)
    array = np.empty((len(values), 1), dtype=object)
    array[:, 0] = values
    assert cells(to_table(array, texts="keep")) == (kind, expected)


@pytest.mark.parametrize("value", [{"a": 1}, [1], (1, 2), {1}, np.zeros(2), object(), pd.Series([1])])
def test_containers_in_a_cell_are_type_errors(value):
    column = pd.Series([1.0, None, None], dtype=object)
    column.iat[2] = value
    words = f"argument must be a string or a real number, not '{type(value).__name__}'"
    with pytest.raises(TypeError, match='column "x", row 2: ' + words) as caught:
        to_table(pd.DataFrame({"x": column}))
    assert isinstance(caught.value, everyml.Error) and caught.value.code == "data.cell_type"


POLARS = pl.DataFrame({
    "f": pl.Series([1.5, None, float("nan")]), "f32": pl.Series([0.5, None, 2], dtype=pl.Float32),
    "i": pl.Series([1, None, 3]), "u8": pl.Series([1, 2, 3], dtype=pl.UInt8), "b": [True, None, False],
    "s": ["a", None, ""], "c": pl.Series(["x", None, "y"], dtype=pl.Categorical),
    "e": pl.Series(["x", None, "y"], dtype=pl.Enum(["y", "x"])), "n": pl.Series([None, None, None]),
    "d": [datetime.date(2024, 2, 29), None, None], "m": [datetime.datetime(2024, 1, 1, 3), None, None],
    "t": [datetime.time(1, 2), None, None], "l": [datetime.timedelta(seconds=3), None, None],
    "dec": [decimal.Decimal("1.5"), None, None], "bin": [b"a", None, None],
})  # fmt: skip
EXPECTED = {
    "f": ("number", ["1.5", None, None]), "f32": ("number", ["0.5", None, "2"]), "i": ("number", ["1", None, "3"]),
    "u8": ("number", ["1", "2", "3"]), "b": ("boolean", ["true", None, "false"]), "s": ("text", ["a", None, ""]),
    "c": ("category", ["x", None, "y"]), "e": ("category", ["x", None, "y"]), "n": ("number", [None, None, None]),
    "d": ("date", ["2024-02-29", None, None]), "m": ("date", ["2024-01-01 03:00:00", None, None]),
    "t": ("text", ["01:02:00", None, None]), "l": ("number", ["3", None, None]), "dec": ("number", ["1.5", None, None]),
    "bin": ("text", ["a", None, None]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_columns_of_polars_and_pyarrow(name):
    frame = POLARS.select(name)
    for source in (frame, frame.to_arrow(), pl.concat([frame[:1], frame[1:]], rechunk=False), {name: frame[name]},
                   {name: frame.to_arrow()[name]}, frame[name]):  # fmt: skip
        assert cells(to_table(source, texts="keep"), name) == EXPECTED[name]


def test_arrow_of_any_producer():
    class Stream:
        def __init__(self, table):
            self._table = table

        def __arrow_c_stream__(self, requested_schema=None):
            return self._table.__arrow_c_stream__(requested_schema)

    table = pa.table({"x": [1, None], "s": ["a", "b"]})
    for source in (Stream(table), table.to_reader(), table.to_batches()[0], table):
        made = to_table(source, texts="keep")
        assert cells(made, "x") == ("number", ["1", None]) and cells(made, "s") == ("text", ["a", "b"])
    doubled = pa.table([[1], [2]], names=["a", "a"])
    assert to_table(doubled).columns == ["a", "a_2"]
    with pytest.raises(TypeError, match="not 'list'"):
        to_table(pa.table({"x": [[1]]}))
    with pytest.raises(everyml.UnsupportedError, match="Arrow column"):
        to_table(Stream(pa.table({"x": [[1]]})))
    capsule = table.__arrow_c_stream__()
    _core.Table.from_arrow_stream(capsule)
    with pytest.raises(everyml.FormatError, match="released"):
        _core.Table.from_arrow_stream(capsule)
    with pytest.raises(ValueError):
        _core.Table.from_arrow_stream(pa.schema([]).__arrow_c_schema__())


def test_the_interchange_protocol():
    simple = ["f", "f32", "i", "u8", "b", "s", "m"]
    arrow = (
        POLARS.select(simple)
        .to_arrow()
        .cast(pa.schema([(n, pa.string() if n == "s" else POLARS.to_arrow()[n].type) for n in simple]))
    )
    for source in (arrow, arrow.slice(1), pa.concat_tables([arrow, arrow])):
        made = to_table(Interchange(source), texts="keep")
        assert contents(made) == contents(to_table(pa.table(source).combine_chunks(), texts="keep"))
    frame = pd.DataFrame(
        {"x": [1.5, None], "c": pd.Categorical(["b", None]), "d": pd.to_datetime(["2024-01-01", None])}
    )
    made = to_table(Interchange(frame))
    assert [cells(made, n) for n in "xcd"] == [
        ("number", ["1.5", None]), ("category", ["b", None]), ("date", ["2024-01-01", None])]  # fmt: skip
    assert not is_all_numbers(Interchange(frame)) and is_all_numbers(Interchange(frame[["x"]]))
    assert np.array_equal(to_matrix(Interchange(frame[["x"]])), [[1.5], [np.nan]], equal_nan=True)


def test_arrays_and_lists():
    assert to_table(np.array([[1, 2]])).columns == ["x0", "x1"]
    made = to_table(
        np.array([(1, 0.5, "a", True)], dtype=[("i", ">i2"), ("f", "f4"), ("s", "U3"), ("b", "?")]), texts="keep"
    )
    assert [(made.columns[i], *cells(made, made.columns[i])) for i in range(4)] == [
        ("i", "number", ["1"]), ("f", "number", ["0.5"]), ("s", "text", ["a"]), ("b", "boolean", ["true"])]  # fmt: skip
    assert cells(to_table([[1, "a"], [2, "b"]]), "x1") == ("text", ["a", "b"])
    rows = to_table([{"a": 1}, {"b": "x", "a": None}], texts="keep")
    assert cells(rows, "a") == ("number", ["1", None]) and cells(rows, "b") == ("text", [None, "x"])
    assert cells(to_table(np.array([["2024-02"]], dtype="datetime64[M]"))) == ("date", ["2024-02-01"])
    assert cells(to_table(np.array([[b"a"]]), texts="keep")) == ("text", ["a"])
    assert to_table([]).shape == (0, 0) and to_table({}).shape == (0, 0) and to_table(pd.DataFrame()).shape == (0, 0)
    assert to_table(np.zeros((3, 2))[::2, ::-1]).shape == (2, 2)
    assert cells(to_table(np.arange(6.0).reshape(3, 2)[::-1])) == ("number", ["4", "2", "0"])
    assert cells(to_table(np.arange(6).reshape(3, 2)[::-2])) == ("number", ["4", "0"])


@pytest.mark.parametrize("data, error, words", [
    (3, TypeError, "not 'int'"), ("abc", TypeError, "not 'str'"), (None, TypeError, "not 'NoneType'"),
    ([1, 2], TypeError, "not 'list'"), (np.zeros(3), ValueError, "Expected 2D array, got 1D array"),
    (np.zeros((1, 1, 1)), ValueError, "Expected 2D array, got 3D"),
    (np.array([[1j]]), ValueError, "Complex data not supported"),
    ({"x": [1j]}, ValueError, "Complex data not supported"), ({"x": 3}, ValueError, "one value per row"),
    ({"x": "abc"}, ValueError, "one value per row"), ({"x": [1], "y": [1, 2]}, ValueError, 'column "y" has 2 rows'),
    ({"x": np.zeros((2, 2))}, ValueError, "one value per row"), ({"x": [b"\xff"]}, ValueError, "not UTF-8"),
    ({"x": ["\ud800"]}, ValueError, 'column "x", row 0.*UTF-8'), ({"\ud800": [1]}, ValueError, "name of column 1"),
    (pl.DataFrame({"a\0b": [1]}), ValueError, "name of column 1 has a zero byte"),
    ([[1, 2], [3]], ValueError, "row 1 has 1 cells"),
    (np.array([(1, (2, 3))], dtype=[("a", int), ("b", int, 2)]), ValueError, "one value per row"),
    (np.array([[b"ab"]], dtype="V2"), TypeError, "no place in a table"),
    (pd.DataFrame({"x": np.array(["3000-01-01"], dtype="datetime64[s]")}), None, ""),
    ({"x": np.array([2**62], dtype="datetime64[s]")}, ValueError, "beyond the year 292000"),
])  # fmt: skip
def test_what_is_no_table(data, error, words):
    if error is None:
        assert to_table(data).shape == (1, 1)
        return
    with pytest.raises(error, match=words) as caught:
        to_table(data)
    assert isinstance(caught.value, everyml.Error)


def test_wrong_arguments():
    for arguments in ({"texts": "maybe"}, {"names": ["a"]}, {"types": {"q": "number"}}, {"types": {"a": "nmber"}}):
        with pytest.raises(everyml.ParameterError):
            to_table({"a": [1], "b": [2]}, **arguments)
    with pytest.raises(everyml.DataError, match='"x" is not a number'):
        to_table({"a": ["x"]}, types={"a": "number"})


def test_names():
    frame = pd.DataFrame([[1, 2, 3, 4, 5, 6]], columns=["a", "a", "", 7, ("b", 1), "a_2"])
    notes = []
    table = to_table(frame, notes=notes)
    assert table.columns == ["a", "a_3", "column_3", "7", "('b', 1)", "a_2"]
    assert [note["code"] for note in notes] == ["csv.duplicate_name", "csv.unnamed_column"]
    assert to_table(frame, list("uvwxyz")).columns == list("uvwxyz")
    assert to_table(to_table(frame), list("uvwxyz")).columns == list("uvwxyz")
    # The same rule as for a file.
    file = everyml.read_csv(b"a,a,,7,a_2\n1,2,3,4,6\n", header=True)
    assert file.columns == to_table(frame.drop(columns=[("b", 1)])).columns


# Texts are judged as a file's

#: What a file writes for a missing cell; pandas' own list also has None and #N/A N/A, which here are values of a column
#: of text.
MARKS = ["", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-nan", "-NaN", "null", "NULL", "?", "\\N"]


def test_a_frame_read_from_a_file_is_the_table_read_from_it():
    paths = sorted(glob.glob(str(ROOT / "examples/data/*.csv*"))) + sorted(
        glob.glob(str(ROOT / "tests/data/parquet/*.csv"))
    )
    assert len(paths) >= 14
    for path in paths:
        frame = pd.read_csv(path, dtype={"code": str, "zip": str}, keep_default_na=False, na_values=MARKS)
        # Blanks around a plain cell are part of it for pandas, and not for us.
        words = frame.select_dtypes("str").columns
        frame[words] = frame[words].apply(lambda column: column.str.strip())
        file = everyml.read_csv(path)._core_table
        assert contents(to_table(frame)) == contents(file), path
        objects = frame.astype(object)
        assert contents(to_table(objects)) == contents(file), path
        lists = {name: frame[name].tolist() for name in frame.columns}
        assert contents(to_table(lists)) == contents(file), path


def test_texts_left_alone():
    frame = {"a": ["1", "2"], "b": ["u", "u"], "c": ["true", ""]}
    assert to_table(frame).kinds == ["number", "category", "boolean"]
    assert to_table(frame, texts="keep").kinds == ["text"] * 3
    assert to_table(frame, types={"a": "category"}).kinds == ["category", "category", "boolean"]
    assert cells(to_table(frame), "c") == ("boolean", ["true", None])
    assert everyml.Table(frame, texts="keep").kinds == {"a": "text", "b": "text", "c": "text"}
    assert to_table({"a": [0, 1, 0]}, types={"a": "category"}, texts="keep").column("a").levels == ["0", "1"]


@pytest.mark.parametrize("path, target, name", [
    ("examples/data/titanic.csv", "survived", "NaiveBayes"), ("examples/data/penguins.csv", "species", "NaiveBayes"),
    ("tests/data/parquet/kinds.csv", "paid", "Ridge"),
])  # fmt: skip
def test_the_command_makes_the_same_model_of_the_file(path, target, name, tmp_path):
    command = os.environ.get("EVERYML_COMMAND")
    if not command:
        pytest.skip("EVERYML_COMMAND names no command")
    verb = {"NaiveBayes": "naive-bayes", "Ridge": "ridge"}[name]
    arguments = [command, "fit", verb, str(ROOT / path), "--target", target, "-q", "--out", "model.everyml"]
    subprocess.run(arguments, check=True, cwd=tmp_path)
    expected = (tmp_path / "model.everyml").read_bytes()
    frame = pd.read_csv(ROOT / path, dtype={"code": str}, keep_default_na=False, na_values=MARKS)
    y = frame.pop(target)
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    for data in (
        frame,
        frame.astype(object),
        pl.from_pandas(frame),
        arrow,
        frame.to_dict("list"),
        everyml.Table(arrow),
    ):
        assert getattr(everyml, name)().fit(data, y).to_bytes() == expected, type(data)


# Where other packages are not


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def test_pandas_without_pyarrow():
    script = textwrap.dedent("""
        import sys
        for name in ("pyarrow", "polars"):
            sys.modules[name] = None
        import numpy as np, pandas as pd, everyml
        frame = pd.DataFrame({"s": ["a", None, "a", "b"], "n": ["1", "2", None, "4"], "x": [1.5, None, 2, 3],
                              "c": pd.Categorical(["u", None, "v", "u"]), "d": pd.to_datetime(["2024-01-01", None] * 2),
                              "i": pd.array([1, None, 3, 4], dtype="Int64"),
                              "t": pd.array(["a", None] * 2, dtype="string")})
        table = everyml.Table(frame)
        print(list(table.kinds.values()))
        again = everyml.Table(table.to_pandas())
        assert again.kinds == table.kinds and str(again) == str(table)
        # `where` fills differently, so cells are compared through what they show.
        assert table["s"].tolist() == ["a", None, "a", "b"]
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['category', 'number', 'number', 'category', 'date', 'number', 'category']"


def test_no_package_of_frames_is_imported():
    script = textwrap.dedent("""
        import sys, everyml, numpy as np
        everyml.Table({"a": [1, 2], "b": np.arange(2.0), "c": ["x", "y"]}); everyml.read_csv(b"a,b\\n1,2\\n")
        print([name for name in ("pandas", "polars", "pyarrow", "scipy", "sklearn") if name in sys.modules])
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.strip() == "[]"
