"""Quizzes: ``content/quizzes/NN_name.yaml`` -> pages, and data for notebooks.

| module    | what it does                                                        |
|-----------|---------------------------------------------------------------------|
| ``read``  | YAML -> questions, or one sentence that names file, line and field  |
| ``ask``   | what reading gives                                                  |
| ``text``  | the few marks of a question's text -> HTML or plain text            |
| ``draw``  | grids, curves and dots -> SVG, and the same in words                |
| ``page``  | questions -> a page that needs nothing else; the index of all pages |
| ``data``  | questions -> the JSON that ``utils.quiz`` shows in a notebook       |
| ``shown`` | writes the questions into the notebooks that show them              |
| ``make``  | puts this together, in every language                               |

The pages' templates, their script and their words are in ``authoring/quiz_page``.
"""
