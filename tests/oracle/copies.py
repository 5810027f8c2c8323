"""Copies of something that has begun, for all who go on from there. What never changes is held once for all of them."""

import pickle
from collections.abc import Callable
from io import BytesIO
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Copies(Generic[T]):
    """`is_shared` says of an object whether every copy may hold the same one."""

    def __init__(self, original: T, is_shared: Callable[[object], bool]) -> None:
        self._shared: list[object] = []
        places: dict[int, int] = {}

        def place(one: object) -> int | None:
            if not is_shared(one):
                return None
            if id(one) not in places:
                places[id(one)] = len(self._shared)
                self._shared.append(one)
            return places[id(one)]

        written = BytesIO()
        pickler = pickle.Pickler(written, protocol=pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = place  # type: ignore[method-assign]
        pickler.dump(original)
        self._bytes = written.getvalue()

    def take(self) -> T:
        reader: Any = pickle.Unpickler(BytesIO(self._bytes))
        reader.persistent_load = self._shared.__getitem__
        copy: T = reader.load()
        return copy
