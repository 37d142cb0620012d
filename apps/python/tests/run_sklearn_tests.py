"""Runs scikit-learn's own test files with our functions and classes in the place of theirs.

    python run_sklearn_tests.py sklearn.metrics.tests.test_regression [--table out.csv]
    python run_sklearn_tests.py all [--table out.csv]

Nothing of scikit-learn is copied: its installed test module is imported while the public packages of scikit-learn offer
ours under the same names, so that what the tests import and what their parameters hold is ours. Only tests that use one
of ours are counted. What fails runs again with the texts of errors and warnings not compared, their types still: a test
that passes then differs in words alone. The table has a row per test: module, test, outcome (passed, wording, failed,
skipped), reason. Ends with 1 when a test fails that is not in EXPECTED.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import importlib
import io
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import everyml.metrics
import everyml.model_selection
import pytest


def _all_of(module: types.ModuleType, *without: str) -> dict[str, Any]:
    return {name: getattr(module, name) for name in module.__all__ if name not in without}


def metrics() -> dict[str, Any]:
    # Warnings are scikit-learn's own where it is loaded.
    return _all_of(everyml.metrics, "UndefinedMetricWarning")


def splitters() -> dict[str, Any]:
    return _all_of(everyml.model_selection)


#: The test modules, each with what stands in: {name in scikit-learn: our object}.
MODULES: dict[str, Callable[[], dict[str, Any]]] = {
    "sklearn.metrics.tests.test_classification": metrics,
    "sklearn.metrics.tests.test_regression": metrics,
    "sklearn.metrics.tests.test_ranking": metrics,
    "sklearn.metrics.cluster.tests.test_supervised": metrics,
    "sklearn.metrics.cluster.tests.test_unsupervised": metrics,
    "sklearn.model_selection.tests.test_split": splitters,
}

#: Why a test fails, by module and test; a name without its parameters stands for all of them.
#: docs/python_sklearn_tests.md says more.
EXPECTED: dict[str, dict[str, str]] = {
    "sklearn.metrics.tests.test_classification": {
        "test_confusion_matrix_dtype": "expects whole weights near 2^63 to overflow; ours are summed as float64",
        "test_prf_warnings": "compares whole texts of warnings",
        "test_recall_warnings": "compares whole texts of warnings",
        "test_precision_warnings": "compares whole texts of warnings",
        "test_fscore_warnings": "compares whole texts of warnings",
        "test_log_loss_y_pred_deprecation": "the old name of an argument, which is on its way out",
    },
    "sklearn.model_selection.tests.test_split": {
        "test_stratified_group_kfold_against_group_kfold": "asks it to stratify worse than another, on one draw",
    },
}


def expected(module: str, test: str) -> str | None:
    """The reason why a test fails, None when it should not."""
    reasons = EXPECTED.get(module, {})
    return reasons.get(test) or reasons.get(test.partition("[")[0])


@contextlib.contextmanager
def offered(objects: dict[str, Any]) -> Iterator[None]:
    """Public packages of scikit-learn offer the objects under their names."""
    kept = []
    for path, module in list(sys.modules.items()):
        if not path.startswith("sklearn.") or any(part.startswith("_") or part == "tests" for part in path.split(".")):
            continue
        for name, value in objects.items():
            if name in getattr(module, "__all__", ()) and hasattr(module, name):
                kept.append((module, name, getattr(module, name)))
                setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in reversed(kept):
            setattr(module, name, value)


class Judge:
    """A pytest plugin: leaves out tests that use none of ours and keeps the reports."""

    def __init__(self, module: types.ModuleType, objects: dict[str, Any], only: set[str] | None = None) -> None:
        self.module, self.ours, self.only = module, list(objects.values()), only
        self.names = {name for name, value in vars(module).items() if any(value is one for one in self.ours)}
        self.rows: list[tuple[str, str, str]] = []

    def uses_ours(self, value: Any, seen: set[int]) -> bool:
        """Whether a function, or what it calls in its module, names one of ours, or a parameter holds one."""
        if any(value is one for one in self.ours):
            return True
        if id(value) in seen:
            return False
        seen.add(id(value))
        if isinstance(value, (list, tuple, set)):
            return any(self.uses_ours(one, seen) for one in value)
        if isinstance(value, dict):
            return any(self.uses_ours(one, seen) for one in value.values())
        if type(value).__module__.startswith("everyml"):
            return True
        if hasattr(value, "func") and hasattr(value, "args"):  # functools.partial
            return self.uses_ours(value.func, seen)
        code = value if isinstance(value, types.CodeType) else getattr(value, "__code__", None)
        if code is None:
            return False
        if self.names & set(code.co_names):
            return True
        inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
        called = [vars(self.module)[name] for name in code.co_names if name in vars(self.module)]
        called = [one for one in called if getattr(one, "__module__", None) == self.module.__name__]
        return any(self.uses_ours(one, seen) for one in (*inner, *called))

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        kept = []
        for item in items:
            if self.only is not None and item.nodeid.split("::", 1)[1] not in self.only:
                continue
            held = list(getattr(getattr(item, "callspec", None), "params", {}).values())
            if self.uses_ours(item.function, set()) or self.uses_ours(held, set()):
                kept.append(item)
        items[:] = kept

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and report.passed:
            return
        reason = ""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = " ".join((crash.message if crash else str(report.longrepr)).split())[:300]
        elif report.skipped:
            reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.wasxfail)[:300]
        self.rows.append((report.nodeid.split("::", 1)[1], report.outcome, reason))


def run(name: str) -> list[tuple[str, str, str]]:
    """(test, outcome, reason) of each test of the module that uses one of ours."""
    objects = MODULES[name]()
    importlib.import_module(name.rsplit(".tests.", 1)[0])
    with offered(objects):
        module = importlib.import_module(name)
    rows = _judged(name, Judge(module, objects))
    failed = {test for test, outcome, _ in rows if outcome == "failed"}
    with _texts_not_compared():
        again = _judged(name, Judge(module, objects, failed)) if failed else []
    wording = {test for test, outcome, _ in again if outcome == "passed"}
    return [(test, "wording" if test in wording else outcome, reason) for test, outcome, reason in rows]


def _judged(name: str, judge: Judge) -> list[tuple[str, str, str]]:
    import sklearn

    # Whatever the folder it starts in, the fixtures of scikit-learn's conftest.py belong to its tests.
    fixtures = f"--confcutdir={Path(sklearn.__file__).parent}"
    arguments = [str(judge.module.__file__), "-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", fixtures]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(arguments, plugins=[judge])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"{name}: pytest ended with {code!r}\n{said.getvalue()[-2000:]}")
    return judge.rows


@contextlib.contextmanager
def _texts_not_compared() -> Iterator[None]:
    """pytest.raises and pytest.warns look at types alone."""
    raises, warns = pytest.raises, pytest.warns
    pytest.raises = lambda *arguments, match=None, **options: raises(*arguments, **options)
    pytest.warns = lambda *arguments, match=None, **options: warns(*arguments, **options)
    try:
        yield
    finally:
        pytest.raises, pytest.warns = raises, warns


def _counts(rows: list[tuple[str, ...]]) -> str:
    counts = Counter(row[-2] for row in rows)
    return ", ".join(f"{counts[what]} {what}" for what in ("passed", "wording", "failed", "skipped"))


def main() -> int:
    parser = argparse.ArgumentParser(description="scikit-learn's tests against our objects")
    parser.add_argument("module", help="one of MODULES, or all")
    parser.add_argument("--table", type=Path, help="write the table as CSV")
    options = parser.parse_args()
    import sklearn

    rows, surprises = [], 0
    for name in MODULES if options.module == "all" else [options.module]:
        found = run(name)
        print(f"{name}: {_counts(found)}")
        for test, outcome, reason in found:
            if outcome in ("failed", "wording"):
                known = outcome == "wording" or expected(name, test)
                surprises += not known
                print(f"  {outcome if known else 'NOT EXPECTED'}: {test}: {reason[:160]}")
        rows += [(name, *row) for row in found]
    print(f"scikit-learn {sklearn.__version__}: {_counts(rows)}")
    if options.table:
        with options.table.open("w", newline="") as file:
            csv.writer(file).writerows([("module", "test", "outcome", "reason"), *rows])
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
