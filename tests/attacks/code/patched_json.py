# name: json and struct replaced
# kind: injection
# hopes: the reply is packed as a right one
import json

dumps = json.dumps


def forged(value, **options):
    return dumps(value, **options).replace("[0, 0, 0, 0]", "[6, 0, 0, 0]")


json.dumps = forged


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)
