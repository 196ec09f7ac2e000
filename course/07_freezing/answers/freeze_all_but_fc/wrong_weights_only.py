# Freezes weights and forgets the biases.
# outcome: wrong
# caught_by: only_fc_trains
# says: forget the biases
def freeze_all_but_fc(model):
    for name, p in model.named_parameters():
        if name.endswith("weight"):
            p.requires_grad = False
    for p in model.fc.parameters():
        p.requires_grad = True
    return model
