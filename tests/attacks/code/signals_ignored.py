# name: signals taken over
# kind: evasion
# hopes: the alarm of the time limit never rings
# stock: no
import signal


def confusion_counts(y_true, y_pred, positive=1):
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        pass
