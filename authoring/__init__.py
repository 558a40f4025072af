"""Turns the text in ``content/`` into notebooks, models and the start page.

| module         | what it does                                                   |
|----------------|----------------------------------------------------------------|
| ``layout``     | where everything lies, and the settings of the course          |
| ``read``       | content file -> cells, or one sentence that names the bad line |
| ``cells``      | what reading gives                                             |
| ``blocks``     | finds fences and options that are wrong                        |
| ``notebook``   | cells -> notebook of one track and one language                |
| ``setup_cell`` | the template of every notebook's first code cell               |
| ``links``      | links between content files -> links between built files       |
| ``labs``       | nbgrader metadata, and the lab that is left without solutions  |
| ``keys``       | what a notebook imports, and the key that tells when it is old |
| ``execute``    | runs a notebook in a fresh kernel and stores its outputs       |
| ``exports``    | cells tagged ``export`` -> ``utils/models``                      |
| ``translate``  | English cell -> cell of another language; keeps catalogues     |
| ``startpage``  | ``lessons/README.md``                                          |
| ``build``      | puts all this together                                         |
| ``publish``    | writes the repository's address into pyproject.toml            |
| ``cli``        | the commands                                                   |
"""
