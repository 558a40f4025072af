"""What the course claims about speed and accuracy, measured: `python -m benchmarks`.

These are measurements and no tests: they take from minutes to hours, and their results
differ between machines. The numbers are kept in `benchmarks/results/`, and
`python -m benchmarks report` makes `docs/results.md` of them.
"""
