# Looks for the head under the name that VGG has for it.
# outcome: error
# caught_by: only_fc_trains, model_is_returned, one_step_moves_only_fc
# says: has no attribute 'classifier'
def freeze_all_but_fc(model):
    for p in model.parameters():
        p.requires_grad = False
    for p in model.classifier.parameters():
        p.requires_grad = True
    return model
