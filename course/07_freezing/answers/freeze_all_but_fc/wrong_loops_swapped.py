# Switches the head on first and everything off afterwards.
# outcome: wrong
# caught_by: only_fc_trains, one_step_moves_only_fc
# says: switch `fc` on after all else is off
# says: nothing in glyphnet is left to train
def freeze_all_but_fc(model):
    for p in model.fc.parameters():
        p.requires_grad = True
    for p in model.parameters():
        p.requires_grad = False
    return model
