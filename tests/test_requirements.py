"""The requirement files: what is asked for, and the tested set that answers it."""

import json
import re
from importlib.metadata import requires, version
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = {"3.10": "3.10.13", "3.11": "3.11.7", "3.12": "3.12.1", "3.13": "3.13.0"}
SYSTEMS = {
    "linux": ("posix", "Linux", "x86_64"),
    "darwin": ("posix", "Darwin", "arm64"),
    "win32": ("nt", "Windows", "AMD64"),
}
COMPUTERS = list(product(PYTHONS, SYSTEMS))


def read(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pins(python, system):
    """Give name -> versions that constraints.txt holds for one kind of computer."""
    os_name, platform, machine = SYSTEMS[system]
    computer = {
        "python_version": python,
        "python_full_version": PYTHONS[python],
        "sys_platform": system,
        "os_name": os_name,
        "platform_system": platform,
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found = {}
    for pin in read("constraints.txt"):
        if pin.marker is None or pin.marker.evaluate(computer):
            found.setdefault(canonicalize_name(pin.name), []).append(pin.specifier)
    return found


@pytest.mark.parametrize(("python", "system"), COMPUTERS)
def test_every_requirement_is_pinned_within_its_bounds(python, system):
    pinned = pins(python, system)
    for wanted in read("requirements.txt") + read("requirements-dev.txt"):
        (pin,) = pinned[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(str(pin).removeprefix("==")), wanted


@pytest.mark.parametrize(("python", "system"), COMPUTERS)
def test_no_package_is_pinned_twice_for_one_computer(python, system):
    twice = {name: s for name, s in pins(python, system).items() if len(s) > 1}
    assert twice == {}


def test_constraints_are_exact_versions_without_addresses_or_paths():
    for pin in read("constraints.txt"):
        assert pin.url is None and not pin.extras, pin
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|file:|^-|/", text, re.MULTILINE)


def test_torch_and_torchvision_are_the_pair_that_torchvision_names():
    assert version("torchvision").split("+")[0] == "0.29.0"
    wanted = [Requirement(line) for line in requires("torchvision")]
    (torch,) = [each for each in wanted if each.name == "torch"]
    pinned = pins("3.12", "linux")
    assert str(pinned["torchvision"][0]) == "==0.29.0"
    assert torch.specifier == pinned["torch"][0]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_leave_an_environment_its_own_versions(name):
    """An exact pin would replace the frameworks that Colab comes with."""
    for wanted in read(name):
        operators = {each.operator for each in wanted.specifier}
        assert operators and operators <= {">=", "<"}, wanted


def test_devcontainer_installs_the_tested_set():
    path = ROOT / ".devcontainer" / "devcontainer.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    command = "pip install -r requirements.txt -c constraints.txt"
    assert settings["postCreateCommand"] == command
    python = settings["image"].split(":")[1]
    assert python in PYTHONS
