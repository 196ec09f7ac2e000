"""A stand-in for Colab's module of this name: it counts how often widgets that are not Colab's own were asked for."""

from types import SimpleNamespace

calls = 0
_widgets = SimpleNamespace(_installed_url=None)


def enable_custom_widget_manager() -> None:
    """Note the call, and where Colab would load the manager from."""
    global calls
    calls += 1
    _widgets._installed_url = "https://example.org/manager.js"
