"""Boosted models that are worked on further."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris

from everyml import GradientBoostingClassifier, GradientBoostingRegressor

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
SUGAR_X, SUGAR_Y = load_diabetes(return_X_y=True)
CASES = [(GradientBoostingClassifier, IRIS_X, IRIS_Y), (GradientBoostingRegressor, SUGAR_X, SUGAR_Y)]


@pytest.mark.parametrize("kind, X, y", CASES)
def test_warm_starts_end_in_the_model_of_all_rounds(kind, X, y):
    whole = kind(rounds=20, row_share=0.7).fit(X, y)
    warm = kind(rounds=8, row_share=0.7, warm_start=True).fit(X, y)
    assert warm.rounds_ == 8
    warm.set_params(rounds=20).fit(X, y)
    assert warm.to_bytes() == whole.to_bytes()
    assert kind(rounds=20, row_share=0.7).continue_from(kind(rounds=3, row_share=0.7).fit(X, y), X, y).to_bytes() == (
        whole.to_bytes()
    )


def test_a_cold_start_begins_anew_and_clones_know_the_setting():
    model = GradientBoostingRegressor(rounds=5).fit(SUGAR_X, SUGAR_Y)
    assert model.set_params(rounds=4).fit(SUGAR_X, SUGAR_Y).rounds_ == 4
    assert clone(GradientBoostingRegressor(warm_start=True)).warm_start is True
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(warm_start="yes").fit(SUGAR_X, SUGAR_Y)


def test_tables_and_texts_go_on_too():
    table = pd.DataFrame({"size": IRIS_X[:, 2], "place": np.where(IRIS_X[:, 0] > 5.8, "here", "there")})
    names = np.array(["setosa", "versicolor", "virginica"])[IRIS_Y]
    whole = GradientBoostingClassifier(rounds=9).fit(table, names)
    part = GradientBoostingClassifier(rounds=4, warm_start=True).fit(table, names)
    assert part.set_params(rounds=9).fit(table, names).to_bytes() == whole.to_bytes()
    some = np.flatnonzero(IRIS_Y < 2)
    more = part.set_params(rounds=12).fit(table.iloc[some], names[some])
    assert more.predict_proba(table).shape == (150, 3) and more.rounds_ == 12


@pytest.mark.parametrize("kind, X, y", CASES)
def test_refit_with_the_same_rows_keeps_the_fit_and_decay_of_one_keeps_the_model(kind, X, y):
    model = kind(rounds=15).fit(X, y)
    written, score = model.to_bytes(), model.score(X, y)
    assert model.refit(X, y, decay=1).to_bytes() == written
    assert model.refit(X, y, decay=0).score(X, y) == pytest.approx(score, abs=1e-6)
    model.refit(X[::3], y[::3], decay=0.5)
    assert model.to_bytes() != written
    for wrong in (-0.1, 1.1, "much", True):
        with pytest.raises(ValueError, match="decay"):
            model.refit(X, y, decay=wrong)


@pytest.mark.parametrize("kind, X, y", CASES)
def test_first_rounds_answer_as_the_stage_does(kind, X, y):
    model = kind(rounds=12).fit(X, y)
    first = model.first_rounds(5)
    assert (first.rounds_, model.rounds_) == (5, 12)
    assert (first.predict(X) == list(model.staged_predict(X))[4]).all()
    for wrong in (0, 13):
        with pytest.raises(ValueError, match="rounds"):
            model.first_rounds(wrong)


def test_a_failed_continuation_leaves_the_estimator_as_it_was():
    other = GradientBoostingRegressor(rounds=9).fit(SUGAR_X, SUGAR_Y)
    mine = GradientBoostingRegressor(rounds=4).fit(SUGAR_X, SUGAR_Y)
    written = mine.to_bytes()
    with pytest.raises(ValueError, match="rounds"):
        mine.continue_from(other, SUGAR_X, SUGAR_Y)
    assert mine.to_bytes() == written
    with pytest.raises(ValueError, match="goes on from"):
        mine.continue_from(GradientBoostingClassifier(), SUGAR_X, SUGAR_Y)


def test_the_watched_metric_finds_the_round():
    model = GradientBoostingClassifier(
        rounds=60, learning_rate=0.3, validation_share=0.3, validation_metric="accuracy"
    ).fit(IRIS_X, IRIS_Y)
    assert len(model.validation_scores_) == len(model.validation_loss_)
    assert model.rounds_ == int(np.argmax(model.validation_scores_)) + 1
    with pytest.raises(ValueError, match="validation_metric"):
        GradientBoostingClassifier(validation_metric="mae").fit(IRIS_X, IRIS_Y)


def test_ordered_categories_and_linear_leaves_learn():
    rng = np.random.default_rng(1)
    place, size = rng.integers(0, 40, 1500), rng.normal(size=1500)
    y = np.sin(place) + 3 * size + 0.2 * rng.normal(size=1500)
    table = pd.DataFrame({"place": place.astype(str), "size": size})
    for settings in ({"category_encoding": "ordered"}, {"linear_leaves": True}):
        model = GradientBoostingRegressor(**settings).fit(table[:1000], y[:1000])
        assert model.score(table[1000:], y[1000:]) > 0.95
