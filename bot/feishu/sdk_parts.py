"""Imports parts of lark-oapi without the sixty services that nobody here calls.

`import lark_oapi` runs its `__init__`, which imports every service of the platform, and so does its long
connection, to name the dispatcher of their events in an annotation: 6 s and 171 MB measured on lark-oapi
1.7.5, against 1 s and 61 MB for the parts that Fennel calls (`bench/transport.py`). Python runs a package's
`__init__` before any of its submodules, so the outer packages and the dispatcher are stood in for while ours
are imported, and taken away again: a later `import lark_oapi` finds the real ones. Where the SDK is loaded
already nothing is stood in for.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_OUTER = {"lark_oapi": "", "lark_oapi.api": "/api"}
"""Package -> where its modules lie."""
_DISPATCHER = "lark_oapi.event.dispatcher_handler"
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def without_the_services() -> Iterator[None]:
    """What is imported of lark_oapi meanwhile brings nothing along that it does not import itself."""
    with _ONE_AT_A_TIME:
        if "lark_oapi" in sys.modules:
            yield
            return
        stand_ins = _stand_ins()
        sys.modules.update(stand_ins)
        try:
            yield
        finally:
            for name in stand_ins:
                sys.modules.pop(name, None)


def _stand_ins() -> dict[str, ModuleType]:
    spec = find_spec("lark_oapi")
    folders = list(spec.submodule_search_locations or []) if spec else []
    made = {name: ModuleType(name) for name in (*_OUTER, _DISPATCHER)}
    for name, folder in _OUTER.items():
        made[name].__path__ = [path + folder for path in folders]
    made[_DISPATCHER].__dict__["EventDispatcherHandler"] = object
    return made
