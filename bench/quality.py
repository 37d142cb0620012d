"""Quality of gradient boosting beside its peers, on the same folds of the same tables.

    PYTHONPATH=build/dev/python python bench/quality.py --data FOLDER --programs build/bench/bench
    ... --only-tools everyml LightGBM --only-sets pima churn     a part of it
    ... --try l2=1 --try "l2=1 column_share_node=0.5"            everyml with other settings as further contestants
    ... --render bench/quality.md                                tables of what is kept, written into the page

Real tables are CSV files of --data, named as in harness/quality_sets.py; generated ones are made by generate_data. Each result is
kept as a line of JSON, so that a long run can be stopped and taken up again. Python is one that has the peers
(bench/peers/requirements.txt) and everyml's package on its path.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
BEGIN, END = "<!-- tables -->", "<!-- end of tables -->"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the real tables")
    parser.add_argument("--made", default=os.path.join(ROOT, "build", "bench-quality"), help="folder of generated ones")
    parser.add_argument("--programs", default=os.path.join(ROOT, "build", "bench", "bench"), help="has generate_data")
    parser.add_argument("--log", default=os.path.join(ROOT, "build", "bench-quality.jsonl"), help="where results are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="of the folds")
    parser.add_argument("--folds", type=int, default=5, help="run only the first so many of the five")
    parser.add_argument("--only-tools", nargs="+", help="everyml, or names as in the tables")
    parser.add_argument("--only-sets", nargs="+")
    parser.add_argument("--only-chapters", nargs="+")
    parser.add_argument("--try", dest="tries", action="append", default=[], help="settings of everyml, name=value ...")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="run what is kept already once more")
    parser.add_argument("--render", metavar="PAGE", nargs="?", const="-", help="only show the tables, or write them there")
    return parser.parse_args()


def value_of(text: str):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def contestants(options: argparse.Namespace, quality_tools) -> list:
    tries = [dict(word.split("=", 1) for word in one.split()) for one in options.tries]
    ours = [quality_tools.EveryMl({name: value_of(text) for name, text in one.items()}) for one in tries]
    everyone = [quality_tools.EveryMl(), *ours, *quality_tools.PEERS]
    return [tool for tool in everyone if not options.only_tools or tool.name in options.only_tools or tool in ours]


def run(options: argparse.Namespace, quality_tools, quality_sets, quality_page) -> None:
    done = set() if options.again else {quality_page.key(line) for line in quality_page.read(options.log)}
    tools = [(tool, tool.version()) for tool in contestants(options, quality_tools)]
    for one in quality_sets.SETS:
        if options.only_sets and one.name not in options.only_sets:
            continue
        frame, y, classes = one.frame(options.data, options.made, options.programs)
        jobs = [
            (seed, fold, parts, chapter, tool, version)
            for seed in options.seeds
            for fold, parts in enumerate(one.folds(y, seed)[: options.folds])
            for chapter in quality_tools.CHAPTERS
            if not options.only_chapters or chapter in options.only_chapters
            for tool, version in tools
            if chapter in tool.chapters
        ]
        for seed, fold, (train, test), chapter, tool, version in jobs:
            line = {"chapter": chapter, "set": one.name, "seed": seed, "fold": fold, "tool": tool.name}
            line["version"] = version
            if quality_page.key(line) in done:
                continue
            begin = time.process_time()
            answers = tool.answers(chapter, classes, frame.iloc[train], y[train], frame.iloc[test])
            line["cpu"] = time.process_time() - begin
            line |= quality_sets.judge(y[test], answers, classes)
            quality_page.keep(options.log, line)
            told = f"{chapter}, {one.name}, seed {seed}, fold {fold}: {tool.name}: loss {line['loss']:.5g}"
            print(f"{told}, {line['cpu']:.1f} s", file=sys.stderr, flush=True)


def write_into(page: str, tables: str) -> None:
    with open(page) as file:
        text = file.read()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with open(page, "w") as file:
        file.write(f"{before}{BEGIN}\n{tables}\n{END}{after}")


def main() -> None:
    options = arguments()
    # Read when the libraries of the peers are loaded.
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    warnings.filterwarnings("ignore")
    from harness import quality_page, quality_sets, quality_tools

    if not options.render:
        run(options, quality_tools, quality_sets, quality_page)
    tables = quality_page.tables(quality_page.read(options.log), options.seeds)
    if options.render and options.render != "-":
        write_into(options.render, tables)
    else:
        print(tables)


if __name__ == "__main__":
    main()
