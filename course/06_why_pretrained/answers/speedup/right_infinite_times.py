# "Never" is an infinite time; IEEE arithmetic does the rest: inf / x, x / inf and inf / inf.
def speedup(scratch, pretrained, target):
    def seconds(history):
        return min((r["seconds"] for r in history if r["val_accuracy"] >= target), default=float("inf"))

    return seconds(scratch) / seconds(pretrained)
