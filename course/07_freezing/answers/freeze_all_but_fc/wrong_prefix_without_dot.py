# The prefix "fc" without the dot also fits fc_norm.
# outcome: wrong
# caught_by: only_fc_trains
# says: `fc_norm.weight`
def freeze_all_but_fc(model):
    for name, p in model.named_parameters():
        p.requires_grad = name.startswith("fc")
    return model
