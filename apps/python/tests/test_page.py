"""The programs of docs/python.md run, one after the other, as a reader would type them."""

import os
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[3]


def test_the_page_runs(capsys, monkeypatch):
    monkeypatch.chdir(SOURCE)
    text = (SOURCE / "docs/python.md").read_text()
    programs = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(programs) >= 8
    scope: dict = {"__name__": "page"}
    for program in programs:
        exec(compile(program, "docs/python.md", "exec"), scope)
    shown = capsys.readouterr().out
    assert "logistic" in shown.lower()
    assert not os.path.exists("titanic.everyml")


def test_every_class_of_the_page_exists():
    import everyml

    text = (SOURCE / "docs/python.md").read_text()
    for name in set(re.findall(r"`everyml\.(\w+)", text)):
        assert hasattr(everyml, name) or name == "sklearn", name
