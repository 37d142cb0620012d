"""The main job: from a table to a trusted model; and the doctor, the map, fits of one algorithm."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from . import _core, _pages
from ._errors import ParameterError
from ._model import Evaluation, Model, Progress, given, is_path, load, run_of, shaped, table_of, width
from ._paths import path_of
from ._run import truth

__all__ = [
    "DoctorReport",
    "Evaluation",
    "Explanation",
    "LearnResult",
    "Map",
    "Model",
    "doctor",
    "fit",
    "learn",
    "load",
    "map",
]


def learn(
    data: Any,
    target: str,
    *,
    metric: str | None = None,
    only: Sequence[str | type] | None = None,
    ignore: Sequence[str] | None = None,
    folds: int | Iterable[tuple[Any, Any]] | None = None,
    group: str | None = None,
    date: str | None = None,
    weights: str | None = None,
    costs: Mapping[tuple[Any, Any], float] | None = None,
    classification: bool | None = None,
    keep_suspects: bool | None = None,
    seconds: float | None = None,
    search_log: str | os.PathLike[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = True,
) -> LearnResult:
    """Learns to predict a column: examines the table, finds the task, judges every fitting algorithm against a baseline
    on the same folds, chooses the plainest of the best and fits it on all rows.

    data
        A table of any kind (pandas, polars, pyarrow, everyml.Table, dict, ...) or the path of a file, which is read as
        the command reads it. [rows, columns]
    target
        The column to predict.
    metric
        What is judged; the task's usual one when not given.
    only
        The algorithms to try: names of the registry ("ridge") or classes.
    ignore
        Columns to leave out.
    folds
        How many parts are tested on, one after another; or your own folds, as pairs of row numbers to train and to test
        on, such as scikit-learn's splitters yield.
    group
        A column whose equal values stay on one side of every fold.
    date
        A column by which the past must not see the future.
    weights
        A column that says how much each row counts.
    costs
        What an error costs: {(truth, answered): cost}; other errors cost 1. Classification only.
    classification
        True takes a target of numbers as classes, False as quantities.
    keep_suspects
        Use the columns that the doctor would leave out.
    seconds
        Ends the search after about this long; the baseline and one model always finish, and what is left is used to
        tune the best.
    search_log
        A file that keeps what was tried, so that the same call goes on where it ended.
    seed, threads
        The same data, options and seed give the same model, at any number of threads; None is all there are.
    progress
        True for a bar on a terminal or in a notebook, None for nothing, or a callable progress(stage, fraction). What
        it raises ends the work, and so does Ctrl-C; nothing half-done is left behind.

    Raises DataError for a table that cannot be learned from and ParameterError for options that contradict each other,
    with a sentence that says what would be right.
    """
    table, notes, name = table_of(data, threads)
    options = given(
        target=target,
        metric=metric,
        only=None if only is None else _algorithms(only),
        ignore=ignore,
        group=group,
        date=date,
        weights=weights,
        classification=classification,
        keep_suspects=keep_suspects,
        seconds=seconds,
        search_log=None if search_log is None else os.fspath(search_log),
    )
    if costs is not None:
        options["costs"] = _costs(costs)
    own = None
    if folds is not None:
        if isinstance(folds, (int, np.integer)):
            options["folds"] = int(folds)
        else:
            own = _own_folds(folds)
    learned = _core.learn(table, options, notes, own, run_of(seed, threads, progress, "Learning"))
    call = _call(name if is_path(data) else None, {**options, "costs": costs, "folds": options.get("folds")}, seed)
    return LearnResult(learned, name, call)


def _algorithm(one: Any) -> str:
    """The registry's name of an algorithm that is given by name, as a class or as an estimator."""
    if isinstance(one, str):
        return one
    entry = getattr(one, "_entry", None)
    if not entry:
        raise ParameterError(f'an algorithm must be a name such as "ridge" or a class of everyml, got {one!r}')
    return entry["name"]


def _algorithms(only: Any) -> list[str]:
    if isinstance(only, (str, type)) or not isinstance(only, Iterable):
        raise ParameterError(f'only must be a list of algorithms, such as ["ridge"], got {only!r}')
    return [_algorithm(one) for one in only]


def _costs(costs: Any) -> list[list[Any]]:
    if not isinstance(costs, Mapping):
        raise ParameterError(f"costs must be a dict {{(truth, answered): cost}}, got {type(costs).__name__!r}")
    told = []
    for pair, cost in costs.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ParameterError(f"a key of costs must be a pair (truth, answered), got {pair!r}")
        if isinstance(cost, bool) or not isinstance(cost, (int, float, np.integer, np.floating)):
            raise ParameterError(f"the cost of {pair!r} must be a number, got {cost!r}")
        told.append([*pair, cost])
    return told


_FOLDS = "folds must be a whole number or pairs of row numbers, (train, test)"


def _own_folds(folds: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    if hasattr(folds, "split") and not isinstance(folds, str):
        raise ParameterError(f"{_FOLDS}, got a splitter: give folds={folds!r}.split(data)")
    if isinstance(folds, (str, bytes)) or not isinstance(folds, Iterable):
        raise ParameterError(f"{_FOLDS}, got {folds!r}")
    own = []
    for place, pair in enumerate(folds):
        if not isinstance(pair, (tuple, list, np.ndarray)) or len(pair) != 2:
            raise ParameterError(f"{_FOLDS}; fold {place} is {pair!r}")
        own.append((_row_numbers(pair[0], place), _row_numbers(pair[1], place)))
    return own


def _row_numbers(rows: Any, place: int) -> np.ndarray:
    try:
        array = np.asarray(rows)
    except ValueError:
        array = np.empty((0, 0))
    if array.size == 0 and array.ndim == 1:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "biu":
        raise ParameterError(f"{_FOLDS}; fold {place} has something else on one side")
    if array.dtype == bool:
        array = np.flatnonzero(array)
    return np.ascontiguousarray(array, dtype=np.int64)


def _call(path: str | None, options: dict[str, Any], seed: int) -> str:
    """The call, to be repeated."""
    words = [repr(path) if path is not None else "data"]
    words += [f"{name}={value!r}" for name, value in options.items() if value is not None]
    return f"everyml.learn({', '.join([*words, *([f'seed={seed}'] if seed else [])])})"


class LearnResult:
    """What learn found. Printed, it is the leaderboard and the verdict; in a notebook, the whole report."""

    def __init__(self, learned: Any, name: str, call: str) -> None:
        self._learned, self._name, self._call = learned, name, call
        self._told = json.loads(learned.json())
        self.model: Model = Model(learned.fitted)
        """The chosen algorithm, fitted on all rows."""

    @property
    def leaderboard(self) -> list[dict[str, Any]]:
        """The algorithms, best first: algorithm, title, score with low and high (95 % interval), fold_scores,
        tied_with_best, metrics, seconds; those not judged have ``skipped``, the reason."""
        return self._told["leaderboard"]

    def leaderboard_frame(self) -> Any:
        """The leaderboard as a pandas.DataFrame, one column for each metric besides."""
        import pandas

        rows = []
        for one in self.leaderboard:
            row = {name: value for name, value in one.items() if name not in ("metrics", "fold_scores")}
            rows.append({**row, **one.get("metrics", {})})
        return pandas.DataFrame(rows)

    @property
    def metric(self) -> str:
        """The name of the metric that was judged."""
        return self._told["metric"]

    @property
    def metrics(self) -> dict[str, float | None]:
        """Every metric of the chosen model on rows that it had not seen."""
        return next(one for one in self.leaderboard if one["algorithm"] == self._told["chosen"])["metrics"]

    @property
    def verdict(self) -> str:
        """ "worth_it", "not_worth_it" or "no_pattern"."""
        return self._told["verdict"]

    @property
    def sentence(self) -> str:
        """The one sentence to act on."""
        return self._told["sentence"]

    @property
    def out_of_fold(self) -> np.ndarray:
        """The chosen algorithm's answers for rows that it had not seen: [rows of truth], or calibrated probabilities
        [rows of truth, classes]; NaN where a row was never tested."""
        return self._learned.out_of_fold

    @property
    def truth(self) -> np.ndarray:
        """The target of the rows learned from: [rows], values, or positions in ``model.classes``."""
        return self._learned.truth

    @property
    def folds(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Rows to train and to test on, by their number in the table."""
        return self._learned.folds

    def explain(self) -> Explanation:
        """Which columns the model needs, and how its answer changes with the most important ones."""
        dependence = [shaped(one) for one in json.loads(self._learned.dependence_json())]
        return Explanation(self._told["importance"], dependence, self.metric)

    def predict(self, data: Any, **options: Any) -> Any:
        """Answers for new rows: see Model.predict."""
        return self.model.predict(data, **options)

    def predict_proba(self, data: Any, **options: Any) -> np.ndarray:
        """The probability of each class: see Model.predict_proba."""
        return self.model.predict_proba(data, **options)

    def evaluate(self, data: Any, **options: Any) -> Evaluation:
        """Judges the model on further rows: see Model.evaluate."""
        return self.model.evaluate(data, **options)

    def save(self, path: Any, overwrite: bool = False) -> None:
        """Writes the model as an .everyml file: see Model.save."""
        self.model.save(path, overwrite)

    def report(self, path: Any = None, overwrite: bool = False) -> str:
        """The report, one self-contained HTML page; with ``path`` it is written there too, whole or not at all."""
        page = self._learned.report(os.path.basename(self._name), self._call)
        if path is not None:
            _core.write_text(path_of(path), page, truth(overwrite, "overwrite"))
        return page

    def to_dict(self) -> dict[str, Any]:
        """Everything that a program would want, as the command's --json."""
        return json.loads(self._learned.json())

    def __repr__(self) -> str:
        return self._learned.text(width())

    def _repr_html_(self) -> str:
        return _pages.framed(self.report(), "Report of everyml")

    def __reduce__(self) -> Any:
        raise TypeError("a result of learn is not pickled; pickle its .model, or keep .to_dict() and .report()")


class Explanation:
    """Importances and partial dependences of a learned model."""

    def __init__(self, importance: list[dict[str, Any]], dependence: list[dict[str, Any]], metric: str) -> None:
        self.importance, self.dependence, self.metric = importance, dependence, metric

    def __repr__(self) -> str:
        lines = [f"How much worse {self.metric} gets when a column is shuffled:"]
        wide = max((len(one["column"]) for one in self.importance), default=0)
        most = max((abs(one["mean"]) for one in self.importance), default=0) or 1
        for one in self.importance:
            bar = "█" * round(30 * max(one["mean"], 0) / most)
            lines.append(f"  {one['column']:<{wide}}  {one['mean']:>10.4g}  {bar}".rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return _pages.explanation(self)


def fit(
    data: Any,
    algorithm: str | type,
    target: str | None = None,
    *,
    ignore: Sequence[str] | None = None,
    weights: str | None = None,
    classification: bool | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> Model:
    """One algorithm on all rows, with the settings given: no search, no judgement, no columns left out but those named.

    ``algorithm`` is a name of the registry ("ridge") or its class; its settings are keywords. Those that share a name
    with an argument here, such as the ``weights`` of the nearest neighbours, go into ``settings``. The same table,
    settings and seed give the bytes that the command's ``fit`` writes. Raises ParameterError and DataError with a sentence.
    """
    name = _algorithm(algorithm)
    options = given(target=target, ignore=ignore, weights=weights, classification=classification)
    run = run_of(seed, threads, progress, "Fitting")
    return Model(_core.fit_one(name, table_of(data, threads)[0], {**(settings or {}), **more}, options, run))


def doctor(
    data: Any,
    target: str | None = None,
    *,
    ignore: Sequence[str] | None = None,
    future: Any = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = None,
) -> DoctorReport:
    """Examines a table or a file: what a careful person would want to know before trusting a model of it.

    With ``target``, leaks and weak columns too; with ``future``, a table of rows to be predicted, overlap and drift.
    """
    table, notes, name = table_of(data, threads)
    later = None if future is None else table_of(future, threads)[0]
    run = run_of(seed, threads, progress, "Examining")
    return DoctorReport(_core.doctor(table, given(target=target, ignore=ignore), notes, later, run), name)


class DoctorReport:
    """What the doctor found: printed as the command prints it."""

    def __init__(self, examined: Any, name: str) -> None:
        self._examined, self._name = examined, name
        self._told = json.loads(examined.json())

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Serious ones first: code, severity, column, sentence, evidence, remedy, share (of the rows)."""
        return self._told["findings"]

    @property
    def columns(self) -> list[dict[str, Any]]:
        """The profile of each column."""
        return self._told["columns"]

    @property
    def excluded(self) -> list[dict[str, str]]:
        """The columns that learn leaves out, with the finding's code as the reason."""
        return self._told["excluded"]

    def to_dict(self) -> dict[str, Any]:
        """All of it, as the command's --json."""
        return json.loads(self._examined.json())

    def __repr__(self) -> str:
        return self._examined.text(self._name, width()).rstrip()

    def _repr_html_(self) -> str:
        return _pages.doctor(self._name, self._told)


def map(data: Any = None, target: str | None = None) -> Map:
    """The map of machine learning and what works in each territory today; with a table, what fits it and why."""
    table, name = None, ""
    if data is not None:
        table, _, path = table_of(data)
        name = path if is_path(data) else ""
    return Map(*_core.map(table, name, target or "", width()))


class Map(list):
    """Territories: dicts of name, question, works, algorithms, not_yet; with a table fits and reason;
    with a file next, a command."""

    def __init__(self, told: str, text: str) -> None:
        super().__init__(json.loads(told))
        self._text = text

    def __repr__(self) -> str:
        return self._text.rstrip()

    def _repr_html_(self) -> str:
        return _pages.territories(self)


for _class in (DoctorReport, Explanation, LearnResult, Map):
    _class.__module__ = "everyml"
