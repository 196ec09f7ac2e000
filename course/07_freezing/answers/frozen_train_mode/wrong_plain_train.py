# Plain train mode: the frozen statistics drift.
# outcome: wrong
# caught_by: frozen_batchnorm_in_eval, frozen_dropout_in_eval, statistics_stand_still, trainable_parts_in_train, only_modes_change
# says: its running statistics will drift
# says: `bn1.running_mean`
# says: as after `model.train()` alone
def frozen_train_mode(model):
    model.train()
    return model
