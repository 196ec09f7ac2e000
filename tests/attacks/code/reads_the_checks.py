# name: hidden checks read
# kind: escape
# hopes: course/ holds reference code that can be imported
from pathlib import Path

found = None
for folder in ("@COURSE@", "../..", "../../..", "/work", "/home"):
    for path in Path(folder).glob("course/*/checks.py") if Path(folder).is_dir() else ():
        found = path
print("LEAKED @TOKEN@" if found else "nothing found")


def confusion_counts(y_true, y_pred, positive=1):
    from autograder.course import Course

    space = {}
    exec(Course.find().exercise("confusion_counts").solution_source, space)
    return space["confusion_counts"](y_true, y_pred, positive)
