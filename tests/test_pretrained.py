"""Weights come from a server, or one sentence says why they do not."""

import ast
import io
import re
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
import tracks
from served import closed, server

from authoring.layout import Course
from authoring.read import read
from utils import pretrained

COURSE = Course(Path(__file__).resolve().parent.parent)
CONTENTS = [*COURSE.contents("lessons"), *COURSE.contents("labs")]
each_track = pytest.mark.parametrize("track", ["pytorch", "tensorflow"])


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def fetch(address: str):
    return pretrained.fetch(lambda: urlopen(address).read(), "A network", 12.5)


def test_what_can_be_loaded_is_returned_and_the_library_is_quiet(headless, capsys):
    def make():
        print("Downloading")
        return urlopen(address).read()

    with server(b"weights") as address:
        assert pretrained.fetch(make, "A network", 1) == b"weights"
    assert capsys.readouterr() == ("", "")


def test_somebody_who_watches_sees_the_download(monkeypatch, capsys):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "0")
    assert pretrained.fetch(lambda: print("Downloading") or 1, "A network", 1) == 1
    assert capsys.readouterr().out == "Downloading\n"


def test_without_network_one_sentence_says_so(headless, capsys):
    assert fetch(closed()) is None
    said = capsys.readouterr().out
    assert said.startswith("A network (12.5 MB) could not be loaded (")
    assert "refused" in said and said.endswith("so the lesson goes on without it.\n")
    assert said.count("\n") == 1


def test_a_server_that_lacks_the_file_is_told(headless, capsys):
    with server(None) as address:
        assert fetch(address) is None
    assert "(the server answers 404 Not Found)" in capsys.readouterr().out


def test_a_silent_server_is_not_waited_for(headless, capsys, monkeypatch):
    monkeypatch.setattr(pretrained, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert fetch(f"http://127.0.0.1:{silent.getsockname()[1]}") is None
    assert "timed out" in capsys.readouterr().out
    assert socket.getdefaulttimeout() is None


def test_a_mistake_in_the_code_is_no_missing_network(headless):
    with pytest.raises(AttributeError, match="no_such_name"):
        pretrained.fetch(lambda: io.no_such_name, "A network", 1)
    assert socket.getdefaulttimeout() is None


@each_track
@pytest.mark.parametrize("trouble", ["refused", "missing", "cut short", "other bytes"])
def test_a_framework_that_fails_leaves_nothing_and_loads_later(track, trouble):
    found = tracks.answer(track, "downloads")[trouble]
    assert found["first"] is None
    assert found["said"].startswith("A network (1 MB) could not be loaded (")
    assert found["said"].count("\n") == 1
    assert found["second"] == "loaded", "and the broken file is not in its way"
    assert found["left"] == 1, "the file that was loaded"


def test_the_reason_is_what_the_system_says_and_not_the_sentences_around_it(
    headless, capsys
):
    def make():
        unknown = OSError(-2, "Name or service not known")
        raise OSError("HTTPSConnectionPool(host='api', port=443): ...") from unknown

    assert pretrained.fetch(make, "RetinaNet", 137) is None
    assert "could not be loaded (Name or service not known), so" in (
        capsys.readouterr().out
    )


@each_track
def test_what_a_killed_download_leaves_is_not_taken_for_good(track):
    assert tracks.answer(track, "downloads")["killed"]["second"] == "loaded"


def test_a_wrong_check_sum_is_told_for_kagglehub_too(headless, capsys):
    def make():
        said = "The X-Goog-Hash header indicated a MD5 checksum of:\n\n  AAAA=="
        raise type("Corrupted", (Exception,), {"__module__": "kagglehub.exceptions"})(
            said
        )

    assert pretrained.fetch(make, "RetinaNet", 137) is None
    assert capsys.readouterr().out == (
        "RetinaNet (137 MB) could not be loaded (the file came damaged), so the lesson "
        "goes on without it.\n"
    )


def unchecked(call: ast.Call) -> bool:
    """Whether a call downloads a file, and takes it without comparing a check sum."""
    name, given = ast.unparse(call.func), {word.arg for word in call.keywords}
    needed = {"get_file": "file_hash", "load_state_dict_from_url": "check_hash"}
    kind = name.rpartition(".")[2]
    never = kind in ("urlopen", "urlretrieve") or name.endswith("saved_model.load")
    return never or (kind in needed and needed[kind] not in given)


@pytest.mark.parametrize("path", CONTENTS, ids=lambda path: "-".join(path.parts[-2:]))
def test_no_notebook_takes_a_file_over_http_or_without_a_check_sum(path):
    cells = read(path, COURSE).cells
    nodes = [
        node
        for cell in cells
        if cell.kind == "code"
        for node in ast.walk(ast.parse(cell.text))
    ]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    assert not [ast.unparse(call) for call in calls if unchecked(call)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant)]
    assert not [text for text in texts if str(text).startswith("http://")]


@each_track
def test_a_framework_says_why_in_few_words(track):
    words = {
        "refused": r"\([^()]*refused[^()]*\)",
        "missing": r"\(the server answers 404 Not Found\)",
        "cut short": r"\((the file came damaged|retrieval incomplete: .*)\)",
        "other bytes": r"\(the file came damaged\)",
    }
    for trouble, pattern in words.items():
        said = tracks.answer(track, "downloads")[trouble]["said"]
        assert re.search(rf"could not be loaded {pattern}, so", said), said
