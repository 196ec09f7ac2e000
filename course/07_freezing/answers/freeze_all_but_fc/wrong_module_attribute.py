# Assigns an attribute to modules; no parameter notices.
# outcome: wrong
# caught_by: only_fc_trains, one_step_moves_only_fc
# says: `model.requires_grad = False` only adds an attribute
# says: after one training step `conv1.weight` of glyphnet had moved
def freeze_all_but_fc(model):
    model.requires_grad = False
    model.fc.requires_grad = True
    return model
