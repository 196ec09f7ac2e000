# Eval mode for everything: BatchNorm that trains stands still too.
# outcome: wrong
# caught_by: trainable_parts_in_train, statistics_stand_still
# says: has trainable parameters and is in eval mode
def frozen_train_mode(model):
    return model.eval()
