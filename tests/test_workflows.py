"""What GitHub reads in .github: as its published schemas have it, and true of us."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "test.yml"
FILES = sorted(path for path in GITHUB.rglob("*") if path.suffix in (".yml", ".md"))
SCHEMAS = {
    "workflows/test.yml": [
        "vendor.github-workflows",
        "custom.github-workflows-require-timeout",
    ],
    "dependabot.yml": ["vendor.dependabot"],
    "ISSUE_TEMPLATE/config.yml": ["vendor.github-issue-config"],
    "ISSUE_TEMPLATE/content.yml": ["vendor.github-issue-forms"],
    "ISSUE_TEMPLATE/problem.yml": ["vendor.github-issue-forms"],
}
QUICK = 'tests -m "not slow"'
CASES = [(name, schema) for name, schemas in SCHEMAS.items() for schema in schemas]


def text_of(path):
    return path.read_text(encoding="utf-8")


def course():
    """The module course.py, from its file: another `course` may be on the path."""
    spec = importlib.util.spec_from_file_location("entry_point", ROOT / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def job():
    return yaml.safe_load(text_of(WORKFLOW))["jobs"]["test"]


def test_each_file_that_github_reads_has_a_schema():
    read = {path.relative_to(GITHUB).as_posix() for path in GITHUB.rglob("*.yml")}
    assert read == set(SCHEMAS)


@pytest.mark.parametrize(("name", "schema"), CASES)
def test_it_is_as_the_published_schema_has_it(name, schema):
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run(
        [*check, GITHUB / name], capture_output=True, encoding="utf-8", errors="replace"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_run_on_each_system_with_the_first_and_the_last_python():
    matrix = job()["strategy"]["matrix"]
    versions = course().VERSIONS
    assert matrix["python"] == [versions[0], versions[-1]]
    systems = {name.rpartition("-")[0] for name in matrix["system"]}
    assert systems == {"ubuntu", "windows", "macos"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_command_of_the_course_exists(path):
    known = re.findall(r"(?m)^  python course\.py (\w+) ", course().HELP)
    named = re.findall(r"(?:python3?|py) course\.py (\w+)", text_of(path))
    assert set(named) <= set(known)


def test_the_problem_form_asks_for_what_doctor_prints():
    form = yaml.safe_load(text_of(GITHUB / "ISSUE_TEMPLATE" / "problem.yml"))
    (asked,) = [field for field in form["body"] if field["id"] == "doctor"]
    assert "python course.py doctor" in asked["attributes"]["label"]
    assert asked["validations"]["required"]


def test_pushes_run_the_quick_tests_and_nights_run_all():
    when = yaml.safe_load(text_of(WORKFLOW))[True]  # YAML takes `on` for a truth value
    assert set(when) == {"push", "pull_request", "schedule", "workflow_dispatch"}
    named = {step.get("name"): step for step in job()["steps"]}
    quick, everything = named["Quick tests"], named["All tests"]
    pushed = "github.event_name {0} 'push' {1} github.event_name {0} 'pull_request'"
    assert quick["if"] == pushed.format("==", "||")
    assert everything["if"] == pushed.format("!=", "&&")
    assert everything["run"] == "python course.py test"
    assert quick["run"] == f"{everything['run']} {QUICK}"


def test_the_quick_tests_are_those_of_contributing_by_a_marker_that_exists():
    place, option, expression = shlex.split(QUICK)
    assert (ROOT / place).is_dir() and option == "-m"
    assert f"`python course.py test {QUICK}`" in text_of(ROOT / "CONTRIBUTING.md")
    marker = expression.removeprefix("not ")
    assert re.search(rf'"{marker}: ', text_of(ROOT / "pyproject.toml"))
    marked = [path for path in (ROOT / place).glob("test_*.py") if marker_of(path)]
    assert marked, "no test is slow, so the marker does nothing"


def marker_of(path):
    return re.search(r"\bpytest\.mark\.slow\b", text_of(path))


def test_the_workflow_reads_only_and_takes_actions_by_their_major_version():
    assert yaml.safe_load(text_of(WORKFLOW))["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in job()["steps"] if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)


def test_what_the_workflow_does_not_set_is_what_learners_have():
    """UTF-8 mode or long paths would hide what fails on a Windows at home."""
    text = text_of(WORKFLOW)
    assert not re.search(r"PYTHONUTF8|PYTHONIOENCODING|core\.longpaths", text)
    assert "LongPathsEnabled /t REG_DWORD /d 0 " in text


def test_dependabot_compiles_the_constraints_as_their_header_says():
    """Its ecosystem `uv` finds `NAME.in` to `NAME.txt`, and options in the header."""
    found = yaml.safe_load(text_of(GITHUB / "dependabot.yml"))["updates"]
    assert [entry["package-ecosystem"] for entry in found] == ["uv", "github-actions"]
    header = text_of(ROOT / "constraints.txt").partition("\n")[0]
    assert header.endswith(" constraints.in -o constraints.txt")
    first = course().VERSIONS[0]
    assert f" uv pip compile --universal --python-version {first} " in header
    lines = text_of(ROOT / "constraints.in").splitlines()
    named = {line.removeprefix("-r ") for line in lines if line.startswith("-r ")}
    assert named == {path.name for path in ROOT.glob("requirements*.txt")}


def test_dependabot_keeps_what_the_requirements_bound():
    """It may raise an upper bound, but these have a reason of their own."""
    uv = yaml.safe_load(text_of(GITHUB / "dependabot.yml"))["updates"][0]
    kept = {
        entry["dependency-name"]
        for entry in uv["ignore"]
        if entry["update-types"] == ["version-update:semver-major"]
    }
    texts = [text_of(path) for path in ROOT.glob("requirements*.txt")]
    bound = re.findall(r"(?m)^([\w-]+)[^#\n]*<\d", "\n".join(texts))
    assert kept == set(bound)
