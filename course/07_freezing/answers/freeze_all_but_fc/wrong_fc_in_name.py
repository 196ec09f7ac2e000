# Takes every layer with "fc" in its name for the head.
# outcome: wrong
# caught_by: only_fc_trains
# says: `encoder.fc.weight`
# says: the name only looks like the head
def freeze_all_but_fc(model):
    for name, p in model.named_parameters():
        p.requires_grad = "fc" in name
    return model
