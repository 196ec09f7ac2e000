# Only ever freezes: a head that arrives frozen stays frozen.
# outcome: wrong
# caught_by: only_fc_trains
# says: glyphnet that arrives frozen
def freeze_all_but_fc(model):
    for name, p in model.named_parameters():
        if not name.startswith("fc."):
            p.requires_grad = False
    return model
