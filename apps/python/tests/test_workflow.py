"""The main job: learn, fit, load, doctor, map. What Python says, the command says; the same bytes everywhere."""

import copy
import io
import json
import multiprocessing
import os
import pathlib
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import KFold

import everyml

ROOT = pathlib.Path(__file__).resolve().parents[3]
TITANIC = str(ROOT / "examples/data/titanic.csv")
COMMAND = os.environ.get("EVERYML_COMMAND", "")
PATIENCE = float(os.environ.get("EVERYML_PATIENCE", "1"))
ALGORITHMS = everyml.all_estimators()
every_algorithm = pytest.mark.parametrize("kind", ALGORITHMS, ids=[kind.__name__ for kind in ALGORITHMS])
needs_command = pytest.mark.skipif(
    not os.path.exists(COMMAND), reason="the command is not there: EVERYML_COMMAND names it"
)
SEED = 5


def command(*words, **options):
    done = subprocess.run(
        [COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done


def mixed(rows=240):
    """Texts, categories, dates, truths, holes, and two targets that they say something of."""
    rng = np.random.default_rng(11)
    city = rng.choice(["Rome", "Oslo", "Lima"], rows)
    age = rng.integers(18, 80, rows).astype(float)
    frame = pd.DataFrame(
        {
            "city": city,
            "age": np.where(rng.random(rows) < 0.15, np.nan, age),
            "income": np.round(rng.lognormal(10, 1, rows), 2),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "member": rng.random(rows) < 0.5,
        }
    )
    frame.loc[rng.random(rows) < 0.1, "city"] = None
    score = (city == "Rome") * 3.0 + frame["member"] * 2.0 + age / 40 + 0.1 * rng.normal(size=rows)
    frame["price"] = np.round(score, 3)
    frame["buys"] = np.where(score > np.median(score), "yes", "no")
    return frame


FRAME = mixed()
TARGETS = {"classes": "buys", "numbers": "price", "none": None}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("workflow") / "mixed.csv"
    FRAME.to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def titanic():
    return everyml.learn(TITANIC, target="survived", progress=None)


def target_of(kind):
    return TARGETS[kind._entry["target"]]


def fitted(kind, **more):
    return everyml.fit(FRAME, kind._entry["name"], target_of(kind), seed=SEED, **more)


# The same bytes


@every_algorithm
def test_python_the_class_and_the_command_make_the_same_bytes(kind, file, tmp_path):
    target, name = target_of(kind), kind._entry["name"]
    first = everyml.fit(file, name, target, seed=SEED).to_bytes()
    assert everyml.fit(FRAME, kind, target, seed=SEED, threads=1).to_bytes() == first
    assert everyml.fit(pl.from_pandas(FRAME), name, target, seed=SEED, threads=7).to_bytes() == first
    estimator = kind(random_state=SEED, encode="always")
    rows = FRAME if target is None else FRAME.drop(columns=target)
    estimator.fit(rows, None if target is None else FRAME[target])
    assert estimator.to_bytes() == first
    if not os.path.exists(COMMAND):
        pytest.skip("the command is not there: EVERYML_COMMAND names it; Python agrees with itself")
    out = tmp_path / "model.everyml"
    words = ["--target", target] if target else []
    command("fit", name, file, *words, "--seed", SEED, "--out", out)
    assert out.read_bytes() == first


@needs_command
def test_settings_weights_and_ignored_columns_are_those_of_the_command(file, tmp_path):
    out = tmp_path / "model.everyml"
    command(
        "fit",
        "ridge",
        file,
        "--target",
        "price",
        "--alpha",
        "2.5",
        "--quiet",
        "--weights",
        "income",
        "--ignore",
        "since,buys",
        "--out",
        out,
    )
    model = everyml.fit(file, "ridge", "price", alpha=2.5, weights="income", ignore=["since", "buys"])
    assert model.to_bytes() == out.read_bytes()
    assert model.settings["alpha"] == 2.5 and set(model.columns) == {"city", "age", "member"}
    command("fit", "knn-classifier", file, "--target", "buys", "--set", "weights=distance", "--out", out, "--force")
    near = everyml.fit(file, "knn-classifier", "buys", settings={"weights": "distance"})
    assert near.to_bytes() == out.read_bytes()


@needs_command
@pytest.mark.parametrize("target", ["buys", "price"])
def test_learn_makes_the_bytes_of_the_command(target, file, tmp_path):
    out = tmp_path / "model.everyml"
    command("learn", file, "--target", target, "--seed", SEED, "--out", out, "--no-report", "--threads", "1")
    assert everyml.learn(file, target, seed=SEED).model.to_bytes() == out.read_bytes()
    assert everyml.learn(FRAME, target, seed=SEED, threads=7).model.to_bytes() == out.read_bytes()


def without_seconds(text):
    """The lines of a leaderboard; how long things took differs from run to run."""
    return [re.sub(r"\s+\d+\.\d\d(?=\s|$)", "", line.rstrip()) for line in text.splitlines()]


@needs_command
def test_the_leaderboard_reads_as_the_commands(titanic, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = command("learn", TITANIC, "--target", "survived", "--out", tmp_path / "t.everyml").stderr
    shown = without_seconds(repr(titanic))
    assert any(line.lstrip().startswith("Logistic regression") for line in shown)
    theirs = [line for line in without_seconds(said) if not line.startswith(("Model ", "Report "))]
    assert [line for line in theirs if line] == [line for line in shown if line]


@needs_command
def test_all_that_a_program_would_want_is_the_commands_json(titanic, tmp_path):
    out = command("learn", TITANIC, "--target", "survived", "--out", tmp_path / "t.everyml", "--json").stdout

    def timeless(value):
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if "seconds" not in k and not k.endswith("_file")}
        return [timeless(one) for one in value] if isinstance(value, list) else value

    assert timeless(json.loads(out)) == timeless(titanic.to_dict())
    assert (
        json.loads(command("doctor", TITANIC, "--target", "survived", "--json").stdout)
        == everyml.doctor(TITANIC, "survived").to_dict()
    )
    assert json.loads(command("map", TITANIC, "--target", "survived", "--json").stdout) == everyml.map(
        TITANIC, "survived"
    )
    assert json.loads(command("map", "--json").stdout) == everyml.map()


# Files


@needs_command
def test_what_python_saves_the_command_reads_and_the_other_way_round(titanic, tmp_path):
    mine, theirs = tmp_path / "mine.everyml", tmp_path / "theirs.everyml"
    titanic.save(mine)
    answers = pd.read_csv(io.StringIO(command("predict", mine, TITANIC, "--probabilities").stdout))
    assert (answers["survived"].to_numpy() == titanic.predict(TITANIC)).all()
    assert (answers[["p_no", "p_yes"]].to_numpy() == titanic.predict_proba(TITANIC)).all()
    command("learn", TITANIC, "--target", "survived", "--out", theirs, "--no-report")
    model = everyml.load(theirs)
    assert model.to_bytes() == titanic.model.to_bytes() == mine.read_bytes()
    assert (model.predict(pd.read_csv(TITANIC)) == answers["survived"].to_numpy()).all()
    judged = json.loads(command("evaluate", mine, TITANIC, "--json").stdout)
    found = model.evaluate(TITANIC)
    assert judged["metrics"] == found and judged["rows"] == found.rows
    assert command("inspect", mine).stdout.split("\n", 1)[1] == model.describe().split("\n", 1)[1]


def test_orders_within_lists_are_judged():
    cars = str(ROOT / "examples/data/mtcars.csv")
    model = everyml.fit(cars, "ridge", "gear", classification=False, ignore=["cyl"])
    found = model.evaluate(cars, group="cyl", metrics=["ndcg@3", "map"])
    frame = pd.read_csv(cars)
    frame["score"] = model.predict(frame)

    def ndcg(part):
        gain = (2.0 ** part.sort_values("score", ascending=False)["gear"] - 1).to_numpy()
        best, discount = np.sort(gain)[::-1], 1 / np.log2(np.arange(2, len(gain) + 2))
        return (gain[:3] @ discount[:3]) / (best[:3] @ discount[:3])

    assert set(found) == {"ndcg@3", "map"} and found.rows == 32
    expected = np.mean([ndcg(part) for _, part in frame.groupby("cyl")])
    assert found["ndcg@3"]["value"] == pytest.approx(expected, abs=1e-12)
    assert found["ndcg@3"]["chance"] < found["ndcg@3"]["value"] <= found["ndcg@3"]["high"] <= 1
    assert "a random order" in repr(found) and "a random order" in found._repr_html_()
    with pytest.raises(everyml.ParameterError, match="evaluate --group"):
        everyml.learn(cars, "gear", metric="ndcg", classification=False, progress=None)


def test_files_are_written_whole_and_not_replaced_unasked(titanic, tmp_path):
    path, page = tmp_path / "m.everyml", tmp_path / "m.html"
    titanic.save(path)
    with pytest.raises(everyml.ResourceError) as caught:
        titanic.model.save(path)
    assert caught.value.code == "io.exists"
    titanic.save(path, overwrite=True)
    html = titanic.report(page)
    assert page.read_text() == html and html.startswith("<!doctype html>") and "titanic.csv" in html
    with pytest.raises(everyml.ResourceError):
        titanic.report(page)
    assert sorted(os.listdir(tmp_path)) == ["m.everyml", "m.html"]
    with pytest.raises(everyml.FormatError):
        everyml.Model.from_bytes(b"nothing of the kind")
    broken = bytearray(titanic.model.to_bytes())
    broken[-1] ^= 1
    with pytest.raises(everyml.FormatError):
        everyml.Model.from_bytes(bytes(broken))


def test_models_are_pickled_by_their_bytes(titanic):
    model = titanic.model
    rows = pd.read_csv(TITANIC)
    expected = model.predict_proba(rows)
    kept = io.BytesIO()
    joblib.dump(model, kept)
    kept.seek(0)
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), joblib.load(kept)):
        assert again.to_bytes() == model.to_bytes()
        assert (again.predict_proba(rows) == expected).all()
    with pytest.raises(TypeError, match="pickle its .model"):
        pickle.dumps(titanic)


# Answers


def test_labels_come_back_in_the_kind_of_the_users():
    x = np.arange(60.0)
    for labels, dtype in (
        (np.where(x < 30, "a", "b"), object),
        (x < 30, bool),
        (np.where(x < 30, 3, 7), np.int64),
        (np.where(x < 30, 0.5, 1.5), np.float64),
    ):
        frame = pd.DataFrame({"x": x, "y": labels})
        model = everyml.fit(frame, "knn-classifier", "y", classification=True)
        answers = model.predict(frame)
        assert answers.dtype == dtype and model.classes.dtype == dtype
        assert (answers == labels).mean() > 0.9
        one = model.predict_one(x=2)
        assert one == labels[2] and not isinstance(one, np.generic)
    numbers = everyml.fit(pd.DataFrame({"x": x, "y": 2 * x + 1}), "linear-regression", "y")
    assert numbers.predict({"x": [3.0]})[0] == pytest.approx(7.0) and numbers.predict_one(x=3) == pytest.approx(7.0)
    assert len(numbers.classes) == 0
    with pytest.raises(everyml.UnsupportedError, match="no probabilities"):
        numbers.predict_proba({"x": [3.0]})


def test_asked_for_more_the_answer_is_a_table(titanic):
    rows = pd.read_csv(TITANIC).head(50)
    table = titanic.predict(rows, probabilities=True, interval=0.9, keep_input=True)
    assert isinstance(table, everyml.Table)
    assert table.columns[-4:] == ["survived_predicted", "p_no", "p_yes", "set"] and table.columns[0] == "passengerClass"
    probabilities = titanic.predict_proba(rows)
    assert (np.asarray(table["p_yes"]) == probabilities[:, 1]).all()
    with pytest.raises(everyml.ParameterError):
        titanic.predict(rows, interval=1.5)


@every_algorithm
def test_one_row_at_a_time_is_the_table(kind):
    model = fitted(kind)
    rows = FRAME.head(25)
    expected = model.predict(rows)
    for i, row in enumerate(rows.to_dict("records")):
        cells = {name: row[name] for name in model.columns}
        answer = model.predict_one(cells)
        if model.task == "numbers":
            assert answer == pytest.approx(expected[i], rel=1e-12)
        else:
            assert answer == expected[i]
        if model.task == "classes":
            assert model.row_proba(cells) == pytest.approx(model.predict_proba(rows.iloc[i : i + 1])[0], rel=1e-12)


def test_a_single_row_takes_what_python_holds():
    model = everyml.fit(FRAME, "logistic-regression", "buys")
    plain = {"city": "Rome", "age": 30, "income": 5.5, "member": True, "price": 2, "since": "2020-05-01"}
    expected = model.row_proba(plain)
    other = {
        "city": np.str_("Rome"),
        "age": np.float32(30),
        "income": np.float64(5.5),
        "member": np.bool_(True),
        "price": np.int8(2),
        "since": pd.Timestamp("2020-05-01"),
    }
    assert (model.row_proba(other) == expected).all()
    assert (model.row_proba({**plain, "since": np.datetime64("2020-05-01")}) == expected).all()
    holes = model.row_proba({"city": "Rome"})
    empty = {"age": None, "income": np.nan, "since": pd.NaT, "price": pd.NA}
    assert (model.row_proba({"city": "Rome", **empty}) == holes).all()
    assert model.predict_one(plain) == model.row(plain) == model.predict_one(**plain)
    with pytest.raises(everyml.DataError, match='Did you mean "city"'):
        model.predict_one(cty="Rome")
    with pytest.raises(everyml.ParameterError, match='column "age": a cell must be'):
        model.predict_one(age=[1, 2])


def test_strange_rows_are_answered_with_a_warning(titanic):
    rows = pd.DataFrame({"passengerClass": ["1st", "9th"], "sex": ["male", "female"], "more": [1, 2]})
    with pytest.warns(everyml.EncodeWarning) as caught:
        answers = titanic.predict(rows)
    said = " ".join(str(one.message) for one in caught)
    assert len(answers) == 2 and '"age"' in said and "9th" in said
    assert caught[0].filename == __file__
    with pytest.raises(everyml.DataError) as error:
        titanic.predict({"z": [1]})
    assert error.value.code == "predict.no_known_column"


# What it says


def test_the_result_tells_what_it_found(titanic):
    assert titanic.verdict == "worth it" and titanic.metric == "auc" and "survived" in titanic.sentence
    assert titanic.leaderboard[0]["score"] > 0.8 and titanic.metrics["accuracy"] > 0.75
    frame = titanic.leaderboard_frame()
    assert list(frame["algorithm"]) == [one["algorithm"] for one in titanic.leaderboard] and "auc" in frame
    assert titanic.out_of_fold.shape == (1309, 2)
    decided = titanic.out_of_fold.argmax(axis=1)
    assert (decided == titanic.truth).mean() == pytest.approx(titanic.metrics["accuracy"], abs=1e-12)
    told = titanic.explain()
    assert told.importance[0]["column"] == "sex" and "sex" in repr(told)
    assert told.dependence[0]["mean"].shape == (len(told.dependence[0]["levels"]), 2)
    assert "everyml.learn(" in titanic.report()


def test_ones_own_folds_are_used():
    rows = np.arange(len(FRAME))
    folds = list(KFold(4, shuffle=True, random_state=0).split(rows))
    result = everyml.learn(FRAME, "buys", folds=folds, only=["logistic-regression"], progress=None)
    assert len(result.folds) == 4
    for (train, test), (mine, tested) in zip(folds, result.folds):
        assert (np.sort(mine) == train).all() and (np.sort(tested) == test).all()
    with pytest.raises(everyml.DataError, match="row 999"):
        everyml.learn(FRAME, "buys", folds=[([0, 1], [999])])


def test_costs_move_the_threshold():
    plain = everyml.learn(FRAME, "buys", only=["naive-bayes"], progress=None)
    dear = everyml.learn(FRAME, "buys", only=["naive-bayes"], costs={("yes", "no"): 20}, progress=None)
    assert (dear.predict(FRAME) == "yes").sum() > (plain.predict(FRAME) == "yes").sum()
    with pytest.raises(everyml.ParameterError):
        everyml.learn(FRAME, "buys", costs={("yes", "no"): "much"})


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: everyml.learn(FRAME, "buy"), 'no column "buy". Did you mean "buys"'),
        (lambda: everyml.learn(FRAME, "buys", only=["rigde"]), "rigde"),
        (lambda: everyml.learn(FRAME, "buys", ignore=["agee"]), 'Did you mean "age"'),
        (lambda: everyml.fit(FRAME, "rigde", "price"), 'Did you mean "ridge"'),
        (lambda: everyml.fit(FRAME, "ridge", "price", alhpa=1), 'Did you mean "alpha"'),
        (lambda: everyml.fit(FRAME, "ridge", "price", alpha=-1), "alpha must be between 0 and"),
        (lambda: everyml.fit(FRAME, "ridge"), "ridge learns numbers from a target"),
        (lambda: everyml.doctor(FRAME, "prise"), 'Did you mean "price"'),
        (lambda: everyml.map(FRAME, "prise"), 'Did you mean "price"'),
        (lambda: everyml.learn(FRAME, "buys", folds=-3), "folds must be a whole number"),
        (lambda: everyml.learn(FRAME, "buys", metric=3), "metric must be a text"),
        (lambda: everyml.learn("no/such/file.csv", "y"), "no/such/file.csv"),
        (lambda: everyml.learn(FRAME, "buys", seed=-1), "seed must be a whole number"),
        (lambda: everyml.learn(FRAME, "buys", threads=0), "threads must be a whole number"),
        (lambda: everyml.learn(3.5, "y"), "a table must be"),
    ],
)
def test_errors_say_what_would_be_right(call, sentence):
    with pytest.raises(everyml.Error, match=re.escape(sentence)):
        call()


HOSTILE = "<script>alert(1)</script>\"'&"


def test_names_and_values_of_users_do_nothing_in_a_page():
    frame = FRAME.rename(columns={"city": HOSTILE})
    frame["buys"] = frame["buys"].map({"yes": HOSTILE, "no": "</iframe><img src=x onerror=alert(2)>"})
    result = everyml.learn(frame, "buys", only=["naive-bayes"], progress=None)
    shown = [
        result,
        result.model,
        result.explain(),
        result.model.evaluate(frame),
        everyml.doctor(frame, "buys"),
        everyml.map(frame, "buys"),
        everyml.map(),
    ]
    for one in shown:
        page = one._repr_html_()
        assert "<script" not in page and "<img" not in page and page.count("</iframe>") == (one is result)
        assert repr(one)
    assert 'sandbox="' in result._repr_html_() and "allow-same-origin" not in result._repr_html_()


# Progress, interrupts, processes, threads


def test_progress_is_told_and_what_it_raises_ends_the_work():
    told = []
    everyml.learn(FRAME, "buys", progress=lambda stage, fraction: told.append((stage, fraction)))
    assert told and all(isinstance(stage, str) and 0 <= fraction <= 1 for stage, fraction in told)

    class Enough(Exception):
        pass

    def refuse(stage, fraction):
        raise Enough

    with pytest.raises(Enough):
        everyml.learn(FRAME, "buys", progress=refuse)
    with pytest.raises(TypeError, match="progress must be"):
        everyml.learn(FRAME, "buys", progress="bar")


def child_environment():
    return {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(everyml.__file__)))}


LONG = {
    "learn": """
        x = rng.normal(size=(300_000, 20))
        data = {f"x{i}": x[:, i] for i in range(20)} | {"y": (x[:, 0] + rng.normal(size=len(x)) > 0)}
        work = lambda progress: everyml.learn(data, "y", progress=progress).save("model.everyml")
    """,
    "k-means": """
        data = rng.normal(size=(1_000_000, 16))
        work = lambda progress: everyml.KMeans(clusters=100, progress=progress).fit(data).save("model.everyml")
    """,
}


@pytest.mark.parametrize("work", LONG)
def test_an_interrupt_ends_long_work_within_half_a_second(work, tmp_path):
    code = (
        "import sys, time, everyml, numpy as np\nrng = np.random.default_rng(0)\n"
        + textwrap.dedent(LONG[work])
        + textwrap.dedent(
            """
            said = []
            def progress(stage, fraction):
                if not said:
                    said.append(print("begun", flush=True))
            try:
                work(progress)
                print("finished", flush=True)
            except KeyboardInterrupt:
                print(time.monotonic(), flush=True)
            """
        )
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=child_environment()
    )
    try:
        assert child.stdout.readline() == "begun\n"
        time.sleep(0.3)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        answer = child.stdout.readline().strip()
    finally:
        child.kill()
        child.wait()
    assert answer != "finished", "the work was too short to be interrupted"
    took = float(answer) - sent
    print(f"{work}: interrupted in {1000 * took:.0f} ms")
    assert took < 0.5 * PATIENCE
    assert os.listdir(tmp_path) == []


def _in_child(queue):
    x = np.random.default_rng(0).normal(size=(20_000, 8))
    model = everyml.KMeans(clusters=8, random_state=1).fit(x)
    learned = everyml.learn(TITANIC, "survived", progress=None)
    queue.put((model.to_bytes(), learned.model.to_bytes()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_fits_and_answers_after_the_parent_did():
    x = np.random.default_rng(0).normal(size=(20_000, 8))
    model = everyml.KMeans(clusters=8, random_state=1).fit(x)
    learned = everyml.learn(TITANIC, "survived", progress=None)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        children = [context.Process(target=_in_child, args=(queue,)) for _ in range(2)]
        for child in children:
            child.start()
    try:
        for _ in children:
            assert queue.get(timeout=120) == (model.to_bytes(), learned.model.to_bytes())
    finally:
        for child in children:
            child.join(20)
            child.kill()
    assert everyml.KMeans(clusters=8, random_state=1).fit(x).to_bytes() == model.to_bytes()


@every_algorithm
def test_eight_threads_get_the_serial_bits(kind):
    model = fitted(kind)
    rows = pd.concat([FRAME] * 30, ignore_index=True)
    serial = model.predict(rows, threads=1)
    proba = model.predict_proba(rows, threads=1) if model.task == "classes" else None
    cells = {name: FRAME[name].iloc[3] for name in model.columns}
    one = model.predict_one(cells)

    def answer(i):
        same = (model.predict(rows, threads=1 + i % 3) == serial).all() and model.predict_one(cells) == one
        return same and (proba is None or (model.predict_proba(rows) == proba).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(answer, range(24)))
