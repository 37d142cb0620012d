"""Runs kept as lines of JSON, and the page made from them. Standard library only."""

from __future__ import annotations

import json
import os
import time

from . import scores

BUSY = 0.3  # cores of others from which a run is marked


def keep(path: str, line: dict) -> None:
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "a") as file:
        file.write(json.dumps(line) + "\n")


def best_of(path: str) -> dict:
    """(work, size, threads, tool, mode) -> the run of least wall time; a quiet run goes before any loaded one.

    Runs of another version of the tool than the newest one are left out.
    """
    runs: dict[tuple, list[dict]] = {}
    if os.path.exists(path):
        with open(path) as file:
            for line in file:
                run = json.loads(line)
                runs.setdefault((run["work"], run["size"], run["threads"], run["tool"], run["mode"]), []).append(run)
    best = {}
    for key, all_runs in runs.items():
        all_runs = [run for run in all_runs if run.get("version") == all_runs[-1].get("version")]
        done = [run for run in all_runs if "error" not in run]
        best[key] = min(done, key=lambda run: (loaded(run), run["wall"])) if done else all_runs[-1]
        best[key]["runs"] = len(done)
    return best


def loaded(run: dict) -> bool:
    return max(run.get("load", 0), run.get("foreign", 0)) > BUSY


def reaches(work, run: dict, anchor: dict | None) -> bool:
    if anchor is None or "error" in anchor:
        return True
    if work.metric == "agreement":
        return run["quality"] <= work.slack or run["tool"] == "xgboost"
    worse = anchor["quality"] - run["quality"]
    return (worse if scores.HIGHER_IS_BETTER[work.metric] else -worse) <= work.slack


def seconds(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(work, size: str, threads: int, best: dict) -> list[str]:
    rows = [
        (side, best[key]) for side in work.sides if (key := (work.name, size, threads, side.tool, side.mode)) in best
    ]
    if not rows:
        return []
    anchor = next((run for side, run in rows if side.anchor), None)
    done = [(side, run) for side, run in rows if "error" not in run]
    ours = [run for side, run in done if side.tool == "everyml" and reaches(work, run, anchor)]
    peers = [run for side, run in done if side.tool != "everyml" and reaches(work, run, anchor)]
    our_wall = min((run["wall"] for run in ours), default=0.0)
    our_cpu = min((run["cpu"] for run in ours), default=0.0)
    unit = "µs" if work.action == "row" else "s"
    data = work.sizes[size]
    lines = [
        f"{threads} thread{'s' if threads > 1 else ''}, {data.rows:,} rows:",
        "",
        f"| side | wall {unit} | CPU {unit} | memory MiB | {work.metric} | times everyml's wall (CPU) | |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for side, run in rows:
        name = f"{side.tool} {run.get('version', '')}, {side.mode}"
        if "error" in run:
            lines.append(f"| {name} | | | | | | {run['error']} |")
            continue
        notes = []
        if not reaches(work, run, anchor):
            notes.append("misses the quality")
        if loaded(run):
            notes.append(f"others busy: {max(run['load'], run['foreign']):.1f} cores")
        if "p99" in run:
            notes.append(f"p99 {run['p99']:.3g} µs")
        ratio = (
            "" if side.tool == "everyml" or not ours else f"{run['wall'] / our_wall:.2f} ({run['cpu'] / our_cpu:.2f})"
        )
        memory = max(0, run["peak"] - run["before"]) / 2**20
        lines.append(
            f"| {name} | {seconds(run['wall'])} | {seconds(run['cpu'])} | {memory:.0f} | {run['quality']:.5g} "
            f"| {ratio} | {'; '.join(notes)} |"
        )
    if ours and peers:
        ratio = min(run["wall"] for run in peers) / our_wall
        cpu = min(run["cpu"] for run in peers) / our_cpu
        verdict = "reached" if ratio >= work.target else "not reached"
        lines += [
            "",
            f"Against the fastest that reaches the quality: **{ratio:.2f}** by wall, {cpu:.2f} by CPU "
            f"(asked for {work.target}: {verdict}).",
        ]
    return lines + [""]


def write_page(path: str, log: str, works, machine: dict[str, str]) -> None:
    best = best_of(log)
    versions = {key[3]: run["version"] for key, run in best.items() if "version" in run}
    lines = [
        "# Results",
        "",
        "Written by `bench/run.py`; [README.md](README.md) says how runs are made. Wall and CPU seconds are the least of",
        "several processes, each pinned to its cores, sides taking turns on the same files; memory is what a process takes",
        "beyond the data it was given. A side that misses the anchor's quality does not count as fastest.",
        "",
        "| machine | |",
        "| --- | --- |",
    ]
    lines += [f"| {name} | {value} |" for name, value in machine.items()]
    lines += [f"| {tool} | {version} |" for tool, version in sorted(versions.items())]
    lines += [f"| written | {time.strftime('%Y-%m-%d', time.gmtime())} |", ""]
    for chapter in dict.fromkeys(work.chapter for work in works):
        part = []
        for work in works:
            if work.chapter != chapter:
                continue
            threads = sorted({key[2] for key in best if key[0] == work.name})
            sizes = [size for size in ("full", "small") if any(key[:2] == (work.name, size) for key in best)]
            tables = [line for size in sizes[:1] for count in threads for line in table(work, size, count, best)]
            if tables:
                part += [f"### {work.title}", ""] + tables
        if part:
            lines += [f"## {chapter}", ""] + part
    with open(path, "w") as file:
        file.write("\n".join(lines).rstrip() + "\n")
