"""What a call of the Python package costs beside scikit-learn: fits of small and of large tables, in turn.

    PYTHONPATH=build/dev/python python bench/peers/python_fit.py [small|large|import]

Prints a table: the best of many rounds of each, microseconds or seconds, and the ratio.
"""

import os
import subprocess
import sys
import time

import numpy as np


def best(work, rounds, repeats):
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(repeats):
            work()
        times.append((time.perf_counter() - begin) / repeats)
    return min(times)


def pairs():
    import everyml
    from sklearn import linear_model, naive_bayes, neighbors

    return [
        ("LinearRegression", everyml.LinearRegression(), linear_model.LinearRegression(), "numbers"),
        ("Ridge(alpha=1)", everyml.Ridge(alpha=1.0), linear_model.Ridge(), "numbers"),
        ("NaiveBayes / GaussianNB", everyml.NaiveBayes(), naive_bayes.GaussianNB(), "classes"),
        ("LogisticRegression", everyml.LogisticRegression(), linear_model.LogisticRegression(max_iter=1000), "classes"),
        ("KnnClassifier", everyml.KnnClassifier(), neighbors.KNeighborsClassifier(), "classes"),
    ]


def compare(rows, columns, rounds, repeats, unit, scale):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, columns))
    numbers = X @ rng.normal(size=columns) + rng.normal(size=rows)
    print(f"\n{rows} x {columns}, load {os.getloadavg()[0]:.1f}\n")
    print(f"| fit | everyml {unit} | scikit-learn {unit} | ratio | predict: everyml {unit} | scikit-learn {unit} | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, ours, theirs, kind in pairs():
        y = numbers if kind == "numbers" else (numbers > 0).astype(int)
        fit = [best(lambda: m.fit(X, y), rounds, repeats) * scale for m in (ours, theirs)]
        asked = X[: min(rows, 2000)]
        predict = [best(lambda: m.predict(asked), rounds, repeats) * scale for m in (ours, theirs)]
        print(
            f"| {name} | {fit[0]:.3g} | {fit[1]:.3g} | {fit[1] / fit[0]:.1f} | {predict[0]:.3g} | {predict[1]:.3g} | "
            f"{predict[1] / predict[0]:.1f} |"
        )


def imports():
    for code in ("import numpy", "import numpy, everyml", "import sklearn.linear_model"):
        times = []
        for _ in range(11):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - begin)
        print(f"{code}: {1e3 * min(times):.0f} ms with the interpreter's start")
    inner = "import time; a = time.perf_counter(); import numpy; b = time.perf_counter(); import everyml; c = time.perf_counter(); print(b - a, c - b)"
    both = [subprocess.run([sys.executable, "-c", inner], capture_output=True, text=True).stdout.split() for _ in range(11)]
    print(f"inside: numpy {1e3 * min(float(a) for a, _ in both):.0f} ms, everyml {1e3 * min(float(b) for _, b in both):.1f} ms")


def main():
    what = sys.argv[1:] or ["import", "small", "large"]
    if "import" in what:
        imports()
    if "small" in what:
        compare(100, 5, 30, 50, "us", 1e6)
    if "large" in what:
        compare(200_000, 50, 3, 1, "s", 1.0)


if __name__ == "__main__":
    main()
