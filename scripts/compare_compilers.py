#!/usr/bin/env python3
"""Are the model bytes the same from g++ and from clang, and on a processor without wide instructions?

    scripts/compare_compilers.py [--gcc FOLDER] [--clang FOLDER] [--markdown]

Builds the command with both compilers in build/compilers/ (or takes the build folders given), fits every algorithm of
`everyml list` on the example data that fits it with each build at 1, 2 and 7 threads, and prints a table. "narrow" is the
first build relinked
so that run-time dispatch finds no more than the baseline of the architecture, with the same asked of BLAS and of the
C library's mathematics: a stand-in for another processor. Where bytes differ, the largest difference of an answer
(a probability or a value, relative to the largest value) is told; the last columns are the answers of one and the same
model file, that of g++, by the other two commands.
"""

import argparse
import csv
import io
import json
import os
import shlex
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(SOURCE, "examples", "data")
FOLDER = os.path.join(SOURCE, "build", "compilers")
THREADS = (1, 2, 7)
BUILDS = {"gcc": ("gcc-12", "g++-12"), "clang": ("clang-19", "clang++-19")}
TABLES = {
    "classes": [("titanic.csv", "survived"), ("wdbc.csv", "Diagnosis"), ("digits8x8.csv", "digit")],
    "numbers": [("mtcars.csv", "mpg"), ("ames_housing.csv.gz", "Sale_Price")],
    "no target": [("iris.csv", None), ("digits8x8.csv", None)],
}
NARROW = {
    "OPENBLAS_CORETYPE": "Prescott",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-AVX2_Usable,-FMA_Usable",
}


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


def build(name):
    c, cxx = BUILDS[name]
    folder = os.path.join(FOLDER, name)
    run(
        "cmake",
        "--preset",
        "release",
        "-B",
        folder,
        f"-DCMAKE_C_COMPILER={c}",
        f"-DCMAKE_CXX_COMPILER={cxx}",
        "-DEVERYML_TESTS=OFF",
        cwd=SOURCE,
    )
    run("cmake", "--build", folder, "-j", str(os.cpu_count()), "--target", "everyml_cli", cwd=SOURCE)
    return folder


def link_narrow(folder, binary):
    """The command again, with run-time dispatch told that the processor has the baseline alone."""
    commands = run("ninja", "-C", folder, "-t", "commands", "everyml_cli", text=True).splitlines()
    place = os.path.join(FOLDER, "simd_targets_narrow.o")
    compile_one = shlex.split(next(c for c in commands if "simd_targets.cpp.o" in c and " -c " in c))
    compile_one[compile_one.index("-o") + 1] = place
    run(*compile_one, "-DEVERYML_BASELINE_TARGETS", cwd=folder)
    link = next(c for c in reversed(commands) if "-o apps/cli/everyml" in c)
    link = link.split("&&")[1] if "&&" in link else link
    link = shlex.split(link)
    at = link.index("apps/cli/everyml")
    link[at] = binary
    link.insert(at + 1, place)
    run(*link, cwd=folder)


def fit(binary, algorithm, table, target, threads, folder, environment):
    out = os.path.join(folder, f"{threads}.everyml")
    command = [binary, "fit", algorithm, os.path.join(DATA, table), "--out", out, "--force", "--threads", str(threads)]
    if target:
        command += ["--target", target]
    run(*command, env=environment)
    with open(out, "rb") as file:
        return file.read()


def answers(binary, model, table, kind, environment):
    flags = ["--probabilities"] if kind == "classes" else []
    text = run(
        binary, "predict", model, os.path.join(DATA, table), *flags, "--threads", "1", env=environment, text=True
    )
    rows = list(csv.reader(io.StringIO(text)))
    return rows[0], rows[1:]


def difference(one, other):
    """Labels that differ, and the largest relative difference of numbers."""
    labels, largest, scale = 0, 0.0, 0.0
    for a, b in zip(one[1], other[1]):
        for x, y in zip(a, b):
            try:
                largest = max(largest, abs(float(x) - float(y)))
                scale = max(scale, abs(float(x)))
            except ValueError:
                labels += x != y
    return labels, largest / scale if scale else 0.0


def main():
    parser = argparse.ArgumentParser()
    for name in BUILDS:
        parser.add_argument(f"--{name}", metavar="FOLDER", help="a build that is there, instead of a new one")
    parser.add_argument("--markdown", action="store_true", help="a table for a page")
    options = parser.parse_args()
    folders = {name: os.path.abspath(getattr(options, name) or build(name)) for name in BUILDS}
    binaries = {name: os.path.join(folder, "apps", "cli", "everyml") for name, folder in folders.items()}
    os.makedirs(FOLDER, exist_ok=True)
    binaries["narrow"] = os.path.join(FOLDER, "everyml_narrow")
    link_narrow(folders["gcc"], binaries["narrow"])
    environments = {name: dict(os.environ, **(NARROW if name == "narrow" else {})) for name in binaries}

    algorithms = json.loads(run(binaries["gcc"], "list", "--json"))
    table = [
        (
            "algorithm",
            "data",
            "threads 1, 2, 7",
            "models of clang",
            "models of another processor",
            "answers of clang",
            "answers of another processor",
        )
    ]
    with tempfile.TemporaryDirectory() as temporary:
        for algorithm in algorithms:
            kind = algorithm.get("target") or "no target"
            for data, target in TABLES.get(kind, TABLES["no target"]):
                models, seen = {}, {}
                for name, binary in binaries.items():
                    folder = os.path.join(temporary, name)
                    os.makedirs(folder, exist_ok=True)
                    models[name] = [
                        fit(binary, algorithm["name"], data, target, threads, folder, environments[name])
                        for threads in THREADS
                    ]
                    seen[name] = answers(binary, os.path.join(folder, "1.everyml"), data, kind, environments[name])
                threads = "same" if all(len(set(m)) == 1 for m in models.values()) else "DIFFER"
                row = [algorithm["name"], data.split(".")[0], threads]
                given = os.path.join(temporary, "gcc", "1.everyml")
                again = {
                    other: answers(binaries[other], given, data, kind, environments[other])
                    for other in ("clang", "narrow")
                }
                for other in ("clang", "narrow"):
                    labels, largest = difference(seen["gcc"], seen[other])
                    same = models["gcc"][0] == models[other][0]
                    row.append(
                        "same bytes"
                        if same
                        else f"answers differ by {largest:.1e}" + (f", {labels} labels" if labels else "")
                    )
                for other in ("clang", "narrow"):
                    labels, largest = difference(seen["gcc"], again[other])
                    row.append(
                        "same"
                        if again[other] == seen["gcc"]
                        else f"{largest:.1e}" + (f", {labels} labels" if labels else "")
                    )
                table.append(tuple(row))
                print(" | ".join(row), file=sys.stderr, flush=True)
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for number, row in enumerate(table):
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        print("| " + " | ".join(cells) + " |" if options.markdown else "  ".join(cells).rstrip())
        if options.markdown and number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    main()
