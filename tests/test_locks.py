"""The lock as Windows gives it, played by a module of the name that is used there."""

import errno
import importlib.util
import os
import sys
import types

import pytest

from utils.storage import locks


@pytest.fixture
def on_windows(monkeypatch):
    """The module as Windows loads it; files are locked by their first byte."""
    held = set()

    def locking(number, mode, count):
        assert count == 1 and os.lseek(number, 0, os.SEEK_CUR) == 0
        file = os.fstat(number).st_ino
        if mode == 0:
            held.remove(file)
        elif file in held:
            raise OSError(errno.EACCES, "Permission denied")
        else:
            held.add(file)

    fake = types.SimpleNamespace(LK_UNLCK=0, LK_NBLCK=2, locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    spec = importlib.util.spec_from_file_location("locks_on_windows", locks.__file__)
    module = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        spec.loader.exec_module(module)
    module.os = types.SimpleNamespace(name="nt")
    yield module
    assert held == set(), "every lock is given back"


def test_a_second_process_is_told_and_the_lock_is_given_back(on_windows, tmp_path):
    path = tmp_path / ".lock"
    for _ in range(2):
        with on_windows.alone(path):
            second = on_windows.alone(path)
            with pytest.raises(BlockingIOError, match="held by another process"):
                second.__enter__()
    with pytest.raises(KeyError), on_windows.alone(path):
        raise KeyError
    with on_windows.alone(path):
        pass


def test_what_the_disk_says_is_no_other_process(on_windows, tmp_path):
    with pytest.raises(FileNotFoundError), on_windows.alone(tmp_path / "no" / ".lock"):
        pass
