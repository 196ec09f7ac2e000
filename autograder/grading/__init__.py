"""Grades a class: every submission judged outside its own process, in parallel, into nbgrader's gradebook.

The way of one submission:

    submissions   reads it as plain data: known names, real files, limited sizes
    repair        makes each notebook whole again after the blueprint that the gradebook has of it
    session       runs the student's cells in a room (`room` is the other end) and carries the checks' requests
    verdicts      writes a verdict into each locked cell, in the form that nbgrader reads points from
    records       puts points into the gradebook and notebooks into `autograded/`

`run` does this for a class, with `crew` (processes of this machine) or `cluster` (Dask) for the judging;
`preprocessor` does it inside `nbgrader autograde`; `commands` is the command line.
"""
