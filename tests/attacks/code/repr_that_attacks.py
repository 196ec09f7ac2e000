# name: a representation with control characters and HTML
# kind: injection
# hopes: the report or the terminal of the instructor
class Loud:
    def __repr__(self):
        return "<script>fetch('/formgrader')</script>\x1b[2J\x1b]0;owned\x07\u202e" + "A" * 100_000


def confusion_counts(y_true, y_pred, positive=1):
    print(repr(Loud()))
    return Loud()


Loud()
