"""nbgrader's settings for a class on Every Pixel; docs/instructors.md tells how."""

import nbformat
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import SCHEMA_VERSION
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "every-pixel"
# The course's own stubs: with nbgrader's, which raise an error, "Run all" stops at the
# first exercise that is not solved yet.
c.ClearSolutions.code_stub = {"python": "# Write your code here.\n..."}
c.ClearSolutions.text_stub = "*Write your answer here.*"
# Seconds for one cell. Some train a network; a slow machine needs its time.
c.ExecutePreprocessor.timeout = 600


class Roles(NbGraderPreprocessor):
    """Gives every cell of a submission the role that it has in your notebook.

    nbgrader trusts the metadata that comes back. But cells are copied, split, moved,
    deleted, pasted from another lab and turned into text, and their metadata with
    them; nbgrader then stops, or takes points away.
    """

    def preprocess(self, nb, resources):
        at = resources["nbgrader"]
        with Gradebook(at["db_url"]) as book:
            ours = book.find_notebook(at["notebook"], at["assignment"])
            known = {cell.name: cell for cell in ours.source_cells}
            graded = {cell.name: cell.max_score for cell in ours.grade_cells}
            tasks = {cell.name: cell.max_score for cell in ours.task_cells}
            solutions = {cell.name for cell in ours.solution_cells}
            copies = self.copies(nb, known)
            work = []  # the copies of each solution that the next check looks at
            for name, cell in known.items():
                found = copies[name]
                if not found and (name in graded or name in tasks):
                    self.log.warning("Cell %s was missing; it is restored.", name)
                    found = [self.new(nb, cell)]
                    nb.cells.insert(self.place(nb, name, work, copies), found[0])
                if name in graded and name not in solutions:
                    self.behind(nb, found[-1], work)
                    work = []
                elif found:
                    work.append(found)
                if not found:
                    continue
                one = self.one_of(found, cell)
                self.turn(one, cell.cell_type)
                role = {
                    "schema_version": SCHEMA_VERSION,
                    "grade_id": name,
                    "grade": name in graded,
                    "solution": name in solutions,
                    "task": name in tasks,
                    "locked": cell.locked,
                    "cell_type": cell.cell_type,
                    "checksum": cell.checksum,
                }
                if name in graded or name in tasks:
                    role["points"] = {**graded, **tasks}[name]
                one.metadata["nbgrader"] = nbformat.from_dict(role)
        return nb, resources

    def copies(self, nb, known):
        """Take all metadata away; return the cells that had each name, in order."""
        copies, others = {name: [] for name in known}, []
        for cell in nb.cells:
            role = cell.metadata.pop("nbgrader", None)
            name = role.get("grade_id") if isinstance(role, dict) else None
            known_name = isinstance(name, str) and name in copies
            (copies[name] if known_name else others).append(cell)
        # Some programs drop the metadata: a check says the same without it.
        for cell in others:
            for name, our in known.items():
                if our.locked and not copies[name] and cell.source == our.source:
                    copies[name].append(cell)
                    break
        return copies

    def one_of(self, found, cell):
        """Choose one of several copies: the last that was worked on, not a note."""
        found = [one for one in found if one.cell_type == cell.cell_type] or found
        changed = [one for one in found if one.source != cell.source]
        return found[-1] if cell.locked or not changed else changed[-1]

    def place(self, nb, name, work, copies):
        """Where a missing cell belongs: behind its solutions, before what follows."""
        start = max((where(nb, one) for found in work for one in found), default=-1)
        later = list(copies)[list(copies).index(name) + 1 :]
        others = [where(nb, one) for other in later for one in copies[other]]
        return min((one for one in others if one > start), default=len(nb.cells))

    def behind(self, nb, check, work):
        """Move a check that stands before its solutions behind them."""
        first = max((where(nb, found[0]) for found in work), default=-1)
        if where(nb, check) < first:
            last = max(where(nb, one) for found in work for one in found)
            nb.cells.insert(last, nb.cells.pop(where(nb, check)))

    def new(self, nb, cell):
        made = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(cell.source)
        if (nb.nbformat, nb.nbformat_minor) < (4, 5):  # such as Colab's
            made.pop("id", None)
        return made

    def turn(self, one, cell_type):
        """Make a cell code again, or text."""
        if one.cell_type == cell_type:
            return
        one.cell_type = cell_type
        for key in ("attachments", "outputs", "execution_count"):
            one.pop(key, None)
        if cell_type == "code":
            one.update(outputs=[], execution_count=None)


def where(nb, cell):
    """The number of a cell; equal cells are not the same."""
    return next(number for number, one in enumerate(nb.cells) if one is cell)


c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    Roles,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
