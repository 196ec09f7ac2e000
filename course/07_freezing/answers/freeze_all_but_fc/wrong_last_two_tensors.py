# Assumes that the head is the last two tensors.
# outcome: wrong
# caught_by: only_fc_trains
# says: `fc.0.weight`
def freeze_all_but_fc(model):
    parameters = list(model.parameters())
    for p in parameters[:-2]:
        p.requires_grad = False
    for p in parameters[-2:]:
        p.requires_grad = True
    return model
