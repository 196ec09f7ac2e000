"""Writes what students get, as a folder and as a zip: `autograder release`.

    contents.py   which files, and the README; everything in memory
    wheel.py      the learner's package `headstart` as a wheel of its own
    writing.py    the folder and the zip, as a whole or not at all
    command.py    options in, summary or one clear line out

The release holds what is built for students and the package that they import. It holds no solution, no hidden check,
no key of a graded question, and not the package `autograder`.
"""
