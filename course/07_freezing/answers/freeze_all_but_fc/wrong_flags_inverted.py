# Freezes the head and leaves the rest.
# outcome: wrong
# caught_by: only_fc_trains
# says: the wrong way round
def freeze_all_but_fc(model):
    for name, p in model.named_parameters():
        p.requires_grad = not name.startswith("fc.")
    return model
