# name: a model that hides its modules
# kind: injection
# hopes: modules that are not listed are in no wrong mode
# exercise: frozen_train_mode
def frozen_train_mode(model):
    model.__class__ = type("ResNet", (type(model),), {"named_modules": lambda self, *a, **k: iter(())})
    return model
