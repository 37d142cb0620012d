"""What `everyml learn --time` answers on rows it has not seen, beside LightGBM tuned by 100 trials of random search.

    python3 bench/learn_bench.py --data FOLDER --everyml build/release/apps/cli/everyml \
        --generate build/bench/bench/generate_data --log build/learn-bench.jsonl
    python3 bench/learn_bench.py --log build/learn-bench.jsonl --render bench/learn.md

Needs lightgbm, numpy, pandas and scikit-learn, which `bench/run.py` installs into its environment. A run that stands in
the log is not made again. Both sides see the same training file and are judged on the same 30 % of the rows by the
same lines.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

TABLES = {
    "spambase": "type",
    "churn": "churn",
    "pima": "diabetes",
    "titanic": "survived",
    "segment": "class",
    "digits8x8": "digit",
    "mushroom": "class",
    "ames_housing": "Sale_Price",
    "shuttle": "Class",
    "diamonds": "price",
    "synhiggs": "y",
    "synairline": "y",
}
NUMBERS = {"ames_housing", "diamonds"}
MADE = {"synhiggs", "synairline"}
MADE_ROWS = 20_000
LEAVE_OUT = {"segment": ["split"]}
SHARE_TESTED = 0.3
FLOOR = 1e-15


def load(name: str, args) -> pd.DataFrame:
    if name in MADE:
        folder = Path(args.work)
        if not (folder / f"{name}.csv").exists():
            command = [args.generate, name, str(MADE_ROWS), str(folder), "--as", name, "--csv"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        table = pd.read_csv(folder / f"{name}.csv")
        return table.rename(columns={table.columns[-1]: "y"})
    table = pd.read_csv(Path(args.data) / f"{name}.csv", keep_default_na=name != "ames_housing")
    return table.drop(columns=LEAVE_OUT.get(name, []))


def divide(table: pd.DataFrame, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split

    truth = table[TABLES[name]]
    layers = pd.qcut(truth, 10, labels=False, duplicates="drop") if name in NUMBERS else truth
    return train_test_split(np.arange(len(table)), test_size=SHARE_TESTED, random_state=seed, stratify=layers)


def scores(truth: pd.Series, answers: np.ndarray, labels: list[str] | None) -> dict[str, float]:
    """`answers`: numbers, or [rows, labels] probabilities in the order of `labels`."""
    if labels is None:
        return {"rmse": float(np.sqrt(np.mean((answers - truth.to_numpy()) ** 2)))}
    from sklearn.metrics import roc_auc_score

    codes = np.array([labels.index(label) for label in truth.astype(str)])
    p = np.clip(answers[np.arange(len(codes)), codes], FLOOR, 1)
    told = {
        "log_loss": float(-np.mean(np.log(p))),
        "accuracy": float(np.mean(np.argmax(answers, axis=1) == codes)),
    }
    if len(labels) == 2:
        told["auc"] = float(roc_auc_score(codes, answers[:, 1]))
    return told


# --- the good engineer ---------------------------------------------------------------------------------------------


def draw(random: np.random.Generator, categories: bool) -> dict:
    def between(low: float, high: float) -> float:
        return float(np.exp(random.uniform(np.log(low), np.log(high))))

    settings = {
        "num_leaves": round(between(4, 256)),
        "learning_rate": between(0.01, 0.3),
        "min_data_in_leaf": round(between(1, 100)),
        "lambda_l1": between(1e-8, 10),
        "lambda_l2": between(1e-8, 10),
        "feature_fraction": float(random.uniform(0.3, 1)),
        "bagging_fraction": float(random.uniform(0.5, 1)),
        "bagging_freq": 1,
        "max_bin": int(random.choice([63, 127, 255, 511])),
    }
    if categories:
        settings |= {
            "cat_smooth": between(1, 100),
            "cat_l2": between(0.1, 100),
            "max_cat_to_onehot": int(random.choice([1, 4, 16])),
        }
    return settings


def engineer(train: pd.DataFrame, test: pd.DataFrame, name: str, seed: int, args) -> tuple[np.ndarray, dict]:
    """100 trials, each judged by five folds that stop early; the best is fitted on all rows."""
    import lightgbm as lgb
    from sklearn.model_selection import KFold, StratifiedKFold

    target = TABLES[name]
    x, rows = train.drop(columns=target), test.drop(columns=target)
    categories = [c for c in x if x[c].dtype == object or str(x[c].dtype) in ("category", "bool", "str", "string")]
    for column in categories:
        kind = pd.CategoricalDtype(sorted(x[column].dropna().astype(str).unique()))
        x[column], rows[column] = (part[column].astype(str).astype(kind) for part in (x, rows))
    task = {"objective": "regression", "metric": "rmse"}
    y, labels = train[target], None
    if name not in NUMBERS:
        labels = sorted(y.astype(str).unique())
        y = y.astype(str).map({label: code for code, label in enumerate(labels)})
        task = {"objective": "binary", "metric": "binary_logloss"}
        if len(labels) > 2:
            task = {"objective": "multiclass", "metric": "multi_logloss", "num_class": len(labels)}
    divider = (KFold if labels is None else StratifiedKFold)(5, shuffle=True, random_state=seed)
    folds = list(divider.split(x, y))
    random = np.random.default_rng(seed)
    best, trials, start, spent = None, 0, time.monotonic(), time.process_time()
    for trial in range(args.trials):
        if trials > 0 and time.process_time() - spent > args.most_seconds:
            break
        own = {} if trial == 0 else draw(random, bool(categories))
        settings = task | own | {"verbosity": -1, "num_threads": args.threads, "seed": seed}
        data = lgb.Dataset(x, y, free_raw_data=False)
        told = lgb.cv(settings, data, 2000, folds=folds, callbacks=[lgb.early_stopping(50, verbose=False)])
        curve = told[next(key for key in told if key.endswith("-mean"))]
        trials += 1
        if best is None or curve[-1] < best[0]:
            best = (curve[-1], len(curve), settings)
    score, rounds, settings = best
    model = lgb.train(settings, lgb.Dataset(x, y), rounds)
    seconds = time.monotonic() - start
    answers = model.predict(rows)
    if labels is not None and len(labels) == 2:
        answers = np.column_stack([1 - answers, answers])
    return answers, {"seconds": seconds, "trials": trials, "own_score": float(score), "chosen": f"{rounds} rounds"}


# --- everyml -------------------------------------------------------------------------------------------------------


def ours(train: pd.DataFrame, test: pd.DataFrame, name: str, seed: int, args) -> tuple[np.ndarray, dict]:
    target = TABLES[name]
    metric = "rmse" if name in NUMBERS else "log_loss"
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        at = Path(folder)
        train.to_csv(at / "train.csv", index=False)
        test.drop(columns=target).to_csv(at / "test.csv", index=False)
        task = "--regression" if name in NUMBERS else "--classification"
        command = [args.everyml, "learn", "train.csv", "--target", target, task, "--metric", metric]
        command += ["--time", str(args.seconds), "--seed", str(seed), "--threads", str(args.threads), "--json"]
        start = time.monotonic()
        done = subprocess.run(command, cwd=at, check=True, capture_output=True, text=True)
        seconds = time.monotonic() - start
        result = json.loads(done.stdout)
        command = [args.everyml, "predict", "train.everyml", "test.csv", "--out", "answers.csv"]
        if name not in NUMBERS:
            command.append("--probabilities")
        subprocess.run(command, cwd=at, check=True, capture_output=True)
        answers = pd.read_csv(at / "answers.csv")
    board = [row for row in result["leaderboard"] if row["algorithm"] == result["chosen"] and "score" in row]
    told = {"seconds": seconds, "own_score": board[0]["score"], "chosen": result.get("chosen_title", result["chosen"])}
    if name in NUMBERS:
        return answers[target].to_numpy(), told
    labels = sorted(train[target].astype(str).unique())
    columns = {column.removeprefix("p_").lower(): column for column in answers if column.startswith("p_")}
    return answers[[columns[label.lower()] for label in labels]].to_numpy(), told


# --- the page ------------------------------------------------------------------------------------------------------


def cell(runs: list[dict], figure: str, places: int = 4) -> str:
    values = [run["scores"][figure] for run in runs if figure in run["scores"]]
    return f"{np.mean(values):.{places}f}" if values else ""


def winner(theirs: float, mine: float) -> str:
    """A difference below a thousandth of the figure is none."""
    if abs(theirs - mine) <= 0.001 * max(abs(theirs), abs(mine)) or max(theirs, mine) < 0.001:
        return "even"
    return "everyml" if mine < theirs else "LightGBM"


def render(runs: list[dict], intro: str) -> str:
    lines = [
        "| table | seeds | loss: LightGBM | everyml | AUC or accuracy: LightGBM | everyml | "
        "CPU seconds (trials): LightGBM | everyml | everyml said | better |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    ratios, wins = [], []
    for name in TABLES:
        found = {side: {r["seed"]: r for r in runs if r["table"] == name and r["side"] == side} for side in SIDES}
        seeds = sorted(set(found["lightgbm"]) & set(found["everyml"]))
        if not seeds:
            continue
        theirs, mine = ([found[side][seed] for seed in seeds] for side in ("lightgbm", "everyml"))
        loss = "rmse" if name in NUMBERS else "log_loss"
        second = "auc" if "auc" in mine[0]["scores"] else "accuracy"
        places = 1 if name in NUMBERS else 5
        means = [float(np.mean([r["scores"][loss] for r in side])) for side in (theirs, mine)]
        wins.append(winner(*means))
        if max(means) >= 0.001:
            ratios.append(means[1] / means[0])
        spent = [np.mean([r["cpu"] for r in side]) for side in (theirs, mine)]
        said = np.mean([r["own_score"] for r in mine])
        trials = min(r["trials"] for r in theirs)
        lines.append(
            f"| {name} | {len(seeds)} | {cell(theirs, loss, places)} | {cell(mine, loss, places)} | "
            f"{cell(theirs, second)} | {cell(mine, second)} | {spent[0]:.0f} ({trials}) | {spent[1]:.0f} | "
            f"{said:.{places}f} | {wins[-1]} |"
        )
    count = {who: wins.count(who) for who in ("everyml", "LightGBM", "even")}
    lines += [
        "",
        f"Better on {count['everyml']} tables, worse on {count['LightGBM']}, even on {count['even']}. Loss as a share "
        f"of LightGBM's, geometric mean over tables with a loss above 0.001: {np.exp(np.mean(np.log(ratios))):.3f}.",
    ]
    return intro.replace("TABLE\n", "\n".join(lines) + "\n")


SIDES = {"lightgbm": engineer, "everyml": ours}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder of the tables")
    parser.add_argument("--everyml", default="everyml", help="the command")
    parser.add_argument("--generate", default="generate_data", help="the program that writes the made-up tables")
    parser.add_argument("--log", default="learn-bench.jsonl")
    parser.add_argument("--work", default="", help="folder for files on the way")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--sides", default=",".join(SIDES))
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--seconds", type=float, default=30, help="what `everyml learn` is given")
    parser.add_argument("--trials", type=int, default=100, help="of the random search")
    parser.add_argument("--most-seconds", type=float, default=600, help="CPU seconds after which the random search begins no trial")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--render", default="", help="write the table into this page and make no run")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    log = Path(args.log)
    runs = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if args.render:
        page = Path(args.render)
        head, _, rest = page.read_text().partition("<!-- results -->\n")
        tail = rest.partition("<!-- end -->\n")[2]
        page.write_text(render(runs, f"{head}<!-- results -->\nTABLE\n<!-- end -->\n{tail}"))
        return 0
    args.everyml, args.generate = (str(Path(p).resolve()) if os.sep in p else p for p in (args.everyml, args.generate))
    args.work = args.work or tempfile.mkdtemp(prefix="learn-bench-")
    Path(args.work).mkdir(parents=True, exist_ok=True)
    for seed in map(int, args.seeds.split(",")):
        for name in args.tables.split(","):
            table = load(name, args)
            train, test = (table.iloc[rows].reset_index(drop=True) for rows in divide(table, name, seed))
            labels = None if name in NUMBERS else sorted(train[TABLES[name]].astype(str).unique())
            for side in args.sides.split(","):
                if any((r["table"], r["seed"], r["side"]) == (name, seed, side) for r in runs):
                    continue
                before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
                answers, told = SIDES[side](train.copy(), test.copy(), name, seed, args)
                after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
                cpu = sum(a.ru_utime + a.ru_stime - b.ru_utime - b.ru_stime for a, b in zip(after, before, strict=True))
                run = {"table": name, "seed": seed, "side": side, "cpu": cpu, **told}
                run["scores"] = scores(test[TABLES[name]], answers, labels)
                runs.append(run)
                with log.open("a") as out:
                    out.write(json.dumps(run) + "\n")
                print(json.dumps(run), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
