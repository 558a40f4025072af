"""Tries the answers of one track in a process of its own: TRACK, file for the result.

The result is a list: (file, exercise, answer, what is wrong with the check or "").
"""

import json
import sys
import traceback
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]
    import answers

    track, target = sys.argv[1:]
    found = []
    for path in answers.files(track):
        lab = answers.load(path)
        for answer in lab.given:
            try:
                problem = lab.problem(answer)
            except Exception:
                problem = traceback.format_exc()
            found.append((path.stem, answer.exercise, answer.name, problem))
        for exercise, problem in lab.probes():
            found.append((path.stem, exercise, "probe", problem))
    Path(target).write_text(json.dumps(found), encoding="utf-8")
