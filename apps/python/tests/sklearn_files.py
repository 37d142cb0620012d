"""Runs scikit-learn's own test files with our classes in place of theirs, put in at run time.

    python sklearn_files.py FILE            runs one of FILES and writes JSON lines to stderr, one per test
    python sklearn_files.py FILE --kept     the same for the tests of sklearn_files_passing.txt alone
    python sklearn_files.py --keep          runs all files and writes that list and sklearn_files_failing.txt

A test file imports its names from a module of scikit-learn; before that happens the names are set to our classes. A
test counts when it makes or fits one of them: the others say nothing about us.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
KEPT = HERE / "sklearn_files_passing.txt"
FAILING = HERE / "sklearn_files_failing.txt"
#: Test file -> the module whose names it imports.
FILES = {
    "sklearn/linear_model/tests/test_base.py": "linear_model",
    "sklearn/linear_model/tests/test_ridge.py": "linear_model",
    "sklearn/linear_model/tests/test_logistic.py": "linear_model",
    "sklearn/tests/test_naive_bayes.py": "naive_bayes",
    "sklearn/neighbors/tests/test_neighbors.py": "neighbors",
    "sklearn/cluster/tests/test_k_means.py": "cluster",
    "sklearn/tests/test_dummy.py": "dummy",
}


def replacements(file: str) -> dict[str, dict[str, type]]:
    """Module of scikit-learn -> name in it -> our class, for a test file."""
    from everyml._sk_table import CLASSES

    from everyml import sklearn as ours

    module = FILES[file]
    names = {name: getattr(ours, name) for name, row in CLASSES.items() if row.module == module}
    return {f"sklearn.{module}": names}


class Watch:
    """Writes a line per test: its id, how it ended, whether it made or fitted one of our estimators, and the error."""

    def __init__(self, file: str, out, only: set[str] | None) -> None:
        from everyml._sk_plain import Plain

        self.file, self.out, self.only, self.touched = file, out, only, False
        watch, learn = self, Plain._learn

        def new(cls, *args, **kwargs):
            watch.touched = True
            return object.__new__(cls)

        def learned(estimator, *args, **kwargs):
            watch.touched = True
            return learn(estimator, *args, **kwargs)

        Plain.__new__ = new
        Plain._learn = learned

    def _name(self, nodeid: str) -> str:
        return self.file + "::" + nodeid.split("::", 1)[-1]

    def pytest_collection_modifyitems(self, items) -> None:
        if self.only is not None:
            items[:] = [item for item in items if self._name(item.nodeid) in self.only]

    def pytest_runtest_logstart(self, nodeid, location) -> None:
        self.touched = False

    def pytest_runtest_logreport(self, report) -> None:
        if report.when == "call" or report.outcome != "passed":
            error = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
            line = {"id": self._name(report.nodeid), "outcome": report.outcome, "ours": self.touched, "error": error[:600]}
            self.out.write(json.dumps(line) + "\n")
            self.out.flush()


def run_here(file: str, out, only: set[str] | None) -> int:
    """Runs one file in this process, or those of its tests that are in ``only``; lines go to ``out``."""
    import os

    import pytest
    import sklearn

    os.environ.setdefault("SKLEARN_SKIP_NETWORK_TESTS", "1")
    for module, names in replacements(file).items():
        place = importlib.import_module(module)
        for name, kind in names.items():
            setattr(place, name, kind)
    root = Path(sklearn.__file__).parent.parent
    arguments = [str(root / file), "-q", "-p", "no:cacheprovider", "--rootdir", str(root), "-c", "/dev/null"]
    return pytest.main(arguments, plugins=[Watch(file, out, only)])


def run(file: str, *options: str) -> tuple[list[dict], float]:
    """The lines of one file, run in a process of its own, and the seconds it took."""
    begin = time.monotonic()
    command = [sys.executable, __file__, file, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"id"')]
    if not lines:
        raise RuntimeError(f"no test of {file} ran:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return lines, time.monotonic() - begin


def counts(lines: list[dict]) -> dict[str, int]:
    """How the tests that touch our classes ended, and how many tests do not."""
    found = {"passed": 0, "failed": 0, "skipped": 0, "not ours": 0}
    for line in lines:
        found[line["outcome"] if line["ours"] or line["outcome"] == "skipped" else "not ours"] += 1
    return found


def kept() -> set[str]:
    return set(KEPT.read_text().split("\n")) - {""}


def main() -> int:
    if sys.argv[1:] != ["--keep"]:
        return run_here(sys.argv[1], sys.stderr, kept() if "--kept" in sys.argv else None)
    passing: list[str] = []
    failing: list[str] = []
    for file in FILES:
        lines, seconds = run(file)
        print(file, counts(lines), f"{seconds:.0f} s", flush=True)
        ours = [line for line in lines if line["ours"] or line["outcome"] == "failed"]
        passing += [line["id"] for line in ours if line["outcome"] == "passed"]
        failing += [f"{line['id']} | {line['error'].splitlines()[0]}" for line in ours if line["outcome"] == "failed"]
    KEPT.write_text("\n".join(sorted(passing)) + "\n")
    FAILING.write_text("\n".join(sorted(failing)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
