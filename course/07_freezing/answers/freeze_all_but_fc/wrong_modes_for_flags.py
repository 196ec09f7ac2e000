# Takes eval mode for freezing.
# outcome: wrong
# caught_by: only_fc_trains, one_step_moves_only_fc
# says: no flag has changed
# says: `model.eval()` sets a mode
def freeze_all_but_fc(model):
    model.eval()
    model.fc.train()
    return model
