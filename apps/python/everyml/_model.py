"""A fitted model with its encoder: the content of an .everyml file."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import _core, _pages
from ._data import tables as _tables
from ._errors import ParameterError, UnsupportedError
from ._estimator import EncodeWarning
from ._paths import path_of
from ._run import share, threads_of, truth

Progress = bool | Callable[[str, float], Any] | None


def width() -> int:
    """Columns to write in."""
    return shutil.get_terminal_size((100, 24)).columns


def is_path(data: Any) -> bool:
    return isinstance(data, (str, bytes, os.PathLike))


def run_of(seed: int = 0, threads: int | None = None, progress: Progress = None, title: str = "") -> Any:
    """What every call that works takes: see everyml.learn for the meaning of the three."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise ParameterError(f"seed must be a whole number from 0 to 2^64 - 1, got {seed!r}")
    known = isinstance(threads, (int, np.integer)) and not isinstance(threads, bool)
    if threads is not None and not (known and 1 <= threads < 2**31):
        raise ParameterError(f"threads must be a whole number from 1 to 2^31 - 1, or None for all, got {threads!r}")
    if progress is None or progress is False:
        return _core.Run(threads_of(threads), int(seed))
    from ._progress import callback

    return _core.Run(threads_of(threads), int(seed), callback(progress, title))


def given(**options: Any) -> dict[str, Any]:
    """Options that the caller gave; the engine knows the defaults of the rest."""
    return {name: value for name, value in options.items() if value is not None}


def table_of(data: Any, threads: int | None = None) -> tuple[Any, str, str]:
    """The engine's table of a frame or a file, the reader's notes as JSON, and what to call it."""
    if is_path(data):
        path = path_of(data)
        table, notes, _ = _core.read_file(path, False, {}, run_of(threads=threads))
        return table, notes, path
    core = getattr(data, "_core_table", None)
    if core is not None:
        return core, json.dumps([note._asdict() for note in data.notes]), "the table"
    told: list[dict[str, Any]] = []
    core = _tables.to_table(data, notes=told)
    return core, json.dumps(told), "the table"


def warn(sentences: Sequence[str]) -> None:
    """Warns where the user called."""
    if not sentences:
        return
    level, frame = 2, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("everyml."):
        level, frame = level + 1, frame.f_back
    for sentence in sentences:
        warnings.warn(sentence, EncodeWarning, stacklevel=level)


def labels_of(names: Sequence[str], kind: str) -> np.ndarray:
    """Classes as the target column of the table wrote them: [classes] of bool, int64, float64 or texts."""
    if kind == "boolean":
        return np.array([name == "true" for name in names], dtype=bool)
    if kind == "number":
        numbers = np.array([float(name) for name in names])
        whole = numbers.astype(np.int64)
        return whole if (whole == numbers).all() else numbers
    return np.array(list(names), dtype=object)


class Evaluation(dict):
    """Metrics by name, each a dict of value, low, high (95 % interval) and standard_error; NaN is None.

    ``rows`` were judged; ``rows_left_out`` had no target that the model knows.
    """

    def __init__(self, metrics: dict[str, Any], rows: int, rows_left_out: int, text: str) -> None:
        super().__init__(metrics)
        self.rows, self.rows_left_out, self._text = rows, rows_left_out, text

    def __repr__(self) -> str:
        return self._text.rstrip()

    def _repr_html_(self) -> str:
        return _pages.evaluation(self)


class Model:
    """A fitted model: it answers for new rows of the tables it was learned from. Immutable; safe from many threads.

    Made by ``everyml.learn(...).model``, ``everyml.fit`` and ``everyml.load``; the same file that the command writes.
    Pickle and joblib hold the bytes of that file, no code.
    """

    __slots__ = ("_fitted", "_classes", "_labels", "_rows", "__weakref__")

    def __init__(self, fitted: Any) -> None:
        self._fitted = fitted
        self._classes = labels_of(fitted.class_names, fitted.label_kind)
        self._labels = self._classes.tolist()
        self._rows = threading.local()

    # What it is

    @property
    def algorithm(self) -> str:
        """The registry's name of the algorithm, such as "random-forest-classifier"."""
        return self._fitted.algorithm

    @property
    def task(self) -> str:
        """What it answers with: "classes", "numbers" or, without a target, "none"."""
        return _core.task(self._fitted)

    @property
    def target(self) -> str | None:
        """The column that it predicts; None for clusters."""
        return self._fitted.target_name or None

    @property
    def classes(self) -> np.ndarray:
        """The classes in the kind of the target's labels: [classes]; empty unless it tells classes apart."""
        return self._classes.copy()

    @property
    def columns(self) -> dict[str, str]:
        """The columns that it reads, with their kinds: number, boolean, category, text or date."""
        return _core.column_kinds(self._fitted)

    @property
    def settings(self) -> dict[str, Any]:
        """The algorithm's settings."""
        return json.loads(self._fitted.settings_json)

    @property
    def metadata(self) -> dict[str, Any]:
        """What learning kept beside the model: metrics, verdict, leaderboard, seed."""
        return json.loads(self._fitted.metadata_json)

    @property
    def features(self) -> list[str]:
        """One line per feature: how it is made from its column."""
        return self._inspected()["features"]

    @property
    def summary(self) -> dict[str, Any]:
        """What the model says of itself: coefficients with their tests, sizes, notes."""
        return json.loads(self._fitted.summary_json())

    def describe(self) -> str:
        """The model in words: classes, settings, features, its own summary. What ``everyml inspect`` shows."""
        return _core.inspect_text(self._fitted, "Model", width())

    def _inspected(self) -> dict[str, Any]:
        return json.loads(_core.inspect_json(self._fitted))

    # Answers

    def predict(
        self,
        data: Any,
        *,
        probabilities: bool = False,
        interval: float | None = None,
        keep_input: bool = False,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Any:
        """Answers for the rows of a table or a file.

        With nothing but ``data`` a NumPy array [rows]: labels in the kind of the target's own (bool, int64, float64 or
        texts), numbers as float64, clusters as int32 from 0 (-1 is none).

        With any of the options a Table of the column of answers and what was asked for besides: ``probabilities`` one
        column ``p_<class>`` per class; ``interval`` (in (0, 1)) columns ``low`` and ``high``, or ``set`` for classes,
        that hold the truth this often; ``keep_input`` the input's columns first.

        Columns are found by name; others are passed over. A category that the model has not seen and a column that is
        absent count as missing, with an EncodeWarning. Raises DataError when no column is known.
        """
        if interval is not None:
            interval = share(interval, "interval")
        table = self._table(data, threads)
        run = run_of(0, threads, progress, "Predicting")
        options = given(probabilities=probabilities or None, interval=interval, keep_input=keep_input or None)
        if not options:
            answers, told = _core.answer_rows(self._fitted, table, run)
            warn(told)
            return self._classes[answers] if self._labels else answers
        from ._data.read import Table

        made, told = _core.predict_rows(self._fitted, table, options, run)
        warn(told)
        return Table._made(made, [], "memory")

    def predict_proba(self, data: Any, *, threads: int | None = None, progress: Progress = None) -> np.ndarray:
        """The calibrated probability of each class: [rows, classes], in the order of ``classes``; rows sum to 1.

        Raises UnsupportedError for a model that does not tell classes apart.
        """
        self._require_classes()
        table = self._table(data, threads)
        answers, told = _core.probabilities_of_rows(self._fitted, table, run_of(0, threads, progress, "Predicting"))
        warn(told)
        return answers

    def predict_one(self, row: Mapping[str, Any] | None = None, /, **cells: Any) -> Any:
        """The answer for one row, in microseconds: a label of the target's kind, a number, a cluster, or how unusual it is.

        Cells by column name, as a dict or as keywords: numbers, texts, truths, moments; None and cells not given are
        missing. Raises DataError, with a did-you-mean, for a column that the model does not read.
        """
        values = {**row, **cells} if row else cells
        if self.task == "none":
            return self.predict([values])[0].item()
        answer = self._reader().answer(values)
        return self._labels[answer] if self._labels else answer

    def row(self, row: Mapping[str, Any]) -> Any:
        """predict_one for a row that is a dict already."""
        return self.predict_one(row)

    def row_proba(self, row: Mapping[str, Any]) -> np.ndarray:
        """The probability of each class for one row given as a dict: [classes]."""
        self._require_classes()
        return self._reader().probabilities(dict(row))

    def _reader(self) -> Any:
        reader = getattr(self._rows, "reader", None)
        if reader is None:
            reader = self._rows.reader = _core.RowReader(self._fitted)
        return reader

    def _require_classes(self) -> None:
        if not self._labels:
            raise UnsupportedError(f"{self.algorithm} tells no classes apart, so it has no probabilities; use predict")

    def _table(self, data: Any, threads: int | None) -> Any:
        """New rows, each column in the kind that the model knows where its cells are texts."""
        if is_path(data):
            table, told = _core.read_rows(self._fitted, path_of(data), run_of(threads=threads))
            warn(told)
            return table
        return _tables.table_for(self._fitted, data)

    # Judging and explaining

    def evaluate(
        self,
        data: Any,
        *,
        metrics: str | Sequence[str] | None = None,
        weights: str | None = None,
        group: str | None = None,
        seed: int = 0,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Evaluation:
        """Judges the model on a table with the target column: every metric of the task, or those named, with a 95 %
        bootstrap interval. Rows that it was trained on flatter it. ``weights`` is a column that counts each row;
        ``group`` one that says which rows are one list, whose order is then judged (``ndcg``, ``map``, ``mrr``,
        ``precision``, or so many first places as in ``ndcg@5``)."""
        table, _, name = table_of(data, threads)
        found, text, left_out = _core.evaluate(
            self._fitted,
            table,
            given(metrics=metrics, weights=weights, group=group),
            name,
            width(),
            run_of(seed, threads, progress, "Judging"),
        )
        told = json.loads(found)
        return Evaluation(told["metrics"], told["rows"], left_out, text)

    def importance(
        self,
        data: Any,
        *,
        metric: str | None = None,
        repeats: int | None = None,
        columns: Sequence[str] | None = None,
        max_rows: int | None = None,
        seed: int = 0,
        threads: int | None = None,
        progress: Progress = None,
    ) -> list[dict[str, Any]]:
        """How much worse the metric gets on these rows when a column's cells are shuffled, most important first: dicts
        of column, mean and (standard) deviation over the repeats, in the metric's unit. ``data`` has the target."""
        options = given(metric=metric, repeats=repeats, columns=columns, max_rows=max_rows)
        run = run_of(seed, threads, progress, "Explaining")
        return json.loads(_core.importance(self._fitted, table_of(data, threads)[0], options, run))

    def dependence(
        self,
        data: Any,
        column: str,
        *,
        points: int | None = None,
        max_rows: int | None = None,
        seed: int = 0,
        threads: int | None = None,
        progress: Progress = None,
    ) -> dict[str, Any]:
        """The mean answer when ``column`` is set to one value for every row of ``data``, over a grid of its values.

        Grid or levels, class_names, and mean, low and high (10th and 90th percentile of single rows) as arrays
        [grid points] or [grid points, classes].
        """
        run = run_of(seed, threads, progress, "Explaining")
        options = given(points=points, max_rows=max_rows)
        return shaped(json.loads(_core.dependence(self._fitted, table_of(data, threads)[0], column, options, run)))

    def accumulated_effects(
        self,
        data: Any,
        column: str,
        *,
        points: int | None = None,
        max_rows: int | None = None,
        seed: int = 0,
        threads: int | None = None,
        progress: Progress = None,
    ) -> dict[str, Any]:
        """How the mean answer changes along a column of numbers or dates while the others stay as they are in the rows
        that are there (accumulated local effects, Apley and Zhu 2020).

        Grid, class_names, effect with mean 0 over the rows as an array [grid points] or [grid points, classes], and rows,
        the number of rows in each step [grid points - 1].
        """
        run = run_of(seed, threads, progress, "Explaining")
        options = given(points=points, max_rows=max_rows)
        table = table_of(data, threads)[0]
        found = shaped(json.loads(_core.accumulated_effects(self._fitted, table, column, options, run)))
        found["rows"] = np.array(found["rows"], dtype=np.int64)
        return found

    # Files

    def save(self, path: Any, overwrite: bool = False) -> None:
        """Writes the .everyml file, whole or not at all. Raises ResourceError when it exists, unless ``overwrite``."""
        self._fitted.save(path_of(path), truth(overwrite, "overwrite"))

    def to_bytes(self) -> bytes:
        """The bytes of that file; the same data, settings and seed give the same bytes everywhere."""
        return self._fitted.bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Model:
        """The model of such bytes. Raises FormatError for anything else, without running or trusting them."""
        return cls(_core.Fitted.from_bytes(bytes(data), "the bytes"))

    def __reduce__(self) -> Any:
        return Model.from_bytes, (self.to_bytes(),)

    # How it shows itself

    def __repr__(self) -> str:
        reads = len(self.columns)
        what = f" for {self.target!r}" if self.target else ""
        classes = f", {len(self._labels)} classes" if self._labels else ""
        return f"<Model: {self.algorithm}{what}, {reads} column{'s' if reads != 1 else ''}{classes}>"

    def _repr_html_(self) -> str:
        return _pages.model(self, self._inspected())


Model.__module__ = Evaluation.__module__ = "everyml"


def shaped(dependence: dict[str, Any]) -> dict[str, Any]:
    """Partial dependence with arrays in their shapes."""
    points = len(dependence.get("grid") or dependence.get("levels") or [])
    classes = len(dependence.get("class_names", []))
    shape = (points, classes) if classes else (points,)
    for name in ("mean", "low", "high", "effect"):
        if name not in dependence:
            continue
        dependence[name] = np.array(dependence[name], dtype=np.float64).reshape(shape)
    if "grid" in dependence:
        dependence["grid"] = np.array(dependence["grid"], dtype=np.float64)
    return dependence


def load(path: Any) -> Model:
    """The model of an .everyml file, written here or by the command. Raises FormatError for anything else."""
    return Model(_core.Fitted.load(path_of(path)))
