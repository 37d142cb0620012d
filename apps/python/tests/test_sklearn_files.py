"""scikit-learn's own tests of the estimators, against everyml.sklearn: what passed goes on passing, each failure has a
reason on the page, and the page of names says what the tables say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sklearn
import sklearn_files

PAGES = Path(__file__).resolve().parents[3] / "docs"
newest = pytest.mark.skipif(
    not sklearn.__version__.startswith("1.9."), reason="the lists are of scikit-learn 1.9's tests"
)


@newest
@pytest.mark.parametrize("name", sklearn_files.FILES)
def test_what_passed_still_passes(name, capsys):
    wanted = sklearn_files.kept()[name]
    rows, seconds = sklearn_files.run(name, "--kept")
    with capsys.disabled():
        print(f"\n{name}: {dict(Counter(outcome for _, outcome, _ in rows))} in {seconds:.0f} s")
    wrong = [f"{test}: {reason}" for test, outcome, reason in rows if outcome != "passed"]
    assert not wrong, "\n".join(wrong)
    missing = sorted(wanted - {test for test, _, _ in rows})
    assert len(wanted) > 5 and not missing, f"{len(missing)} tests of the list did not run: {missing[:5]}"


def test_every_failure_on_the_page_has_a_reason():
    text = (PAGES / "python_sklearn_tests.md").read_text().split(sklearn_files.MARK)[1]
    assert "NO REASON" not in text
    assert all(f"`{name}`" in text for name in sklearn_files.FILES)


@newest
def test_the_page_of_names_is_that_of_the_tables():
    import names_page

    assert (PAGES / "python_names.md").read_text() == names_page.page()
