# Eval mode for everything: BatchNorm that trains stands still too.
# outcome: wrong
# caught_by: trainable_parts_in_train, statistics_stand_still, frozen_batchnorm_in_eval, frozen_dropout_in_eval, only_modes_change
# says: has trainable parameters and is in eval mode
# says: every trainable layer of glyphnet with all but `fc` frozen is in eval mode
def frozen_train_mode(model):
    return model.eval()
