#!/usr/bin/env python3
"""Runs behaviour scripts through the real command: run_scripts.py EVERYML SCRIPT...

A script is text. `== title` begins a case, which runs in an empty folder of its own. The lines of a case:

    write NAME              a file made of the following lines that begin with "| "
    $ COMMAND               a shell command; `everyml` is the command under test, $DATA the folder of example data
    exit CODE               of the command before; 0 is expected when no such line follows
    stdout contains TEXT    also: lacks TEXT, is TEXT (the whole, without the last line feed), empty, matches REGEX
    stderr contains TEXT    the same
    json PATH               stdout is one JSON document that has this path, such as leaderboard.0.score
    json PATH = VALUE       and the value there is this JSON value
    file NAME exists        also: absent, contains TEXT, matches REGEX
    lines N                 stdout has N lines
    seconds N               the command took at most N seconds
    needs duckdb            at the head of a case: left out, and said so, where DuckDB's library is not to be found

Lines that begin with # and empty lines are left out. Each command gets no terminal and no input.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COLORS = ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS")


class Failure(Exception):
    pass


class Absent(Exception):
    """Something that a case needs is not on this machine."""


def duckdb_library():
    """The library that EVERYML_DUCKDB names or that scripts/fetch_duckdb.sh has fetched; None when there is none."""
    cached = os.path.join(SOURCE, ".cache", "libduckdb.so")
    return os.environ.get("EVERYML_DUCKDB") or (cached if os.path.exists(cached) else None)


def read_cases(path):
    cases, lines = [], open(path, encoding="utf-8").read().split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith("== "):
            cases.append((line[3:], []))
        elif line.strip() and not line.startswith("#"):
            if not cases:
                raise SystemExit(f"{path}:{number}: no case has begun")
            cases[-1][1].append((number, line))
    return cases


def check_text(what, text, rule):
    verb, _, wanted = rule.partition(" ")
    good = {
        "contains": lambda: wanted in text,
        "lacks": lambda: wanted not in text,
        "is": lambda: text.rstrip("\n") == wanted,
        "empty": lambda: text == "",
        "matches": lambda: re.search(wanted, text, re.MULTILINE) is not None,
    }
    if verb not in good:
        raise Failure(f"the script asks for something unknown: {what} {rule}")
    if not good[verb]():
        raise Failure(f"expected: {what} {rule}\n{what} was:\n{text[:4000]}")


def check_json(text, rule):
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Failure(f"stdout is not one JSON document: {error}\n{text[:2000]}") from error
    path, _, wanted = rule.partition(" = ")
    for key in filter(None, path.strip().split(".")):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Failure(f"the JSON has no {path}:\n{text[:2000]}") from None
    if wanted and value != json.loads(wanted):
        raise Failure(f"expected json {rule}, got {json.dumps(value)[:500]}")


def check_file(folder, rule):
    name, _, rest = rule.partition(" ")
    path = os.path.join(folder, name)
    if rest == "exists":
        if not os.path.isfile(path):
            raise Failure(f"{name} should exist; there are {sorted(os.listdir(folder))}")
    elif rest == "absent":
        if os.path.lexists(path):
            raise Failure(f"{name} should not exist")
    else:
        check_text("file", open(path, encoding="utf-8", errors="replace").read(), rest)


class Case:
    def __init__(self, everyml, folder):
        self.folder, self.result, self.exit_checked, self.command = folder, None, True, ""
        self.environment = {k: v for k, v in os.environ.items() if k not in COLORS}
        self.environment.update(
            PATH=os.path.dirname(everyml) + ":" + self.environment["PATH"],
            DATA=os.path.join(SOURCE, "examples", "data"),
            TERM="xterm",
            LC_ALL="C.UTF-8",
        )

    def finish_command(self):
        if self.result is not None and not self.exit_checked:
            self.check_exit(0)

    def check_exit(self, code):
        self.exit_checked = True
        if self.result.returncode != code:
            raise Failure(
                f"exit code {self.result.returncode}, expected {code}, of: {self.command}\n"
                f"stderr:\n{self.result.stderr[:4000]}\nstdout:\n{self.result.stdout[:2000]}"
            )

    def run(self, command):
        self.finish_command()
        self.command, self.exit_checked = command, False
        begin = time.monotonic()
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            timeout=300,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        self.seconds = time.monotonic() - begin
        self.result = subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    def check(self, line):
        word, _, rest = line.strip().partition(" ")
        if word == "exit":
            self.check_exit(int(rest))
            return
        if word != "file":
            # What a command said is only worth looking at when it ended as expected.
            self.finish_command()
        if word in ("stdout", "stderr"):
            check_text(word, getattr(self.result, word), rest)
        elif word == "needs":
            if rest != "duckdb":
                raise Failure(f"the script asks for something unknown: {line}")
            library = duckdb_library()
            if library is None:
                raise Absent("DuckDB's library; scripts/fetch_duckdb.sh fetches it")
            self.environment["EVERYML_DUCKDB"] = library
        elif word == "json":
            check_json(self.result.stdout, rest)
        elif word == "file":
            check_file(self.folder, rest)
        elif word == "lines":
            count = self.result.stdout.count("\n")
            if count != int(rest):
                raise Failure(f"stdout has {count} lines, expected {rest}")
        elif word == "seconds":
            if self.seconds > float(rest):
                raise Failure(f"took {self.seconds:.2f} s, at most {rest} expected: {self.command}")
        else:
            raise Failure(f"the script asks for something unknown: {line}")


def run_case(everyml, lines):
    folder = tempfile.mkdtemp(prefix="everyml-script-")
    try:
        case, at = Case(everyml, folder), 0
        while at < len(lines):
            number, line = lines[at]
            at += 1
            try:
                if line.startswith("write "):
                    content = []
                    while at < len(lines) and lines[at][1].startswith("|"):
                        content.append(lines[at][1][1:].removeprefix(" "))
                        at += 1
                    with open(os.path.join(folder, line[6:].strip()), "w", encoding="utf-8") as file:
                        file.write("".join(row + "\n" for row in content))
                elif line.startswith("$ "):
                    case.run(line[2:])
                else:
                    case.check(line)
            except (Failure, subprocess.TimeoutExpired) as failure:
                raise Failure(f"line {number}: {failure}") from None
        try:
            case.finish_command()
        except Failure as failure:
            raise Failure(f"at the end: {failure}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    everyml = os.path.abspath(sys.argv[1])
    passed = failed = skipped = 0
    for path in sys.argv[2:]:
        for title, lines in read_cases(path):
            try:
                run_case(everyml, lines)
                passed += 1
            except Absent as absent:
                skipped += 1
                print(f"SKIPPED {os.path.basename(path)}: {title}: needs {absent}")
            except Failure as failure:
                failed += 1
                print(f"FAILED {os.path.basename(path)}: {title}\n  {failure}\n")
    print(f"{passed} cases passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed + skipped else 0


if __name__ == "__main__":
    sys.exit(main())
