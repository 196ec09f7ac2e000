# name: an error that is always raised
# kind: overfitting
# hopes: checks for errors pass
def confusion_counts(y_true, y_pred, positive=1):
    raise ValueError(f"y_true has {len(y_true)} labels and y_pred {len(y_pred)}")
