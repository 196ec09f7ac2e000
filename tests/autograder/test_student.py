"""The handle that checks hold, and the workspace that runs the student's code."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import time
import warnings
from textwrap import dedent

import numpy as np
import pytest
import torch
from torch import nn

from autograder.architectures import fresh_model
from autograder.student import (
    BadReply,
    CodeError,
    MissingFunction,
    NotAttempted,
    Student,
    StudentError,
    StudentTimeout,
    parameters_of,
)
from autograder.wire import Loader, ModelState, Opaque, WireError, decode, pack, split
from autograder.workspace import Workspace, quiet, settings_kept

needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs SIGALRM")


def student_of(source: str, seconds: float = 20.0, **named) -> Student:
    source = dedent(source)
    try:
        names = parameters_of(source)
    except SyntaxError:
        names = {}
    return Student(Workspace(source, **named), seconds, names)


def loaded(source: str, name: str = "f", **named) -> Student:
    student = student_of(source, **named)
    student.load(name)
    return student


def test_a_call_gives_a_decoded_value_and_says_what_it_did():
    student = loaded("def f(a, b, *, c=0):\n    print('hello')\n    a.append(b + c)\n    return a")
    mine = [1]
    assert student.call("f", mine, 2, c=3) == [1, 5]
    assert mine == [1]
    assert student.last.args == ([1, 5], 2) and student.last.kwargs == {"c": 3}
    assert student.last.changed == ["a"] and student.last.returned_argument == 0
    assert student.last.output == "hello\n"


def test_a_returned_copy_is_not_the_argument():
    student = loaded("def f(a):\n    return list(a)")
    student.call("f", [1])
    assert student.last.returned_argument is None and student.last.changed == []
    student.call("f", a=[1])
    assert student.last.changed == []


@pytest.mark.parametrize(
    ("line", "enabled"),
    [
        ("torch.set_grad_enabled(False)", False),
        ("kept.append(torch.no_grad()); kept[0].__enter__()", False),
        ("torch.zeros(1)", True),
    ],
)
def test_gradients_that_stay_switched_off_are_noted_and_put_back(line, enabled):
    student = loaded(
        f"import torch\ntorch.set_grad_enabled(False)\nkept = []\ndef f(on):\n    if on: {line}\n    return 1"
    )
    assert student.call("f", True) == 1 and student.last.grad_enabled is enabled
    assert torch.is_grad_enabled()
    student.call("f", False)
    assert student.last.grad_enabled is True


def test_inference_mode_that_stays_on_is_noted():
    source = """
        import torch
        kept = torch.inference_mode()
        def f(enter):
            kept.__enter__() if enter else kept.__exit__(None, None, None)
    """
    student = loaded(source)
    student.call("f", True)
    assert student.last.grad_enabled is False
    student.call("f", False)
    assert student.last.grad_enabled is True
    assert not torch.is_inference_mode_enabled()


def test_small_values_are_never_taken_for_the_argument_itself():
    student = loaded("def f(a):\n    return 1")
    student.call("f", 1)
    assert student.last.returned_argument is None


def test_keyword_arguments_are_named():
    student = loaded("def f(model):\n    model.fc.bias.requires_grad = False\n    return model")
    state = student.call("f", model=fresh_model("tiny_cnn"))
    assert isinstance(state, ModelState) and not state.requires_grad["fc.bias"]
    assert student.last.changed == ["model"] and student.last.returned_argument == "model"


@pytest.mark.parametrize(
    "change",
    [
        "model.fc.bias.requires_grad = False",
        "model.bn1.eval()",
        "model.bn1.running_mean += 1",
        "model.conv1.weight.data += 1",
        "model.fc = torch.nn.Linear(128, 10)",
    ],
)
def test_every_kind_of_change_to_a_model_is_seen(change):
    student = loaded(f"import torch\ndef f(model):\n    {change}")
    student.call("f", fresh_model("tiny_cnn"))
    assert student.last.changed == ["model"]


def test_an_untouched_model_is_unchanged():
    student = loaded("def f(model, loader):\n    return sum(len(x) for x, in loader)")
    assert student.call("f", fresh_model("tiny_cnn"), Loader((torch.rand(5, 2),), batch_size=2)) == 5
    assert student.last.changed == []


def test_the_arguments_of_calls_are_fresh_each_time():
    student = loaded("def f(a):\n    a.append(1)\n    return len(a)")
    mine = []
    assert [student.call("f", mine) for _ in range(3)] == [1, 1, 1]


def test_objects_stay_on_the_students_side():
    student = loaded(
        """
        class Stopper:
            def __init__(self, patience): self.patience, self.bad = patience, 0
            def step(self, loss, model):
                self.kept = {k: v.clone() for k, v in model.state_dict().items()}
                self.bad += 1
                return self.bad >= self.patience
            def restore(self, model): model.load_state_dict(self.kept)
        def f(start):
            return lambda x: x + start
        def use(stopper): return stopper.bad
        """
    )
    stopper = student.new("Stopper", 2)
    first = fresh_model("tiny_cnn", seed=1)
    assert stopper.call("step", 1.0, first) is False
    assert stopper.call("step", 1.0, first) is True
    assert stopper.get("bad") == 2
    stopper.call("restore", fresh_model("tiny_cnn", seed=2))
    assert torch.equal(student.last.args[0].state_dict["fc.weight"], first.fc.weight)
    assert student.last.changed == ["model"]
    assert student.call("use", stopper) == 2 and student.last.changed == []
    assert student.call("use", stopper=stopper) == 2 and student.last.changed == []
    add = student.new("f", 10)
    assert student.call_remote(add, 5) == 15
    with pytest.raises(StudentError, match="AttributeError"):
        stopper.call("jump")


def test_a_kept_model_is_the_same_object_in_every_call():
    student = loaded(
        """
        class Keeper:
            def step(self, model): self.model, self.state = model, model.state_dict()
            def same(self, model): return self.model is model
            def weight(self): return self.state["fc.weight"]
        def f(): pass
        """
    )
    keeper, model, other = (
        student.new("Keeper"),
        fresh_model("tiny_cnn", seed=1),
        fresh_model("tiny_cnn", seed=2),
    )
    kept = student.keep(model)
    keeper.call("step", kept)
    assert keeper.call("same", kept) is True and keeper.call("same", model) is False
    kept.call("load_state_dict", other.state_dict())
    assert torch.equal(kept.call("state_dict")["fc.weight"], other.fc.weight)
    assert torch.equal(keeper.call("weight"), other.fc.weight), (
        "a reference follows what happens to the model"
    )


def test_what_cannot_travel_arrives_opaque():
    student = loaded("def f():\n    return {'a': {1, 2}, 'b': object}")
    back = student.call("f")
    assert isinstance(back["a"], Opaque) and back["a"].type_name == "set"


def test_exceptions_name_the_students_own_line():
    student = loaded("import torch\ndef g(x):\n    return x @ x\n\ndef f(y):\n    # comment\n    return g(y)")
    with pytest.raises(StudentError) as caught:
        student.call("f", torch.rand(2, 3))
    assert caught.value.kind == "RuntimeError" and "Exception" in caught.value.kinds
    assert (caught.value.lineno, caught.value.line) == (3, "return x @ x")
    assert str(caught.value).startswith("your code raised RuntimeError: ")
    assert str(caught.value).endswith("(line 3: `return x @ x`)")
    assert student.last is None


class Words(str):
    pass


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise ValueError", "your code raised ValueError (line 2: `raise ValueError`)"),
        ("raise SystemExit(3)", "called exit(): a function returns its result instead"),
        ("import sys; sys.exit()", "called exit()"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("return f(x)", "RecursionError: maximum recursion depth exceeded"),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})", "your code raised Odd (line"),
        (
            "import sys; raise type('Odd', (Exception,), {'__str__': lambda self: sys.exit()})",
            "your code raised Odd",
        ),
        ("raise ValueError('x' * 10_000)", "…"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines (line"),
        ("assert x == 5", "your code raised AssertionError (line 2: `assert x == 5`)"),
        ("raise BaseException('all')", "BaseException: all"),
        ("return 'x' * 2_000_000", "returned something too large to look at: it holds a text of more than"),
        ("import torch; return torch.zeros(1).new_empty(0).expand(0).mean().item() + nothing", "NameError"),
    ],
)
def test_whatever_is_raised_becomes_one_clear_sentence(body, words):
    student = loaded(f"def f(x=1):\n    {body}")
    with pytest.raises(StudentError) as caught:
        student.call("f", 1)
    assert words in str(caught.value) and len(str(caught.value)) < 700 and "\n" not in str(caught.value)


def test_only_the_students_own_not_implemented_counts_as_not_attempted():
    student = loaded(
        "from torch import nn\ndef f(x):\n    raise NotImplementedError\ndef g(x):\n    return nn.Module()(x)"
    )
    with pytest.raises(NotAttempted, match="line 3"):
        student.call("f", 1)
    with pytest.raises(StudentError, match=r"NotImplementedError: .*forward"):
        student.call("g", 1)


def test_missing_functions_name_the_nearest():
    student = student_of("def freeze_all(model): pass\nfreezer = 3")
    with pytest.raises(MissingFunction, match="no function `freeze_al`; your code defines `freeze_all`"):
        student.load("freeze_al")
    with pytest.raises(MissingFunction, match="`freezer` is 3, not a function"):
        student.load("freezer")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(:\n    pass", "SyntaxError: invalid syntax (line 1: `def f(:`)"),
        (
            "import nowhere_to_be_found\ndef f(): pass",
            "ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        ("x = [1][5]\ndef f(): pass", "IndexError: list index out of range (line 1: `x = [1][5]`)"),
        ("import sys\nsys.exit(1)", "called exit()"),
        ("def f():\n\treturn 1\n        return 2", "TabError"),
        ("raise NotImplementedError\ndef f(): pass", "NotImplementedError"),
    ],
)
def test_code_that_does_not_load(source, words):
    with pytest.raises(CodeError) as caught:
        loaded(source)
    assert words in str(caught.value)


def test_code_runs_once_however_often_it_is_loaded():
    student = loaded("import itertools\ncount = itertools.count()\nnext(count)\ndef f(): return next(count)")
    student.load("f")
    assert student.call("f") == 1


def test_earlier_cells_run_first_and_may_fail():
    student = loaded(
        "def f(): return np.pi + ONE", prelude=["import numpy as np", "import nowhere", "ONE = 1"]
    )
    assert student.call("f") == pytest.approx(np.pi + 1)


@needs_alarm
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "while True:\n        try:\n            pass\n        except Exception:\n            pass",
        "while True:\n        try:\n            x = 1\n        except:\n            pass",
        "while True:\n        try: x = 1\n        except: continue\n        finally: x = 2",
        "import threading; threading.Event().wait()",
        "return g()\n\ndef g():\n    while True:\n        try: x = 1\n        except BaseException: x = 2",
    ],
)
def test_endless_code_is_stopped(body):
    student = loaded(f"def f():\n    {body}")
    student.seconds = 0.3
    started = time.monotonic()
    with pytest.raises(StudentTimeout, match=r"did not finish within 0.3 seconds"):
        student.call("f")
    assert time.monotonic() - started < 30
    assert sys.gettrace() is None or "pytest" in repr(sys.gettrace()) or "cov" in repr(sys.gettrace())
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@needs_alarm
def test_endless_code_while_loading_is_stopped():
    with pytest.raises(StudentTimeout):
        loaded("while True: pass", seconds=0.3)


@needs_alarm
def test_an_endless_repr_is_stopped():
    student = loaded("class A:\n    def __repr__(self):\n        while True: pass\ndef f(): return A()")
    student.seconds = 0.3
    with pytest.raises(StudentTimeout):
        student.call("f")


@needs_alarm
def test_an_endless_message_of_an_exception_is_stopped(monkeypatch):
    monkeypatch.setattr("autograder.workspace._DESCRIBING", 0.2)
    source = """
        class Odd(Exception):
            def __str__(self):
                while True:
                    try: pass
                    except: pass
        def f(): raise Odd
    """
    with pytest.raises(StudentError, match=r"your code raised Odd$"):
        loaded(source).call("f")


@needs_alarm
def test_the_alarm_of_others_is_put_back():
    def other(signum, frame):
        raise AssertionError

    before = signal.signal(signal.SIGALRM, other)
    try:
        loaded("def f(): return 1").call("f")
        assert signal.getsignal(signal.SIGALRM) is other
    finally:
        signal.signal(signal.SIGALRM, before)


def test_calls_work_outside_the_main_thread():
    got = []
    thread = threading.Thread(target=lambda: got.append(loaded("def f(): return 7").call("f")))
    thread.start()
    thread.join()
    assert got == [7]


def test_a_real_interrupt_is_not_the_students_exception():
    student = loaded(
        "import os, signal\ndef f():\n    os.kill(os.getpid(), signal.SIGINT)\n    while True: pass"
    )
    with pytest.raises(KeyboardInterrupt):
        student.call("f")


def test_nothing_reaches_the_screen(capfd):
    old_out, old_err = sys.stdout, sys.stderr
    source = """
        import logging, os, sys, warnings
        import torch
        from sys import stderr
        print("loading")
        def f():
            print("one"); print("two", file=sys.stderr); print("three", file=stderr)
            os.system("echo four; echo five >&2")
            os.write(1, b"six"); os.write(2, b"seven")
            warnings.warn("eight")
            logging.getLogger("student").error("nine")
            sys.stdout.flush()
            return 1
    """
    handler = logging.StreamHandler(sys.stderr)
    logging.getLogger("student").addHandler(handler)
    try:
        student = loaded(source)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert student.call("f") == 1
    finally:
        logging.getLogger("student").removeHandler(handler)
    assert student.last.output == "one\n"
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert sys.stdout is old_out and sys.stderr is old_err
    print("heard")
    os.write(1, b"again\n")
    assert capfd.readouterr().out.split() == ["heard", "again"]


def test_output_is_capped():
    student = loaded("def f():\n    for _ in range(1000):\n        print('x' * 1000)")
    student.call("f")
    assert len(student.last.output) == 10_000


def test_quiet_survives_a_replaced_stdout():
    before = sys.stdout
    student = loaded(
        "import os, sys\ndef f():\n    sys.stdout = None\n    sys.stderr = open(os.devnull, 'w')\n    return 2"
    )
    assert student.call("f") == 2
    assert sys.stdout is before
    with quiet():
        print("nothing")


def state_of_everything():
    return (
        torch.random.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),
        random.getstate(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        str(torch.get_default_device()),
    )


def test_the_graders_settings_and_random_numbers_are_kept():
    student = loaded(
        """
        import random, numpy as np, torch
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        def f():
            torch.manual_seed(5); np.random.seed(5); random.seed(5)
            torch.set_grad_enabled(False)
            torch.set_default_dtype(torch.float64)
            torch.use_deterministic_algorithms(True)
            torch.set_default_device("meta")
            return 1
        def grad(): return torch.is_grad_enabled()
        def dtype(): return str(torch.zeros(1).dtype)
        """
    )
    before = state_of_everything()
    student.call("f")
    assert state_of_everything() == before
    assert not torch.are_deterministic_algorithms_enabled()
    assert student.call("grad") is True and student.call("dtype") == "torch.float32"


def test_checks_see_gradients_even_where_the_notebook_switched_them_off():
    with torch.no_grad(), settings_kept():
        assert torch.is_grad_enabled()


def test_random_numbers_of_a_call_are_always_the_same():
    source = """
        import random, numpy, torch
        def f(): return [torch.rand(1).item(), numpy.random.rand(), random.random()]
    """
    first, second = loaded(source), loaded(source)
    torch.manual_seed(123)
    one = first.call("f")
    torch.manual_seed(456)
    assert one == second.call("f") == second.call("f")


def test_a_check_that_passes_something_odd_is_told_so():
    student = loaded("def f(x): return x")
    with pytest.raises(WireError, match="to `f` what no student can receive: set"):
        student.call("f", [{1, 2}])
    with pytest.raises(WireError, match="a model of unknown architecture"):
        student.call("f", {"options": nn.Linear(1, 2)})


def test_a_side_that_lies_gives_bad_replies():
    class Liar:
        def __init__(self, reply):
            self.reply = reply

        def request(self, block, seconds):
            return self.reply

    for reply in (
        b"", b"12345678", pack(3), pack([]), pack({}), pack({"args": 1, "kwargs": {}}),
        pack({"problem": 5}), pack({"args": [], "kwargs": []}),
    ):  # fmt: skip
        with pytest.raises(BadReply):
            Student(Liar(reply)).call("f", 1)
    lie = {"value": None, "args": [1], "kwargs": {}, "returned_argument": 7, "output": 5}
    student = Student(Liar(pack(lie)))
    assert student.call("f", 1) is None
    assert student.last.returned_argument is None and student.last.output == ""
    # Only False itself says that gradients are off; a reply without the entry, or with another, does not.
    assert student.last.grad_enabled is True
    for said, enabled in ((False, False), (True, True), (0, True), (None, True), ("no", True)):
        student = Student(Liar(pack({**lie, "grad_enabled": said})))
        student.call("f", 1)
        assert student.last.grad_enabled is enabled


def test_requests_are_plain_packed_values_that_another_process_could_answer():
    workspace = Workspace("def f(x): return x + 1")
    ask = pack({"op": "call", "name": "f", "args": [1], "kwargs": {}})
    workspace.request(pack({"op": "load", "name": "f", "args": [], "kwargs": {}}), 5)
    assert decode(split(workspace.request(ask, 5)))["value"] == 2


def test_parameters_of():
    source = "def f(a, /, b, *, c): pass\nclass A:\n    def step(self, loss): pass"
    assert parameters_of(source) == {"f": ["a", "b"], "step": ["loss"]}
