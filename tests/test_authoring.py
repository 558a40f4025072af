"""Text to notebooks, on a course of one lesson and one lab made in a folder."""

import ast
import base64
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import polib
import pytest
from PIL import Image
from saved import as_colab_saves

from authoring import execute, exports, keys, links, translate
from authoring.cli import ROOT, main
from authoring.layout import TRACKS, ContentError, Course
from authoring.publish import https
from authoring.quizzes import shown
from authoring.read import read

LESSON = '''---
every_pixel:
  title: Sums
  read_minutes: 5
  run_seconds: 2
---

# Sums

+++

We add. Then see [the lab](../labs/05_sums.md).

![a dot](../figures/dot.png)

```{code-cell}
import math
from pathlib import Path

from utils.tools import double
```

+++ {"track": "pytorch"}

Only for PyTorch.

```{code-cell}
:track: pytorch
:tags: [export]

def area(radius):
    """Area of a disc."""
    return math.pi * radius**2
```

```{code-cell}
:track: tensorflow
:tags: [export]

def area(radius):
    """Area of a disc."""
    return radius**2 * math.pi
```

```{code-cell}
print(double(2), Path.cwd().name)
print(f"{area(1):.3f}")
```

$$x = 1$$

+++

The same.

```{code-cell}
1 + 1
```

The same.

```{code-cell}
:tags: [raises-exception]
1 + 1
raise ValueError("on purpose")
```
'''
LAB = """---
every_pixel:
  title: Sums, the lab
  minutes: 30
---

# Sums, the lab

```{code-cell}
:tags: [solution]

def total(numbers):
    result = 0
    ### BEGIN SOLUTION
    for number in numbers:
        result += number
    return result
    ### END SOLUTION
```

```{code-cell}
:tags: [check]
:points: 2
print("passed" if total([1, 2]) == 3 else "try again")
```

```{code-cell}
:tags: [solution]
### BEGIN SOLUTION
extra = total([4, 5])
### END SOLUTION
```

+++ {"tags": ["solution"], "points": 3}

Why?

### BEGIN SOLUTION
Because.
### END SOLUTION
"""
CATALOGUE = """msgid ""
msgstr ""
"Language: ko\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "# Sums"
msgstr "# 합"

msgid ""
"We add. Then see [the lab](../labs/05_sums.md).\\n"
"\\n"
"![a dot](../figures/dot.png)"
msgstr ""
"더합니다. [실습](../labs/05_sums.md)을 보세요.\\n"
"\\n"
"![점](../figures/dot.png)"

msgid "The same."
msgstr "같습니다."
"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
SETTINGS = """[tool.every-pixel]
repository = ""  # an address
tag = "v1.0"
site = ""

[tool.ruff]
line-length = 88
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small course, built once."""
    root = tmp_path_factory.mktemp("course")
    files = {
        "course.py": "",
        "pyproject.toml": SETTINGS,
        "utils/__init__.py": "",
        "utils/tools.py": "def double(x):\n    return 2 * x\n",
        "utils/unused.py": "",
        "utils/needs.py": (ROOT / "utils" / "needs.py").read_text("utf-8"),
        "utils/simulators/meadow.py": "",  # by which the setup cell knows the course
        "utils/pytorch.py": "",
        "utils/tensorflow.py": "",
        "content/lessons/05_sums.md": LESSON,
        "content/labs/05_sums.md": LAB,
        "content/locale/ko/05_sums.po": CATALOGUE,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="\n")
    (root / "content/figures").mkdir()
    (root / "content/figures/dot.png").write_bytes(PIXEL)
    assert main(["build"], root) == 0
    return root


@pytest.fixture
def course(finished, tmp_path):
    """A copy of the built course, to change."""
    return Path(shutil.copytree(finished, tmp_path / "course"))


def load(root, kind, language="en", track="pytorch"):
    return nbformat.read(root / kind / language / track / "05_sums.ipynb", 4)


def change(root, name, old, new):
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def sources(notebook, kind="code"):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


# --- notebooks


def test_a_notebook_holds_the_cells_of_its_track_and_the_setup_cell(finished):
    torch, keras = (load(finished, "lessons", track=track) for track in TRACKS)
    assert torch.cells[0].source == "# Sums"
    assert torch.cells[1].source.endswith("\nimport utils.pytorch")
    assert "Only for PyTorch." in sources(torch, "markdown")
    assert "Only for PyTorch." not in sources(keras, "markdown")
    assert "return math.pi * radius**2" in sources(torch)[2]
    assert "return radius**2 * math.pi" in sources(keras)[2]


def test_lessons_are_executed_in_their_own_folder(finished):
    notebook = load(finished, "lessons")
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, 7))
    assert printed(codes[3]) == "4 pytorch\n3.142\n"
    assert codes[5].outputs[-1].ename == "ValueError"
    assert all("execution" not in cell.metadata for cell in codes)


def test_metadata_names_the_source(finished):
    metadata = load(finished, "lessons").metadata
    about = metadata.every_pixel
    assert about.source == "content/lessons/05_sums.md"
    assert (about.track, about.language) == ("pytorch", "en")
    assert about.note == "built file; edit the source"
    assert metadata.kernelspec.name == "python3"
    assert "version" not in metadata.language_info
    assert "widgets" not in metadata


def test_files_are_sorted_utf8_json_with_a_newline(finished):
    raw = (finished / "lessons/ko/pytorch/05_sums.ipynb").read_bytes()
    data = json.loads(raw)
    again = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert raw == again.encode("utf-8")


def test_cell_ids_are_stable_and_unique(finished):
    english, korean = load(finished, "lessons"), load(finished, "lessons", "ko")
    ids = [cell.id for cell in english.cells]
    assert len(set(ids)) == len(ids)
    assert ids == [cell.id for cell in korean.cells]
    keras = load(finished, "lessons", track="tensorflow")
    assert english.cells[0].id == keras.cells[0].id


def test_pictures_are_embedded(finished):
    text = "".join(sources(load(finished, "lessons"), "markdown"))
    encoded = base64.b64encode(PIXEL).decode()
    assert f"![a dot](data:image/png;base64,{encoded})" in text


def test_links_lead_to_the_same_track_and_language(finished):
    for language, track in [("en", "tensorflow"), ("ko", "pytorch")]:
        path = finished / "lessons" / language / track
        notebook = load(finished, "lessons", language, track)
        text = "".join(sources(notebook, "markdown"))
        link = re.search(r"\]\(([^)]*\.ipynb)\)", text)[1]
        target = finished / "labs" / language / track / "05_sums.ipynb"
        assert (path / link).resolve() == target.resolve()
        assert target.exists()


def test_a_quiz_is_linked_by_its_page_in_the_language_of_the_notebook(course):
    (course / "content/quizzes").mkdir()
    (course / "content/quizzes/05_sums.yaml").write_text("pre: []\npost: []\n")
    lesson = read(course / "content/lessons/05_sums.md", Course(course))

    def linked(text, language):
        where = "lessons", language, "pytorch"
        return links.resolve(text, lesson.cells[0], lesson, Course(course), where)

    for language in ("en", "ko"):
        built = linked("[Q](../quizzes/05_sums.yaml#pre)", language)
        assert built == f"[Q](../../../quizzes/{language}/05_sums.html#pre)"
    with pytest.raises(ContentError, match=r"links to \.\./quizzes/06_none\.yaml"):
        linked("[Q](../quizzes/06_none.yaml#pre)", "en")
    at = "https://github.com/a/b"
    change(course, "pyproject.toml", 'repository = ""', f'repository = "{at}"')
    built = linked("[Q](../quizzes/05_sums.yaml#pre)", "ko")
    assert built == f"[Q]({at}/blob/v1.0/quizzes/ko/05_sums.html#pre)"
    change(course, "pyproject.toml", 'site = ""', 'site = "https://a.example/b/"')
    built = linked("[Q](../quizzes/05_sums.yaml#pre)", "ko")
    assert built == "[Q](https://a.example/b/quizzes/ko/05_sums.html#pre)"
    built = linked("[L](../labs/05_sums.md)", "ko")
    assert built == f"[L]({at}/blob/v1.0/labs/ko/pytorch/05_sums.ipynb)"


# --- what is executed again


def executed(root, capsys, *arguments):
    capsys.readouterr()
    assert main(["build", *arguments], root) == 0
    lines = capsys.readouterr().out.splitlines()
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}


def test_nothing_is_executed_twice(course, capsys):
    said = executed(course, capsys)
    files = [word for name, word in said.items() if not name.endswith(".po:")]
    assert set(files) == {"unchanged"}


def test_a_changed_sentence_executes_nothing(course, capsys):
    change(course, "content/lessons/05_sums.md", "We add.", "We always add.")
    said = executed(course, capsys)
    assert said["lessons/en/pytorch/05_sums.ipynb"] == "written"


def test_outputs_of_another_order_are_not_kept(course, capsys):
    path = course / "lessons/en/pytorch/05_sums.ipynb"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"execution_count": 6', '"execution_count": 9'))
    assert main(["check"], course) == 1
    assert "has not been executed since" in capsys.readouterr().err
    said = executed(course, capsys, "--track", "pytorch")
    assert said["lessons/en/pytorch/05_sums.ipynb"].startswith("executed in")
    assert path.read_text("utf-8") == text


def test_changed_code_executes_its_track_only(course, capsys):
    change(course, "content/lessons/05_sums.md", "return radius**2 * m", "return m")
    said = executed(course, capsys)
    assert said["lessons/en/pytorch/05_sums.ipynb"] == "unchanged"
    assert said["lessons/en/tensorflow/05_sums.ipynb"].startswith("executed in")
    assert said["solutions/en/tensorflow/05_sums.ipynb"] == "unchanged"


def test_a_changed_module_executes_what_imports_it(course):
    lesson = read(course / "content/lessons/05_sums.md", Course(course))
    codes = [cell.text for cell in lesson.track("pytorch") if cell.kind == "code"]
    before = keys.key(codes, Course(course))
    (course / "utils/unused.py").write_text("x = 1\n")
    assert keys.key(codes, Course(course)) == before
    (course / "utils/tools.py").write_text("from utils import deep\n")
    (course / "utils/deep.py").write_text("")
    after = keys.key(codes, Course(course))
    assert after != before
    (course / "utils/deep.py").write_text("x = 1\n")
    assert keys.key(codes, Course(course)) != after


def test_relative_imports_are_followed(course):
    (course / "utils/part").mkdir()
    (course / "utils/part/__init__.py").write_text("from .inner import x\n")
    (course / "utils/part/inner.py").write_text("from .. import tools\nimport torch\n")
    own, others = keys.walk(["import utils.part"], Course(course))
    assert set(own) == {"utils", "utils.part", "utils.part.inner", "utils.tools"}
    assert others == {"torch"}


def test_an_explorer_of_a_package_is_followed_with_its_package(course):
    (course / "utils/explorers").mkdir()
    (course / "utils/explorers/__init__.py").write_text("")
    (course / "utils/explorers/core.py").write_text("")
    (course / "utils/explorers/unused.py").write_text("")
    (course / "utils/explorers/one.py").write_text("from utils.explorers import core\n")
    own, _ = keys.walk(["from utils.explorers import one"], Course(course))
    package = {"utils.explorers", "utils.explorers.core", "utils.explorers.one"}
    assert set(own) == {"utils", *package}


EXPORTED = '''"""The PyTorch models of the lessons."""

from functools import cache, lru_cache

import torch
from utils.tools import double

__all__ = ["Block", "Net", "apart", "twice"]


SIZE = 3


@lru_cache(maxsize=4)
def helper(x):
    return x + SIZE


class Block(torch.Base):
    pass


class Net(Block):
    def call(self, x):
        return helper(x)


def apart(x):
    return x


def twice(x):
    return double(x)
'''


NET = "utils/models/pytorch/net.py"
USE = "from utils.models.pytorch.net import Net"


def exported(course):
    (course / NET).parent.mkdir(exist_ok=True)
    (course / NET).write_text(EXPORTED)


def key_of(course, code):
    return keys.key([code], Course(course))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return helper(x)", "return helper(-x)"),  # the definition itself
        ("return x + SIZE", "return x * SIZE"),  # what it calls
        ("SIZE = 3", "SIZE = 4"),  # a constant behind that
        ("maxsize=4", "maxsize=8"),  # a decorator
        ("@lru_cache(maxsize=4)", "@cache"),  # and another one
        ("class Block(torch.Base)", "class Block(torch.Other)"),  # its base
        ("import torch\n", "import tinygrad as torch\n"),  # an import it uses
    ],
)
def test_what_a_notebook_uses_of_the_models_changes_its_key(course, old, new):
    exported(course)
    use = "from utils.models.pytorch.net import Net"
    before = key_of(course, use)
    change(course, NET, old, new)
    assert key_of(course, use) != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def apart(x):\n    return x", "def apart(x):\n    return -x"),
        ("def apart(", "def new_one(x):\n    return x\n\n\ndef apart("),
        ('"Net", ', '"Net", "new_one", '),
        ("import cache, lru_cache", "import lru_cache, partial"),
        ("import torch\n", "import torch\nimport numpy as np\n"),
        ("from utils.tools import double\n", ""),
        ('"""The PyTorch', '"""Our PyTorch'),
    ],
)
def test_what_a_notebook_does_not_use_of_the_models_leaves_its_key(course, old, new):
    exported(course)
    use = "from utils.models.pytorch.net import Net"
    before = key_of(course, use)
    change(course, NET, old, new)
    assert key_of(course, use) == before


def test_modules_behind_a_used_model_count_and_behind_others_do_not(course):
    exported(course)
    uses = [f"from utils.models.pytorch.net import {name}" for name in ("Net", "twice")]
    before = [key_of(course, use) for use in uses]
    change(course, "utils/tools.py", "2 * x", "x + x")
    after = [key_of(course, use) for use in uses]
    assert before[0] == after[0] and before[1] != after[1]


@pytest.mark.parametrize(
    "use",
    [
        "import utils.models.pytorch.net",
        "from utils.models.pytorch import net",
        "from utils.models.pytorch.net import *",
        f"from utils.models.pytorch import net\n{USE}",
    ],
)
def test_models_that_are_imported_whole_count_whole(course, use):
    exported(course)
    before = key_of(course, use)
    change(course, NET, "def apart(x):\n    return x", "y = 1")
    assert key_of(course, use) != before


def test_a_package_only_tells_where_models_are(course):
    exported(course)
    package = course / "utils/models/pytorch/__init__.py"
    package.write_text("from utils.models.pytorch.net import Net, apart\n")
    before = key_of(course, "from utils.models.pytorch import Net")
    change(course, NET, "def apart(x):\n    return x", "y = 1")
    package.write_text("from utils.models.pytorch.net import Net\n")
    assert key_of(course, "from utils.models.pytorch import Net") == before
    change(course, NET, "return helper(x)", "return x")
    assert key_of(course, "from utils.models.pytorch import Net") != before


def test_a_module_of_utils_uses_models_as_a_notebook_does(course):
    exported(course)
    (course / "utils/unused.py").write_text(
        "from utils.models.pytorch.net import Net\n"
    )
    before = key_of(course, "from utils import unused")
    change(course, NET, "def apart(x):\n    return x", "y = 1")
    assert key_of(course, "from utils import unused") == before
    change(course, NET, "return helper(x)", "return x")
    assert key_of(course, "from utils import unused") != before


def test_the_style_of_figures_counts_where_something_is_drawn(course):
    sheet = course / "utils/course.mplstyle"
    sheet.write_text("axes.titlesize: 10\n")
    (course / "utils/plotting.py").write_text("DPI = 90\n")
    uses = ["from utils import plotting\nplotting.DPI", "from utils import tools"]
    before = [key_of(course, use) for use in uses]
    sheet.write_text("axes.titlesize: 11\n")
    after = [key_of(course, use) for use in uses]
    assert before[0] != after[0] and before[1] == after[1]


def test_everything_that_the_models_import_must_be_installed(course):
    exported(course)
    use = "from utils.models.pytorch.net import apart"
    assert keys.needs([use], Course(course)) == ["torch"]
    assert keys.frameworks([use], Course(course)) == {"pytorch"}


PACKAGE = """'''Data.'''

from utils.data.one import first
from utils.data.two import second as renamed

__all__ = ["first", "renamed"]
"""


@pytest.fixture
def package(course):
    """A package whose ``__init__`` tells where names are, and a module beside them."""
    (course / "utils/data").mkdir()
    (course / "utils/data/__init__.py").write_text(PACKAGE)
    (course / "utils/data/base.py").write_text("x = 1\n")
    (course / "utils/data/one.py").write_text("from utils.data.base import x\n")
    (course / "utils/data/two.py").write_text("second = 2\n")
    (course / "utils/data/lazy.py").write_text("third = 3\n")
    return course


def counted(course, *codes):
    own, _ = keys.walk(codes, Course(course), parts=True)
    return set(own) - {"utils"}


ONE = {"utils.data.first", "utils.data.one", "utils.data.base"}
TWO = {"utils.data.renamed", "utils.data.two"}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["from utils import data", "data.first()"], ONE),
        (["from utils import data as d", "d.renamed()"], TWO),
        (["import utils.data as d\nd.first(d.renamed)"], ONE | TWO),
        (["from utils.data import first"], ONE),
        (["from utils.data.one import first"], {"utils.data.one", "utils.data.base"}),
        (["from utils import data\ndata.lazy.third"], {"utils.data.lazy"}),
        (["from utils import data\ndata.first.name.upper()"], ONE),
        (["import utils\nutils.data.first()"], ONE),
    ],
)
def test_of_a_package_counts_what_is_behind_the_names_that_are_used(
    package, codes, expected
):
    assert counted(package, *codes) == expected


@pytest.mark.parametrize(
    "code",
    [
        "import utils.data\nutils.data.first()",
        "from utils import data\nprint(data.first, data)",  # what of it, is not clear
        "from utils import data\ndata.gone()",
        "from utils.data import *",
        "from utils import data",
    ],
)
def test_a_package_counts_whole_where_it_is_not_clear_what_is_used(package, code):
    whole = {"utils.data", "utils.data.one", "utils.data.two"}
    assert counted(package, code) >= whole


def test_a_name_more_in_a_package_leaves_the_keys_of_those_that_do_not_use_it(package):
    use = "from utils import data\ndata.first()"
    before = key_of(package, use)
    change(package, "utils/data/__init__.py", "second as renamed", "second as other")
    assert key_of(package, use) == before
    change(package, "utils/data/base.py", "x = 1", "x = 2")
    assert key_of(package, use) != before


def test_what_a_package_loads_when_it_is_asked_for_must_be_installed(package):
    (package / "utils/data/lazy.py").write_text("import torch\n")
    use = "from utils import data\ndata.lazy.third"
    assert keys.needs([use], Course(package)) == ["torch"]


CHECKS = {
    "__init__.py": "from checks.stubs import is_stub\ndef attempt():\n    is_stub()\n",
    "stubs.py": "",
    "core.py": "",
    "lab04/__init__.py": "from checks.lab04.fuse import fuse\n",
    "lab04/fuse.py": "from checks.core import check\nimport torch\n",
    "lab05/__init__.py": (
        "from checks.lab05.focal import focal\nfrom checks.lab05.table import rows\n"
    ),
    "lab05/focal.py": "from checks.core import check\nfrom utils import tools\n",
    "lab05/table.py": "",
}


@pytest.fixture
def checked(course):
    """A course with checks, each in the file of its name or in another."""
    for name, text in CHECKS.items():
        (course / "checks" / name).parent.mkdir(parents=True, exist_ok=True)
        (course / "checks" / name).write_text(text)
    return course


FOCAL = {"checks.lab05.focal", "checks.core", "utils.tools"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import checks\nchecks.lab05.focal(len)", FOCAL),
        ("import checks as c\nc.lab05.focal(len)", FOCAL),
        ("from checks import lab05\nlab05.focal(len)", FOCAL),
        ("from checks.lab05 import focal", FOCAL),
        (
            "import checks\nchecks.lab05.rows(len).any()",
            {"checks.lab05.rows", "checks.lab05.table"},
        ),
        ("import checks\nchecks.attempt(len)", {"checks.attempt", "checks.stubs"}),
        (
            "import checks\nprint(checks.lab05)",
            {"checks.lab05", "checks.lab05.table", *FOCAL},
        ),
    ],
)
def test_of_the_checks_counts_what_is_behind_those_of_the_lab(checked, code, expected):
    assert counted(checked, code) == expected


def test_the_key_of_a_lab_depends_on_its_own_checks_alone(checked):
    use = "import checks\nchecks.lab05.focal(len)"
    before = key_of(checked, use)
    change(checked, "checks/lab04/fuse.py", "import torch", "import keras")
    change(checked, "checks/lab05/__init__.py", "import rows", "import rows as more")
    assert key_of(checked, use) == before
    for name in ("core", "lab05/focal"):
        before = key_of(checked, use)
        with (checked / f"checks/{name}.py").open("a") as file:
            file.write("x = 1\n")
        assert key_of(checked, use) != before, name


def test_the_checks_need_not_be_installed(checked):
    use = "import checks, numpy\nchecks.lab05.focal(numpy)"
    assert keys.needs([use], Course(checked)) == ["numpy"]
    shutil.rmtree(checked / "checks")
    assert keys.needs([use], Course(checked)) == ["numpy"]


def test_packages_of_the_course_only_tell_where_names_are():
    """Keys pass them over, so what they do when they are imported would not count."""
    kinds = (ast.Import, ast.ImportFrom, ast.Assign, ast.FunctionDef, ast.Expr)
    root = Path(keys.__file__).parents[1]
    found = [path for name in keys.OWN for path in (root / name).rglob("__init__.py")]
    for path in sorted(found):
        for node in ast.parse(path.read_text("utf-8")).body:
            assert isinstance(node, kinds), f"{path}, line {node.lineno}"
            if isinstance(node, ast.Expr) and ast.unparse(node) != "load_triton()":
                assert isinstance(node.value, ast.Constant), f"{path}: {node.lineno}"


def test_a_selection_builds_that_only(course, capsys):
    said = executed(course, capsys, "05", "--track", "pytorch", "--lang", "ko")
    notebooks = [name for name in said if name.endswith("ipynb")]
    assert notebooks and all("/ko/pytorch/" in name for name in notebooks)
    assert main(["build", "99"], course) == 1
    assert "holds no lesson 99; there is 05" in capsys.readouterr().err
    assert main(["build", "--lang", "fr"], course) == 1
    assert "holds no catalogue in fr" in capsys.readouterr().err


def test_an_error_names_the_line_and_leaves_the_file_alone(course, capsys):
    before = (course / "lessons/en/pytorch/05_sums.ipynb").read_bytes()
    change(
        course,
        "content/lessons/05_sums.md",
        'print(f"{area(1):.3f}")',
        "print(1 / 0)",
    )
    assert main(["build", "--track", "pytorch"], course) == 1
    lines = (course / "content/lessons/05_sums.md").read_text("utf-8").split("\n")
    line = lines.index("print(1 / 0)") + 1
    assert capsys.readouterr().err == (
        f"content/lessons/05_sums.md:{line}: this cell fails in pytorch: "
        "ZeroDivisionError: division by zero\n"
    )
    assert (course / "lessons/en/pytorch/05_sums.ipynb").read_bytes() == before
    assert not list(course.rglob("*.half"))


def test_stderr_is_reported_and_not_stored(course, capsys):
    change(
        course,
        "content/labs/05_sums.md",
        "### BEGIN SOLUTION\nextra",
        "import sys\nprint('psst', file=sys.stderr)\n### BEGIN SOLUTION\nextra",
    )
    assert main(["build", "--track", "pytorch"], course) == 0
    said = capsys.readouterr().out
    assert re.search(r"labs/05_sums.md:\d+: not stored.*stderr: psst", said)
    text = (course / "solutions/en/pytorch/05_sums.ipynb").read_text("utf-8")
    assert '"stderr"' not in text


# --- labs


def test_a_lab_is_the_solution_without_answers_and_outputs(finished):
    lab, solution = load(finished, "labs"), load(finished, "solutions")
    assert sources(lab)[1] == (
        "def total(numbers):\n    result = 0\n    # Write your code here.\n    ..."
    )
    assert sources(lab)[3] == "# Write your code here.\n..."
    assert lab.cells[-1].source == "Why?\n\n*Write your answer here.*"
    assert "BEGIN SOLUTION" in sources(solution)[1]
    assert printed(solution.cells[3]) == "passed\n"
    for cell in lab.cells:
        assert not cell.get("outputs") and not cell.get("execution_count")
    assert [c.id for c in lab.cells] == [c.id for c in solution.cells]


def test_what_is_left_of_a_stub_stands_in_its_solution(finished):
    lab, solution = load(finished, "labs"), load(finished, "solutions")
    for stub, full in zip(sources(lab), sources(solution), strict=True):
        left = [line.strip() for line in stub.split("\n")]
        allowed = {"# Write your code here.", "..."}
        assert set(left) - allowed <= {line.strip() for line in full.split("\n")}


def test_nbgrader_takes_the_solution_as_its_source(finished):
    from nbgrader import preprocessors
    from nbgrader.nbgraderformat import MetadataValidator

    solution, lab = load(finished, "solutions"), load(finished, "labs")
    MetadataValidator().validate_nb(solution)
    MetadataValidator().validate_nb(lab)
    released, resources = solution, {}
    for name in ("LockCells", "ClearSolutions", "ClearOutput", "ComputeChecksums"):
        step = getattr(preprocessors, name)()
        released, resources = step.preprocess(released, resources)
    assert "raise NotImplementedError" in sources(released)[1]
    ids = [c.metadata.nbgrader.grade_id for c in lab.cells if "nbgrader" in c.metadata]
    assert ids == [
        "05_sums-solution-1",
        "05_sums-check-1",
        "05_sums-solution-2",
        "05_sums-solution-3",
    ]
    check = lab.cells[3].metadata.nbgrader
    assert (check.grade, check.points, check.locked) == (True, 2, True)
    assert lab.cells[3].metadata.editable is False


# --- exports


def test_models_hold_the_exported_cells_and_the_imports_they_need(finished):
    text = (finished / "utils/models/tensorflow/sums.py").read_text("utf-8")
    assert text.startswith('"""What lesson 05 exports in TensorFlow.\n')
    assert "\ncontent/lessons/05_sums.md\n" in text
    assert "\nimport math\n" in text and "pathlib" not in text
    assert '__all__ = [\n    "area",\n]' in text
    assert "return radius**2 * math.pi" in text
    package = (finished / "utils/models/tensorflow/__init__.py").read_text("utf-8")
    assert "from utils.models.tensorflow.sums import area\n" in package
    assert (finished / "utils/models/__init__.py").exists()
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "utils/models"],
            cwd=finished,
            capture_output=True,
        )
        assert done.returncode == 0, done.stdout


def export(course, *lessons):
    """Write lessons with exported cells; return their modules by name."""
    head = LESSON.split("# Sums")[0] + "# T\n\n"
    made = []
    for number, code in enumerate(lessons, 1):
        path = course / f"content/lessons/{number:02}_{'abc'[number - 1]}.md"
        path.write_text(head + code, encoding="utf-8")
        made.append(read(path, Course(course)))
    written = exports.modules(made, Course(course))
    models = course / "utils/models"
    return {
        path.relative_to(models).with_suffix("").as_posix(): text
        for path, text in written.items()
    }


CELL = "```{{code-cell}}\n{}\n```\n"
EXPORT = "```{{code-cell}}\n:tags: [export]\n{}\n```\n"
ONE_TRACK = "```{{code-cell}}\n:tags: [export]\n:track: {}\n{}\n```\n"


def test_a_lesson_may_use_what_another_one_exports(course):
    found = export(
        course,
        CELL.format("import math as m") + EXPORT.format("def one():\n    return m.e"),
        CELL.format("from utils.models.pytorch import one")
        + EXPORT.format("def two(one=1):\n    return [m for m in range(one)]"),
        CELL.format("from utils.models.pytorch import one")
        + EXPORT.format("class Three:\n    value = one()\n\n\n_PRIVATE = Three"),
    )
    assert "import math as m" in found["shared/a"] and "import" not in found["shared/b"]
    assert "from utils.models.shared.a import one\n" in found["shared/c"]
    names = '"Three",\n    "one",\n    "two",\n]'
    assert names in found["pytorch/__init__"] and names in found["tensorflow/__init__"]
    scope = {}
    own = found["shared/c"].replace("from utils.models.shared.a import one\n", "")
    exec(found["shared/a"] + own, scope)
    assert scope["Three"].value == pytest.approx(2.718281828)


def test_what_one_track_alone_defines_is_its_own_with_all_that_needs_it(course):
    needs = EXPORT.format("def needs():\n    return kernel()")
    found = export(
        course,
        CELL.format("import numpy as np")
        + ONE_TRACK.format("pytorch", "def kernel():\n    return 1")
        + ONE_TRACK.format("tensorflow", "def kernel():\n    return 2"),
        needs + EXPORT.format("def free():\n    return 3"),
        EXPORT.format("def last():\n    return needs() + free()"),
    )
    assert [*found] == [
        *("__init__", "shared/__init__", "shared/b"),
        *("pytorch/a", "pytorch/b", "pytorch/c", "pytorch/__init__"),
        *("tensorflow/a", "tensorflow/b", "tensorflow/c", "tensorflow/__init__"),
    ]
    assert "return 1" in found["pytorch/a"] and "return 2" in found["tensorflow/a"]
    assert "from utils.models.pytorch.a import kernel\n" in found["pytorch/b"]
    assert "from utils.models.shared.b import free\n" in found["tensorflow/c"]
    assert "from utils.models.tensorflow.b import needs\n" in found["tensorflow/c"]


def test_what_the_tracks_import_from_elsewhere_is_not_shared(course):
    imports = [
        f"```{{code-cell}}\n:track: {track}\nfrom utils.{track} import predict\n```\n"
        for track in ("pytorch", "tensorflow")
    ]
    use = EXPORT.format("def ask(model):\n    return predict(model)")
    found = export(course, "".join(imports) + use)
    assert "from utils.pytorch import predict" in found["pytorch/a"]
    assert "from utils.tensorflow import predict" in found["tensorflow/a"]
    assert "shared/a" not in found


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("def f():\n    return np.e", "uses np, which no import and no exported cell"),
        ("def f():\n    pass\n\n\nprint(1)", "holds functions, classes and constants"),
    ],
)
def test_a_cell_that_cannot_be_exported_is_named(course, code, sentence):
    with pytest.raises(exports.ContentError, match=sentence):
        export(course, EXPORT.format(code))


def test_two_cells_that_export_the_same_name_are_named(course):
    same = EXPORT.format("def f():\n    pass")
    with pytest.raises(exports.ContentError) as error:
        export(course, same, same)
    assert str(error.value).startswith(
        "content/lessons/02_b.md:12: exports f, but content/lessons/01_a.md:12 does so"
    )


# --- errors in content


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("  title: Sums\n", "  title: a: b\n", 3, "the YAML is wrong"),
        ("  title: Sums\n", "", 2, "title is None but must be a text"),
        ("run_seconds: 2", "run_seconds: two", 2, "must be a whole number"),
        ("run_seconds: 2", "run_seconds: 2\n  x: 1", 2, "x is not known"),
        ("---\n\n# Sums", "# Sums", 1, "no front matter"),
        ("# Sums", "Sums", 8, "must be Markdown and start with `# `"),
        (":track: pytorch", ":track: jax", 27, "the track 'jax' is not known"),
        ('"pytorch"', '"jax"', 25, "the track 'jax' is not known"),
        ('{"track"', "{track", 23, "are not JSON"),
        ("Only for PyTorch.\n", "", 23, "belong to no Markdown cell"),
        ("[export]", "[exprot]", 27, "the tag 'exprot' is not known"),
        ("[export]", "[export", 29, "the YAML is wrong"),
        (":tags:", ":tag:", 27, "option 'tag' is not known"),
        (":tags: [export]", ":tags: [solution]", 31, "belong in content/labs"),
        ("radius**2\n```", "radius**2\n", 27, "this block is never closed"),
        ('"on purpose")\n```', '"on purpose")', 62, "this block is never closed"),
        ("import double", "import", 20, "this is not Python (invalid syntax)"),
        ("1 + 1\n```", "```", 57, "code cell is empty"),
        ("dot.png", "dash.png", 14, "shows ../figures/dash.png, which does not"),
        ("05_sums.md", "06_no.md", 12, "links to ../labs/06_no.md, which does not"),
        ("05_sums.md", "en/pytorch/05_sums.ipynb", 12, "source instead: ../labs/05"),
        ("{code-cell}", "{code}", 16, "`{code}` is not known"),
        ("```{code-cell}", "<p>\n```{code-cell}", 17, "inside a list or HTML"),
    ],
)
def test_an_error_in_a_lesson_is_one_sentence_with_its_line(
    course, capsys, old, new, line, sentence
):
    wrong(course, capsys, "content/lessons/05_sums.md", old, new, line, sentence)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("    ### END SOLUTION\n", "", 14, "this solution is never closed"),
        ("    ### BEGIN SOLUTION\n", "", 17, "nothing is open here"),
        ("### END", "### BEGIN SOLUTION\n    ### END", 18, "is open already"),
        (":tags: [solution]", ":tags: []", 12, "needs :tags: [solution]"),
        ("[solution]", "[solution, check]", 12, "a solution or a check"),
        (":points: 2\n", "", 23, "say how many points it is worth"),
        (":points: 2", ":points: two", 21, "points is 'two'"),
        ("[check]", "[export]", 24, "only checks and written answers"),
    ],
)
def test_an_error_in_a_lab_is_one_sentence_with_its_line(
    course, capsys, old, new, line, sentence
):
    wrong(course, capsys, "content/labs/05_sums.md", old, new, line, sentence)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('msgstr "# 합"', 'msgstr "# 합'),
        ('msgstr "# 합"', 'msgstr "# "합""'),
        ('msgstr "# 합"', 'msgstr "# $\\frac$ 합"'),  # one backslash: a form feed
        ('msgstr "# 합"', 'msgstr "# $\\nabla$ 합"'),  # one backslash: a line break
        ('msgstr "# 합"', 'msgtr "# 합"'),
    ],
)
def test_an_error_in_a_catalogue_is_one_sentence_with_its_line(
    course, capsys, old, new
):
    place = "content/locale/ko/05_sums.po"
    wrong(course, capsys, place, old, new, 7, "is not a line of a gettext catalogue")


def wrong(course, capsys, place, old, new, line, sentence):
    change(course, place, old, new)
    for arguments in (["build"], ["check"]):
        assert main(arguments, course) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"{place}:{line}: ") and sentence in said, said
        assert said.count("\n") == 1, said


# --- translations


def test_korean_notebooks_differ_in_prose_only(finished):
    english, korean = load(finished, "lessons"), load(finished, "lessons", "ko")
    assert korean.cells[0].source == "# 합"
    assert "더합니다" in korean.cells[2].source
    assert "data:image/png" in korean.cells[2].source
    (setup, *codes), (expected, *others) = sources(korean), sources(english)
    assert setup == expected.replace('_LANGUAGE"] = "en"', '_LANGUAGE"] = "ko"')
    assert codes == others
    assert "Only for PyTorch." in sources(korean, "markdown")
    for one, two in zip(english.cells, korean.cells, strict=True):
        assert one.get("outputs") == two.get("outputs")


def test_a_notebook_shows_its_quiz_in_its_own_language_and_as_it_is_now(course):
    questions = Path("utils/quiz/questions")
    shutil.copytree(Path(keys.__file__).parents[1] / questions, course / questions)
    sources = ["1 + 1", 'quiz.show("05", "pre")', 'x = quiz.show("05", "pre")']
    notebook = nbformat.v4.new_notebook(
        cells=[*map(nbformat.v4.new_code_cell, sources)]
    )
    for cell in notebook.cells:
        cell.outputs = [nbformat.v4.new_output("stream", text="as executed")]

    def shows(language):
        shown.fill(notebook, language, Course(course))
        (output,) = notebook.cells[1].outputs
        return output.data["text/html"]

    english, korean = shows("en"), shows("ko")
    assert "<ol>" in english and not re.search("[가-힣]", english)
    assert re.search("[가-힣]", korean)
    for number in (0, 2):
        assert notebook.cells[number].outputs[0].text == "as executed"
    (path,) = (course / questions / "en").glob("05_*.json")
    quiz = json.loads(path.read_text("utf-8"))
    quiz["pre"][0]["ask"] = "<p>And now?</p>"
    path.write_text(json.dumps(quiz), "utf-8")
    assert "<p>And now?</p>" in shows("en")


def test_untranslated_and_outdated_cells_are_reported(course, capsys):
    change(course, "content/lessons/05_sums.md", "We add. Then", "We add much. Then")
    capsys.readouterr()
    assert main(["build", "--lang", "ko"], course) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "content/locale/ko/05_sums.po: 3 of 6 cells untranslated, 1 outdated: "
        "content/lessons/05_sums.md:25 content/labs/05_sums.md:7 "
    )
    assert "content/lessons/05_sums.md:12" in said.splitlines()[0]
    assert "We add much." in load(course, "lessons", "ko").cells[2].source


def test_cells_without_words_need_no_translation():
    assert not translate.speaks("![a picture](x.png)")
    assert not translate.speaks("$$\\frac{a}{b}$$\n\n<br>")
    assert not translate.speaks("---")
    assert translate.speaks("$x$ is a number")
    assert translate.speaks("합")


def test_translate_brings_a_catalogue_up_to_date(course):
    path = course / "content/locale/ko/05_sums.po"
    assert main(["translate", "ko"], course) == 0
    first = path.read_text("utf-8")
    assert main(["translate", "ko"], course) == 0
    assert path.read_text("utf-8") == first
    assert "POT-Creation-Date" not in first
    new = polib.pofile(str(path))
    assert [e.msgid for e in new if not e.msgstr] == [
        "Only for PyTorch.",
        "# Sums, the lab",
        "Why?\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION",
    ]

    change(course, "content/lessons/05_sums.md", "We add. Then", "We add much. Then")
    change(course, "content/lessons/05_sums.md", "The same.", "x")
    change(course, "content/lessons/05_sums.md", "The same.", "x")
    assert main(["translate", "ko"], course) == 0
    changed = polib.pofile(str(path))
    entry = next(e for e in changed if e.msgid.startswith("We add much."))
    assert entry.fuzzy and entry.previous_msgid.startswith("We add. Then")
    assert entry.msgstr.startswith("더합니다")
    assert main(["build", "--lang", "ko"], course) == 0
    assert "We add much." in load(course, "lessons", "ko").cells[2].source
    assert [e.msgstr for e in changed.obsolete_entries()] == ["같습니다."]

    (course / "content/lessons/05_sums.md").write_text(LESSON, encoding="utf-8")
    assert main(["translate", "ko"], course) == 0
    assert path.read_text("utf-8") == first


def test_a_catalogue_survives_backslashes_quotes_and_tabs(course):
    text = 'A "quote", \\frac{1}{2}, \\n and \\t\tand ' + "very long words " * 12
    old = polib.POFile()
    old.append(polib.POEntry(msgid=text, msgstr=text + "!"))
    written = translate.text_of(translate.update(old, {text: []}, "ko"))
    assert translate.lookup(polib.pofile(written)) == {text: text + "!"}


# --- start page


def test_start_pages_link_what_exists(finished):
    for page in ("lessons/README.md", "lessons/ko/README.md"):
        text = (finished / page).read_text("utf-8")
        links = re.findall(r"\]\(([^)]*)\)", text)
        assert len(links) == 7
        assert all(((finished / page).parent / link).exists() for link in links)
        assert "colab" not in text.lower()
    english = (finished / "lessons/README.md").read_text("utf-8")
    assert "| 05 Sums |" in english and "| 5 min | 2 s | 30 min |" in english
    assert "| 05 합 |" in text


def test_the_words_of_a_language_come_from_its_catalogue_alone(course):
    path = course / "content/locale/ko/course.po"
    assert main(["translate", "ko"], course) == 0
    assert main(["build", "--lang", "ko"], course) == 0
    page = course / "lessons/ko/README.md"
    assert "| Lesson |" in page.read_text("utf-8")
    assert "Write your answer here." in load(course, "labs", "ko").cells[-1].source
    catalogue = polib.pofile(str(path))
    words = {
        "Lesson": "강의",
        "{count} min": "{count}분",
        "*Write your answer here.*": "답을 쓰세요.",
        "Open in Colab": "Colab에서 열기",
    }
    for entry in catalogue:
        entry.msgstr = words.get(entry.msgid, "")
    catalogue.save(str(path))
    at = "https://github.com/a/b"
    change(course, "pyproject.toml", 'repository = ""', f'repository = "{at}"')
    assert main(["translate", "ko"], course) == 0  # keeps what is translated
    assert main(["build", "--lang", "ko"], course) == 0
    text = page.read_text("utf-8")
    for said in ("| 강의 |", "| 5분 |", "[English](../README.md)"):
        assert said in text
    lab = load(course, "labs", "ko")
    assert lab.cells[-1].source == "Why?\n\n답을 쓰세요."
    assert "[Colab에서 열기](https://colab" in lab.cells[0].source
    english = (course / "lessons/README.md").read_text("utf-8")
    assert "| Lesson |" in english and "[한국어](ko/README.md)" in english


@pytest.mark.parametrize(
    ("language", "name"),
    [("ko", "한국어"), ("pt-BR", "português (Brasil)"), ("x", "x")],
)
def test_a_language_is_named_as_its_speakers_do(language, name):
    assert translate.own_name(language) == name


def test_a_lab_without_a_lesson_has_a_row_of_its_own(course, capsys):
    lab = (course / "content/labs/05_sums.md").read_text("utf-8")
    (course / "content/labs/09_more.md").write_text(lab, "utf-8")
    executed(course, capsys, "--track", "pytorch")
    text = (course / "lessons/README.md").read_text("utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| 09 ")]
    assert "labs/en/pytorch/09_more.ipynb" in row and "en/pytorch/09_more" in row
    assert "](en/" not in row and row.endswith("|  |  | 30 min |")


# --- check and publish


def test_check_passes_on_what_was_built(finished, capsys):
    assert main(["check"], finished) == 0


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("lessons/en/tensorflow/05_sums.ipynb", "build 05 --track tensorflow"),
        ("labs/ko/pytorch/05_sums.ipynb", "build 05 --track pytorch"),
        ("utils/models/pytorch/sums.py", "build"),
        ("lessons/ko/README.md", "build"),
    ],
)
def test_check_names_a_file_that_was_edited_or_lost(course, capsys, name, command):
    path = course / name
    path.write_text(path.read_text("utf-8").replace("e", "E", 1), "utf-8")
    assert main(["check"], course) == 1
    said = capsys.readouterr().err
    assert said.startswith(name) and f"`python course.py {command}`" in said
    path.unlink()
    assert main(["check"], course) == 1
    assert capsys.readouterr().err.startswith(name)


def test_check_wants_changed_code_executed(course, capsys):
    change(course, "utils/tools.py", "2 * x", "x + x")
    assert main(["check"], course) == 1
    said = capsys.readouterr().err
    assert said.startswith("lessons/en/pytorch/05_sums.ipynb has not been executed")
    assert "`python course.py build 05 --track pytorch`" in said


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ("content/labs/05_sums.md", "labs/en/pytorch/05_sums.ipynb"),
        ("content/locale/ko/05_sums.po", "lessons/ko/pytorch/05_sums.ipynb"),
    ],
)
def test_check_names_files_without_a_source(course, capsys, gone, left):
    change(course, "content/lessons/05_sums.md", "[the lab](../labs/05_sums.md)", "x")
    (course / gone).unlink()
    assert main(["build"], course) == 0
    assert main(["check"], course) == 1
    assert capsys.readouterr().err.startswith(f"{left} has no source")


def git(course, *command):
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", "-C", course, *who, *command], check=True)


@pytest.fixture
def no_network(monkeypatch):
    """Git says at once that it cannot reach an address of the web."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:ssh")
    monkeypatch.setenv("GIT_SSH_COMMAND", "false")


@pytest.mark.usefixtures("no_network")
def test_publish_adds_links_and_executes_nothing(course, capsys):
    git(course, "init", "-q")
    assert main(["publish"], course) == 1
    assert "has no git remote" in capsys.readouterr().err
    git(course, "remote", "add", "origin", "git@github.com:someone/every-pixel.git")
    before = load(course, "lessons")
    assert main(["publish"], course) == 0
    said = capsys.readouterr().out
    assert "executed" not in said
    assert "run `git tag v1.0` and `git push origin HEAD v1.0`" in said.splitlines()[-1]
    url = "https://github.com/someone/every-pixel"
    settings = (course / "pyproject.toml").read_bytes().decode()
    assert settings == SETTINGS.replace('""', f'"{url}"', 1)
    after = load(course, "lessons")
    assert f'REPOSITORY = "{url}"' in after.cells[1].source
    assert '"-b", "v1.0", "--", REPOSITORY' in after.cells[1].source
    assert '"every-pixel-v1.0"' in after.cells[1].source
    link = (
        "https://colab.research.google.com/github/someone/every-pixel/blob/v1.0/"
        "lessons/en/pytorch/05_sums.ipynb"
    )
    assert after.cells[0].source == f"# Sums\n\n[Open in Colab]({link})"
    assert link in (course / "lessons/README.md").read_text("utf-8")
    assert [c.get("outputs") for c in after.cells] == [
        c.get("outputs") for c in before.cells
    ]
    assert main(["check"], course) == 0


@pytest.mark.usefixtures("no_network")
def test_a_published_notebook_has_no_link_that_colab_cannot_follow(course):
    git(course, "init", "-q")
    git(course, "remote", "add", "origin", "https://gitlab.com/a/b")
    assert "](../../../labs/en/" in load(course, "lessons").cells[2].source
    assert main(["publish"], course) == 0
    for language in ("en", "ko"):
        text = "".join(cell.source for cell in load(course, "lessons", language).cells)
        place = f"labs/{language}/pytorch/05_sums.ipynb"
        assert f"](https://gitlab.com/a/b/blob/v1.0/{place})" in text
        assert re.findall(r"\]\((?!https:|data:)", text) == []


@pytest.mark.parametrize(
    ("origin", "old", "new", "said"),
    [
        ("/srv/course.git", "", "", "the remote /srv/course.git is not a public"),
        ("https://me:secret@x/$(ls)", "", "", "the remote https://x/$(ls) is not a"),
        ("https://me:sec@ret@x/a", "", "", "the remote https://x/a is not a"),
        ("https://me:se/c@ret@x.org/a", "", "", "the remote https://x.org/a is not a"),
        ("me:secret@x.org:a/b", "", "", "the remote x.org:a/b is not a"),
        ("https://x.org/a", 'tag = "v1.0"', "", "has no line like tag"),
        ("https://x.org/a", '"v1.0"', '"v1;ls"', "has no line like tag"),
        ("https://x.org/a", '"v1.0"', '"v1..0"', "has no line like tag"),
        ("https://x.org/a", '"v1.0"', '"v1.lock"', "has no line like tag"),
        ("https://x.org/a", '"v1.0"', '"v1."', "has no line like tag"),
    ],
)
def test_publish_looks_at_address_and_tag_before_it_works(
    course, capsys, monkeypatch, origin, old, new, said
):
    monkeypatch.setattr("authoring.build.need_nothing_run", None)
    git(course, "init", "-q")
    git(course, "remote", "add", "origin", origin)
    change(course, "pyproject.toml", old, new)
    before = (course / "pyproject.toml").read_bytes()
    assert main(["publish"], course) == 1
    assert said in capsys.readouterr().err
    assert (course / "pyproject.toml").read_bytes() == before


@pytest.fixture
def tagged(course, capsys, no_network):
    """The course, published and tagged."""
    git(course, "init", "-q")
    git(course, "remote", "add", "origin", "git@x.org:a/b.git")
    assert main(["publish"], course) == 0
    git(course, "add", ".")
    git(course, "commit", "-qm", "first")
    git(course, "tag", "v1.0")
    capsys.readouterr()
    return course


def test_a_tag_is_not_published_twice(tagged, capsys):
    assert main(["publish"], tagged) == 0
    change(tagged, "content/lessons/05_sums.md", "We add.", "We add on.")
    assert main(["publish"], tagged) == 1
    said = capsys.readouterr().err
    assert "the tag v1.0 is there already" in said and "raise tag" in said
    assert "content/lessons/05_sums.md has changed since" in said
    change(tagged, "pyproject.toml", "v1.0", "v1.1")
    assert main(["publish"], tagged) == 0
    assert '"-b", "v1.1"' in load(tagged, "labs").cells[1].source


def test_a_tag_of_this_course_needs_only_the_push(tagged, capsys):
    assert main(["publish"], tagged) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("The tag v1.0 is this course; run `git push origin HEAD")
    assert "git tag" not in last


def test_a_tag_lacks_what_is_new_and_not_yet_in_git(tagged, capsys):
    (tagged / "content" / "figures" / "new.png").write_bytes(PIXEL)
    assert main(["publish"], tagged) == 1
    said = capsys.readouterr().err
    assert "the tag v1.0 is there already, and content/figures/new.png has" in said


@pytest.mark.usefixtures("no_network")
def test_a_tag_from_before_the_first_publication_lacks_the_address(course, capsys):
    git(course, "init", "-q")
    git(course, "remote", "add", "origin", "https://x.org/a")
    git(course, "add", ".")
    git(course, "commit", "-qm", "first")
    git(course, "tag", "v1.0")
    assert main(["publish"], course) == 1
    said = capsys.readouterr().err
    assert "the tag v1.0 is there already, and lacks the address; raise tag" in said
    assert "`git tag -d v1.0`" in said
    git(course, "tag", "-d", "v1.0")
    assert main(["publish"], course) == 0


def test_a_tag_that_publish_itself_makes_old_is_not_advised(tagged, capsys):
    """What is built by another builder than the tagged files."""
    path = tagged / "lessons" / "README.md"
    path.write_text("old", "utf-8")
    git(tagged, "commit", "-qam", "old")
    git(tagged, "tag", "--force", "v1.0")
    assert main(["publish"], tagged) == 1
    said = capsys.readouterr().err
    assert "the tag v1.0 is there already, and lessons/README.md has changed" in said


@pytest.mark.skipif(sys.platform == "win32", reason="a program is a script here")
def test_a_tag_that_origin_alone_has_is_fetched_first(tagged, capsys, monkeypatch):
    """As in a clone of the newest commit, which has no tags."""
    script = tagged.parent / "ssh"
    script.write_text(f"#!/bin/sh\nexec git upload-pack '{tagged}'\n")
    script.chmod(0o755)
    git(tagged.parent, "clone", "-q", "--depth=1", "--no-tags", tagged.as_uri(), "new")
    new = tagged.parent / "new"
    git(new, "remote", "set-url", "origin", "git@x.org:a/b.git")
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    assert main(["publish"], new) == 1
    said = capsys.readouterr().err
    assert "origin has a tag v1.0 that is not the one here" in said
    assert "run `git fetch origin tag v1.0` first" in said
    git(new, "fetch", "-q", "origin", "tag", "v1.0")
    assert main(["publish"], new) == 0
    assert "The tag v1.0 is this course" in capsys.readouterr().out
    git(tagged, "commit", "-q", "--allow-empty", "-m", "second")
    git(tagged, "tag", "--force", "v1.0")
    assert main(["publish"], new) == 1
    assert "is not the one here; raise tag." in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="a program is a script here")
@pytest.mark.parametrize("does", ["exec sleep 5", "exit 1"])
def test_publish_goes_on_when_origin_does_not_answer(tagged, capsys, monkeypatch, does):
    script = tagged.parent / "ssh"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    monkeypatch.setattr("authoring.publish.PATIENCE", 1)
    assert main(["publish"], tagged) == 0
    said = capsys.readouterr().out
    assert "origin does not say its tags: is v1.0 new there?" in said.splitlines()


def test_a_notebook_that_colab_saved_is_not_executed_again(course, capsys):
    path = course / "lessons/en/pytorch/05_sums.ipynb"
    before = path.read_text("utf-8")
    path.write_text(as_colab_saves(before), "utf-8")
    assert "written" in executed(course, capsys)["lessons/en/pytorch/05_sums.ipynb"]
    assert path.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:a/b.git", "https://github.com/a/b"),
        ("https://github.com/a/b.git", "https://github.com/a/b"),
        ("https://me:secret@github.com/a/b", "https://github.com/a/b"),
        ("ssh://git@gitlab.com:2222/a/b/c.git", "https://gitlab.com/a/b/c"),
        ("ssh://git@ssh.github.com:443/a/b.git", "https://github.com/a/b"),
        ("https://me:sec@ret@GitHub.com/a/..b", "https://github.com/a/..b"),
        ("https://git.x.org:8443/a", "https://git.x.org:8443/a"),
    ],
)
def test_remotes_become_https_addresses(remote, address):
    assert https(remote + "\n") == address


@pytest.mark.parametrize(
    "remote",
    ["/srv/git/course.git", "../course", "C:\\course", "https://x.org"]
    + [f"https://x.org/a{bad}b" for bad in " ;$`'\"&|<>()\\\n#?"]
    + ["git@x.org:a/$(touch b)", "git@-x.org:a", "https://x;ls/a"]
    + ["git@github-work:a/b", "git@github.com-work:a/b", "https://localhost/a"]
    + ["https://10.0.0.3/a", "https://x/a", "https://x..org/a", "https://x.org/./a"]
    + ["https://x.org/a/../b", "https://x.org/a/.."],
)
def test_what_others_cannot_clone_is_no_address(remote):
    with pytest.raises(ValueError):
        https(remote)


def stored_picture(height, width):
    """A notebook with one output: noise in all colours, with a small red square."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    pixels[4:8, 4:8] = (230, 0, 0)
    target = io.BytesIO()
    Image.fromarray(pixels // 4 * 2 + 60).save(target, "png")
    data = {"image/png": base64.b64encode(target.getvalue()).decode()}
    cell = nbformat.v4.new_code_cell("plot()")
    cell.outputs = [nbformat.v4.new_output("display_data", data)]
    return nbformat.v4.new_notebook(cells=[cell])


def picture_in(notebook):
    data = notebook.cells[0].outputs[0].data["image/png"]
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_large_picture_is_stored_smaller_and_keeps_its_rare_colours():
    notebook = stored_picture(200, 200)
    before = len(notebook.cells[0].outputs[0].data["image/png"])
    red = picture_in(notebook).getpixel((5, 5))
    execute.use_palettes(notebook)
    assert picture_in(notebook).mode == "P"
    assert len(notebook.cells[0].outputs[0].data["image/png"]) < before / 2
    kept = picture_in(notebook).convert("RGB").getpixel((5, 5))
    assert np.abs(np.subtract(kept, red)).max() < 16
    once = notebook.cells[0].outputs[0].data["image/png"]
    execute.use_palettes(notebook)
    assert notebook.cells[0].outputs[0].data["image/png"] == once


def test_a_small_picture_is_stored_as_it_is():
    notebook = stored_picture(40, 40)
    before = notebook.cells[0].outputs[0].data["image/png"]
    execute.use_palettes(notebook)
    assert notebook.cells[0].outputs[0].data["image/png"] == before
