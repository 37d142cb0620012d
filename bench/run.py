"""Times everyml beside its peers on the same files and writes bench/RESULTS.md.

    python3 bench/run.py                            every work, small data, 1 and 2 threads
    python3 bench/run.py --size full boosting cv    two works as they are published
    python3 bench/run.py --list                     the works there are
    python3 bench/run.py --render                   writes RESULTS.md again from the runs kept

The first call makes a virtual environment with the peers and builds everyml's side (Release). Each run is a process of its
own, pinned to its cores; sides take turns, so that what disturbs one disturbs all. Before each run the load of others is
measured; while it is high the harness waits, and what ran under load all the same is marked. Runs are kept as lines of JSON,
so that a long session can be stopped and taken up again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

from harness import machine, results, scores
from harness.works import WORKS, Data, Side, Work

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
# What a search of 20 settings tries; names as LightGBM has them.
TRIALS = [
    {"num_leaves": leaves, "min_data_in_leaf": least, "lambda_l2": l2}
    for leaves in (7, 15, 31, 63, 127)
    for least in (5, 50)
    for l2 in (0.0, 10.0)
]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment(folder: str) -> str:
    """The Python that has the peers; made when it is not there."""
    python = os.path.join(folder, "bin", "python")
    wanted = os.path.join(BENCH, "peers", "requirements.txt")
    stamp = os.path.join(folder, "requirements.txt")
    with open(wanted) as file:
        text = file.read()
    if not (os.path.exists(stamp) and open(stamp).read() == text):
        say(f"making the peers' environment in {folder}")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "-r", wanted], check=True)
        with open(stamp, "w") as file:
            file.write(text)
    return python


def build() -> str:
    """The folder of everyml's programs, built as they are shipped."""
    for command in (
        ["cmake", "--preset", "bench", "-DEVERYML_TESTS=OFF"],
        [
            "cmake",
            "--build",
            "--preset",
            "bench",
            "-j",
            str(os.cpu_count()),
            "--target",
            "generate_data",
            "everyml_worker",
        ],
    ):
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    return os.path.join(ROOT, "build", "bench", "bench")


def commit() -> str:
    """Which state of the code was measured; a plus sign where files differ from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return f" ({told.stdout.strip()})" if told.returncode == 0 else ""


def made(data: Data, programs: str, folder: str) -> tuple[str, str]:
    """Headers of the training and test set; generated when they are not there."""
    headers = []
    for rows, seed, part in ((data.rows, 1, "train"), (data.test, 2, "test")):
        width = f"x{data.columns}" if data.name == "wide" else ""
        stem = f"{data.name}{width}_{rows}_{part}"
        header = os.path.join(folder, stem + ".json")
        if not os.path.exists(header):
            subprocess.run(
                [
                    os.path.join(programs, "generate_data"),
                    data.name,
                    str(rows),
                    folder,
                    "--columns",
                    str(data.columns),
                    "--seed",
                    str(seed),
                    "--as",
                    stem,
                ],
                check=True,
            )
        headers.append(header)
    return headers[0], headers[1]


def judge(work: Work, figures: dict, answers: str, test: str, anchor: str) -> None:
    """Adds `quality`, and takes the answers away unless they are the anchor's."""
    if "quality" in figures:
        return
    folder = os.path.dirname(test)
    with open(test) as file:
        header = json.load(file)
    values = scores.read(answers, "d")
    if work.metric == "agreement":
        figures["quality"] = scores.distance(values, scores.read(anchor, "d")) if os.path.exists(anchor) else 0.0
        return
    truth = scores.read(os.path.join(folder, header["y"]), "f")
    more = [scores.read(os.path.join(folder, header["query_sizes"]), "I")] if work.metric == "ndcg" else []
    figures["quality"] = getattr(scores, work.metric)(truth, values, *more)


def side_job(work: Work, side: Side, size: str, threads: int, headers: tuple[str, str], folder: str) -> dict:
    stem = os.path.join(folder, f"{work.name}_{size}")
    own = side.tool in ("xgboost", "catboost") or "algorithm" in side.settings
    return {
        "tool": side.tool,
        "settings": side.settings,
        "action": work.action,
        "form": side.form,
        "threads": threads,
        "data": headers[0],
        "test": headers[1],
        "repeat": work.repeat.get(size, 1),
        "trials": TRIALS,
        "model": f"{stem}_{side.tool if own else 'lightgbm'}.model",
        "answers": f"{stem}_{side.tool}_{side.mode}".replace(" ", "-").replace(",", "") + ".f64",
    }


def run_work(work: Work, options: argparse.Namespace, python: str, programs: str) -> None:
    headers = made(work.sizes[options.size], programs, options.data)
    sides = [side for side in work.sides if not options.tools or side.tool in options.tools]
    anchor = ""
    for threads in options.threads:
        for turn in range(options.runs):
            for side in sides:
                job = side_job(work, side, options.size, threads, headers, options.data)
                if side.anchor:
                    anchor = job["answers"]
                load = machine.wait_until_quiet(options.load, options.wait, say)
                command = (
                    [os.path.join(programs, "everyml_worker")]
                    if side.tool == "everyml"
                    else [python, os.path.join(BENCH, "peers", "worker.py")]
                )
                figures = machine.run(command, job, options.cores[:threads], options.timeout)
                if "error" not in figures:
                    if side.tool == "everyml":
                        figures["version"] += commit()
                    judge(work, figures, job["answers"], headers[1], anchor)
                line = {
                    "work": work.name,
                    "size": options.size,
                    "tool": side.tool,
                    "mode": side.mode,
                    "threads": threads,
                    "anchor": side.anchor,
                    "load": load,
                    "time": int(time.time()),
                    **figures,
                }
                results.keep(options.log, line)
                told = figures.get("error") or (
                    f"wall {figures['wall']:.3f}, cpu {figures['cpu']:.3f}, {work.metric} {figures['quality']:.5g}"
                )
                say(f"{work.name}, {threads} threads, run {turn + 1}: {side.tool} ({side.mode}): {told}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", help="names of works; none: all")
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cores", type=int, nargs="+", default=sorted(os.sched_getaffinity(0)))
    parser.add_argument("--runs", type=int, default=3, help="turns; the least of them counts")
    parser.add_argument("--tools", nargs="+", help="only these sides")
    parser.add_argument("--load", type=float, default=0.3, help="cores that others may keep busy")
    parser.add_argument("--wait", type=float, default=300, help="seconds to wait for a quiet machine before each run")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds after which a run is given up")
    parser.add_argument("--data", default=os.path.join(ROOT, "build", "bench-data"), help="folder of the sets")
    parser.add_argument("--log", default=os.path.join(ROOT, "build", "bench-runs.jsonl"), help="where runs are kept")
    parser.add_argument("--python", help="a Python that has the peers already")
    parser.add_argument("--programs", help="folder of everyml's programs built already")
    parser.add_argument("--out", default=os.path.join(BENCH, "RESULTS.md"))
    parser.add_argument("--list", action="store_true", help="show the works and end")
    parser.add_argument("--render", action="store_true", help="write the page from the runs kept and end")
    options = parser.parse_args()
    unknown = set(options.works) - {work.name for work in WORKS}
    if unknown:
        parser.error(f"no work is called {', '.join(sorted(unknown))}; --list shows all")
    if max(options.threads) > len(options.cores):
        say(f"leaving out more than {len(options.cores)} threads: there are no more cores")
        options.threads = [count for count in options.threads if count <= len(options.cores)]
    return options


def main() -> None:
    options = arguments()
    chosen = [work for work in WORKS if not options.works or work.name in options.works]
    if options.list:
        for work in chosen:
            print(f"{work.name:18} {work.title}; at least {work.target} times")
        return
    if not options.render:
        os.makedirs(options.data, exist_ok=True)
        python = options.python or environment(os.path.join(ROOT, "build", "bench-peers"))
        programs = options.programs or build()
        for work in chosen:
            run_work(work, options, python, programs)
    results.write_page(options.out, options.log, WORKS, machine.describe())
    say(f"{options.out} is written")


if __name__ == "__main__":
    main()
