"""What travels between checks and students: exactly, in plain data, within limits."""

from __future__ import annotations

import collections
import contextlib
import json
import math
import random
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import get_model
from torchvision.models.vgg import VGG
from torchvision.models.vision_transformer import VisionTransformer

import autograder.wire as wire
from autograder.architectures import (
    SMALL,
    build,
    copied,
    fresh_model,
    outline,
    shared_parameters,
    structure_of,
    tag_of,
)
from autograder.wire import (
    Limits,
    Loader,
    ModelState,
    Opaque,
    Reference,
    StructureChanged,
    WireError,
    decode,
    pack,
    split,
)
from headstart.names import UnknownName


def through(value, live=False, limits=wire.DEFAULT_LIMITS):
    return decode(split(pack(value, limits), limits), live=live, limits=limits)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        2**53,
        -(2**200),
        0.1,
        -0.0,
        1e300,
        "",
        "héllo\n\x00",
        [],
        (),
        {},
        [1, (2, [3.5])],
    ],
    ids=repr,
)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    back = through(value)
    assert back == value and type(back) is type(value)


def test_special_floats():
    assert math.isnan(through(math.nan))
    assert through([math.inf, -math.inf]) == [math.inf, -math.inf]
    assert math.copysign(1, through(-0.0)) == -1


def test_dicts_keep_order_and_keys_of_any_plain_type():
    value = {"b": 1, 2: "two", (1, "x"): None, 0.5: [True]}
    assert through(value) == value
    assert list(through(value)) == list(value)


def test_subclasses_arrive_as_what_they_are_made_of():
    Point = collections.namedtuple("Point", "x y")
    assert through(Point(1, 2)) == (1, 2) and type(through(Point(1, 2))) is tuple
    assert type(through(collections.OrderedDict(a=1))) is dict
    assert type(through(collections.defaultdict(int, a=1))) is dict


class LyingFloat(float):
    def __float__(self):
        return 1.0

    def __repr__(self):
        return "1.0"


class LyingInt(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def test_objects_that_lie_about_their_value_do_not_travel():
    assert through(LyingFloat(0.25)) == 0.25
    back = through(LyingInt(3))
    assert type(back) is int and back != 4


@pytest.mark.parametrize("dtype", list(wire._DTYPES.values()), ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)], ids=str)
def test_tensors_keep_dtype_shape_and_bits(dtype, shape):
    value = torch.testing.make_tensor(shape, dtype=dtype, device="cpu")
    back = through(value)
    assert back.dtype == dtype and back.shape == value.shape
    assert torch.equal(back, value)


def test_tensors_keep_nan_and_requires_grad_and_own_their_memory():
    value = torch.tensor([math.nan, 1.0], requires_grad=True)
    back = through({"a": value, "b": value})
    assert back["a"].requires_grad and back["a"].isnan().tolist() == [True, False]
    with torch.no_grad():
        back["a"][1] = 5
    assert value[1] == 1 and back["b"][1] == 1


def test_tensor_views_travel_as_their_content():
    value = torch.arange(12).reshape(3, 4).T[1:, ::2]
    assert torch.equal(through(value), value)
    assert torch.equal(through(torch.tensor([1 + 2j]).conj()), torch.tensor([1 - 2j]))
    assert torch.equal(through(nn.Parameter(torch.ones(2))).detach(), torch.ones(2))


@pytest.mark.parametrize(
    "value",
    [np.arange(6).reshape(2, 3), np.array(2.5), np.array([], dtype=np.float32), np.array(["cat", "dog"]),
     np.array([True]), np.arange(6, dtype=">i4")[::2], np.arange(4, dtype=np.float16)],
    ids=str,
)  # fmt: skip
def test_arrays(value):
    back = through(value)
    assert isinstance(back, np.ndarray) and back.shape == value.shape
    assert np.array_equal(back, value) and back.dtype.kind == value.dtype.kind
    back.flags.writeable = True


def test_numpy_numbers_stay_numpy_numbers():
    for value in (np.int64(3), np.float32(0.5), np.bool_(True), np.float64(1.5)):
        back = through(value)
        assert type(back) is type(value) and back == value


@pytest.mark.parametrize(
    ("value", "name"),
    [({1, 2}, "set"), (b"x", "bytes"), (zip([1]), "zip"), (object(), "object"),
     (torch.float32, "dtype"), (np.array([object()]), "ndarray"), (torch.eye(2).to_sparse(), "Tensor"),
     (torch.empty(2, device="meta"), "Tensor"), ((i for i in ()), "generator"), ({}.values(), "dict_values")],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_everything_else_arrives_as_its_repr(value, name):
    back = through([value])[0]
    assert isinstance(back, Opaque) and back.type_name == name
    assert through(back) == back


class BadRepr:
    def __repr__(self):
        raise RuntimeError("no")


def test_a_failing_or_endless_repr_is_cut():
    assert through(BadRepr()).repr == "<BadRepr>"
    assert len(through({"x" * 5000}).repr) <= 300


def test_a_list_that_holds_itself_ends_in_an_opaque_part():
    value = []
    value.append(value)
    back = through(value)
    while isinstance(back, list):
        back = back[0]
    assert isinstance(back, Opaque)


@pytest.mark.parametrize(
    "value",
    [torch.zeros(300), list(range(101)), "x" * 201, 2**5000, [np.zeros(200), np.zeros(200)]],
    ids=type,
)
def test_too_large_values_are_refused(value):
    limits = Limits(bytes=1000, items=100, text=200)
    with pytest.raises(WireError):
        pack(value, limits)


@pytest.mark.parametrize("arch", [*sorted(SMALL), "resnet18", "glyphnet", "glyphnet_vgg"])
def test_models_travel_with_weights_flags_and_modes(arch):
    model = fresh_model(arch, seed=3)
    for position, parameter in enumerate(model.parameters()):
        parameter.requires_grad = position % 3 == 0
    for position, module in enumerate(model.modules()):
        module.training = position % 2 == 0
    state = through(model)
    live = through(model, live=True)
    assert isinstance(state, ModelState) and isinstance(live, nn.Module)
    for other in (live, state.rebuild()):
        assert type(other) is type(model)
        assert {n: m.training for n, m in other.named_modules()} == state.training
        assert {n: m.training for n, m in model.named_modules()} == state.training
        assert shared_parameters(other) == shared_parameters(model) == state.shared
        for (name, mine), (_, theirs) in zip(
            model.named_parameters(remove_duplicate=False),
            other.named_parameters(remove_duplicate=False),
            strict=True,
        ):
            assert torch.equal(mine, theirs) and mine.requires_grad == theirs.requires_grad, name
            assert mine.data_ptr() != theirs.data_ptr()
            assert state.requires_grad[name] == mine.requires_grad
    images = torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(model.eval()(images), live.eval()(images))


def test_shared_parameters_are_listed_under_each_name():
    state = through(fresh_model("shared_weights"))
    assert state.shared == [["mix_in.weight", "mix_out.weight"]]
    assert {"mix_in.weight", "mix_out.weight"} <= state.requires_grad.keys()


def test_a_changed_structure_is_seen():
    model = fresh_model("tiny_cnn")
    model.fc = nn.Linear(128, 3)
    state = through(model)
    assert state.arch is None and state.module_types["fc"] == "Linear"
    with pytest.raises(StructureChanged, match="layers were changed"):
        state.rebuild()
    with pytest.raises(StructureChanged, match="not those of nested_fc"):
        state.rebuild("nested_fc")
    rebuilt = state.rebuild("tiny_cnn", num_classes=3)
    assert torch.equal(rebuilt.fc.weight, model.fc.weight)


@pytest.mark.parametrize("arch", ["vgg_tiny", "mobilenet_v3_small"])
def test_a_child_with_a_dot_in_its_name_is_a_changed_structure(arch):
    model = fresh_model(arch)
    last = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]
    before = structure_of(model)
    # As many outputs as before: the names and shapes of tensors are those of the real layer, which it hides.
    setattr(model, last, nn.Linear(model.get_submodule(last).in_features, 10))
    assert model._modules[last] is not model.get_submodule(last)
    assert structure_of(model)[1] == before[1] and structure_of(model) != before
    state = through(model)
    assert state.arch is None and state.module_types[f"['{last}']"] == "Linear"
    with pytest.raises(StructureChanged):
        state.rebuild(arch)


def test_a_dotted_child_deeper_down_is_listed_under_its_parent():
    model = fresh_model("nested_fc")
    model.encoder.add_module("drop", None)
    setattr(model.encoder, "a.b", nn.Identity())
    model.encoder._modules["c.d"] = None
    names = [name for name, _ in structure_of(model)[0]]
    assert "encoder['a.b']" in names and "encoder['c.d']" not in names


def test_a_tie_that_was_cut_is_a_changed_structure():
    model = fresh_model("shared_weights")
    model.mix_out.weight = nn.Parameter(model.mix_out.weight.detach().clone())
    assert through(model).arch is None


def test_a_deep_copy_is_still_the_known_architecture():
    import copy

    assert tag_of(copy.deepcopy(fresh_model("tiny_cnn"))).name == "tiny_cnn"


@pytest.mark.parametrize("arch", ["shared_weights", "resnet18", "googlenet", "swin_t"])
def test_a_copy_is_what_deepcopy_makes(arch):
    import copy

    model = outline(arch)
    one, other = copied(model, lambda name, tensor: tensor.detach().clone()), copy.deepcopy(model)
    for (name, mine), (_, theirs) in zip(one.named_modules(), other.named_modules(), strict=True):
        original = model.get_submodule(name)
        assert mine is not original and type(mine) is type(original)
        assert mine.__dict__.keys() == theirs.__dict__.keys()
        for key, value in theirs.__dict__.items():
            assert type(mine.__dict__[key]) is type(value)
            assert repr(mine.__dict__[key]) == repr(value)
            if isinstance(value, dict | list | set):
                assert mine.__dict__[key] is not original.__dict__[key]
    assert tag_of(one) == tag_of(model)
    assert shared_parameters(one) == shared_parameters(model)


def test_a_rebuilt_model_has_tensors_of_its_own():
    state = through(fresh_model("tiny_cnn"))
    kept = {name: tensor.clone() for name, tensor in state.state_dict.items()}
    model = state.rebuild()
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.fill_(7)
    assert all(torch.equal(kept[name], tensor) for name, tensor in state.state_dict.items())


def test_what_arrives_can_be_written_to_and_shares_nothing():
    first = torch.arange(3.0)
    one, other = through([first, first])
    one += 1
    assert first.tolist() == other.tolist() == [0.0, 1.0, 2.0]


def test_a_models_options_travel():
    model = fresh_model("glyphnet", weights="DEFAULT")
    state = through(model)
    assert state.num_classes == 43 and "weights" not in state.options
    assert torch.equal(state.rebuild().fc.weight, model.fc.weight)


def test_fresh_models_are_copies_drawn_from_their_seed():
    before = torch.random.get_rng_state()
    one, again, other = fresh_model("tiny_cnn"), fresh_model("tiny_cnn"), fresh_model("tiny_cnn", seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert one is not again and torch.equal(one.fc.weight, again.fc.weight)
    assert not torch.equal(one.fc.weight, other.fc.weight)
    assert one.training and fresh_model("nested_fc", num_classes=3).fc.out_features == 3


def test_unknown_architectures_get_the_nearest_name():
    with pytest.raises(UnknownName, match="resnet18"):
        fresh_model("resnet-18")
    with pytest.raises(ValueError, match="num_classes"):
        build("tiny_cnn", num_classes=0)


@pytest.mark.parametrize("shuffle", [False, True])
def test_loaders(shuffle):
    images, labels = torch.rand(10, 3, 8, 8), torch.arange(10)
    sent = Loader((images, labels), batch_size=4, shuffle=shuffle, drop_last=True)
    live = through(sent, live=True)
    assert isinstance(live, DataLoader) and len(live) == 2
    back = through(live)
    assert isinstance(back, Loader) and (back.batch_size, back.shuffle, back.drop_last) == (4, shuffle, True)
    assert torch.equal(back.tensors[0], images) and torch.equal(back.tensors[1], labels)


def test_other_loaders_are_opaque_and_bad_ones_refused():
    class Own(TensorDataset):
        pass

    assert isinstance(through(DataLoader(Own(torch.rand(3)))), Opaque)
    with pytest.raises(WireError, match="common length"):
        Loader((torch.rand(3), torch.rand(4)))
    with pytest.raises(WireError, match="batch_size"):
        Loader((torch.rand(3),), batch_size=0)


def test_references_travel():
    assert through(Reference(3)) == Reference(3)


def forged(tree, *buffers):
    header = json.dumps([tree, [len(buffer) for buffer in buffers]]).encode()
    return struct.pack("<Q", len(header)) + header + b"".join(buffers)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"12345678",
        struct.pack("<Q", 1 << 60) + b"[]",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 3) + b"nul",
        forged({"t": "nonsense"}),
        forged({"t": ["list"]}),
        forged({"t": "list"}),
        forged([1, 2]),
        forged({"t": "dict", "v": [[{"t": "list", "v": []}, 1]]}),
        forged({"t": "dict", "v": [[1]]}),
        forged({"t": "int", "v": "zz"}),
        forged({"t": "int", "v": "f" * 100_000}),
        forged({"t": "float", "v": "1"}),
        forged({"t": "tensor", "d": "float32", "s": [2], "g": False, "b": 0}, b"123"),
        forged({"t": "tensor", "d": "float32", "s": [-1], "g": False, "b": 0}, b"1234"),
        forged({"t": "tensor", "d": "float32", "s": [1 << 62], "g": False, "b": 0}, b"1234"),
        forged({"t": "tensor", "d": "float32", "s": [1], "g": False, "b": -1}, b"1234"),
        forged({"t": "tensor", "d": "float32", "s": [1], "g": False, "b": True}, b"1234"),
        forged({"t": "tensor", "d": "qint8", "s": [1], "g": False, "b": 0}, b"1"),
        forged({"t": "list", "v": [{"t": "tensor", "d": "uint8", "s": [1], "g": False, "b": 0}] * 2}, b"1"),
        forged({"t": "array", "d": "O", "s": [1], "b": 0}, b"12345678"),
        forged({"t": "array", "d": "no dtype", "s": [1], "b": 0}, b"1"),
        forged({"t": "number", "d": "<f4", "s": [1], "b": 0}, b"1234"),
        forged({"t": "reference", "v": -1}),
        forged({"t": "opaque", "v": "x" * 2000, "n": "x"}),
        forged({"t": "loader", "v": [], "o": [1, False, False]}),
        forged({"t": "loader", "v": [], "o": [1]}),
        forged({"t": "model", "arch": "resnet18", "classes": "many", "options": None}),
        forged({"t": "model"}),
    ],
)
def test_forged_blocks_are_refused_with_a_wire_error(block):
    with pytest.raises(WireError):
        decode(split(block))


def test_deep_nesting_is_refused():
    tree = 1
    for _ in range(200):
        tree = {"t": "list", "v": [tree]}
    with pytest.raises(WireError, match="deeply"):
        decode(split(forged(tree)))


def test_a_lying_model_is_not_built():
    state = through(fresh_model("tiny_cnn"))
    state.arch, state.num_classes = "nested_fc", 10
    with pytest.raises(StructureChanged):
        state.rebuild()
    state.arch, state.num_classes = "tiny_cnn", 10**9
    with pytest.raises(ValueError, match="num_classes"):
        state.rebuild()


def test_random_damage_gives_wire_errors_or_plain_values_and_nothing_else():
    rng = random.Random(0)
    block = pack({"a": [1, 2.5, "x", None], "b": torch.rand(3), "c": (np.arange(3), Opaque("r", "t"))})
    for _ in range(3000):
        damaged = bytearray(block)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        with contextlib.suppress(WireError):
            decode(split(bytes(damaged)))


def test_same_compares_content():
    one, two = wire.encode([torch.tensor([1.0, math.nan])]), wire.encode([torch.tensor([1.0, math.nan])])
    three = wire.encode([torch.tensor([1.0, 2.0])])
    assert wire.same(one.tree, one.buffers, two.tree, two.buffers)
    assert not wire.same(one.tree, one.buffers, three.tree, three.buffers)
    for left, right in (([1], [1.0]), ([True], [1]), ([1], (1,)), ({"a": 1}, {"b": 1}), ([1], [1, 2])):
        a, b = wire.encode(left), wire.encode(right)
        assert not wire.same(a.tree, a.buffers, b.tree, b.buffers)


def test_no_module_of_the_wire_knows_pickle():
    for name in ("wire", "student", "architectures", "judge"):
        source = Path(wire.__file__).with_name(f"{name}.py").read_text()
        assert "import pickle" not in source and "torch.load" not in source and "torch.save" not in source


@pytest.mark.parametrize(("arch", "head"), [("vgg_tiny", "classifier.6"), ("vit_tiny", "heads.head")])
def test_small_members_of_large_families_are_known_to_torchvision(arch, head):
    model = get_model(arch, weights=None)
    assert model.get_submodule(head).out_features == 1000
    assert model.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 1000)
    assert isinstance(model, VGG | VisionTransformer)
    with pytest.raises(ValueError, match=f"there are none for {arch}"):
        get_model(arch, weights="DEFAULT")


def test_a_model_of_the_students_own_can_be_read_as_an_architecture_with_another_head():
    model = get_model("vgg_tiny")
    model.classifier[6] = nn.Linear(32, 5)
    state = through(model)
    assert state.arch is None
    assert state.rebuild("vgg_tiny", 5)(torch.zeros(1, 3, 32, 32)).shape == (1, 5)
    with pytest.raises(StructureChanged):
        state.rebuild("vgg_tiny", 6)
