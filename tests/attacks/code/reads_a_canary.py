# name: files of the machine read
# kind: escape
# hopes: a file that everybody may read
import os

for path in ("@CANARY@", "@COURSE@/nbgrader_config.py", "/etc/shadow", "/root/.ssh", "/proc/1/environ"):
    try:
        print("LEAKED @TOKEN@", path, open(path).read(40) if os.path.isfile(path) else os.listdir(path))
    except OSError as error:
        print(type(error).__name__)


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)
