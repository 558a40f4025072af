"""After tests/test_checks.py: a table of how many answers each check was tried with."""

import answers


def rows() -> list[tuple[str, str, int, int]]:
    """Give (file, exercise, wrong answers, right answers) for each exercise."""
    found = {}
    for path in sorted(p for t in (None, *answers.TRACKS) for p in answers.files(t)):
        for exercise, kind, number in answers.counts(path):
            found.setdefault((path.stem, exercise), {})[kind] = number
    return [
        (*place, counts.get("wrong", 0), counts.get("right", 0))
        for place, counts in found.items()
    ]


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the table if the checks were tested."""
    reports = terminalreporter.stats.get("passed", [])
    if not any("test_checks.py" in report.nodeid for report in reports):
        return
    terminalreporter.section("answers that the checks of the labs were tried with")
    terminalreporter.write_line(f"{'lab':18} {'exercise':32} wrong right")
    for lab, exercise, wrong, right in rows():
        terminalreporter.write_line(f"{lab:18} {exercise:32} {wrong:5} {right:5}")
