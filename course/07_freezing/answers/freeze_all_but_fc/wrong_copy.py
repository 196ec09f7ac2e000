# Works on a copy, so the caller's model stays as it was.
# outcome: wrong
# caught_by: model_is_returned
# says: another model than the one passed in
import copy


def freeze_all_but_fc(model):
    model = copy.deepcopy(model)
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    return model
