"""TOML files checked into models: a wrong entry is told with its line, and what is allowed in its place."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from webapp.errors import Refusal

Model = TypeVar("Model", bound=BaseModel)


#: What a variable of the environment is called that stands above a value of a file: EKSTERNSTUDIUM_TIME_ZONE or,
#: inside a table, EKSTERNSTUDIUM_LEGAL_BASIS__ADMISSION.
ENVIRONMENT_PREFIX = "EKSTERNSTUDIUM_"


@dataclass(frozen=True)
class TomlFile:
    """A TOML file by its name and text; one that is absent is empty."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path) -> "TomlFile":
        """The file at a path. Raises Refusal when it is not UTF-8."""
        try:
            return cls(path.name, path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path.name, "")
        except UnicodeDecodeError as wrong:
            raise Refusal(f"{path.name} er ikke skrevet i UTF-8. Lagre filen på nytt som UTF-8.") from wrong

    def checked(self, model: type[Model], environment: Mapping[str, str]) -> Model:
        """The file as a model, with the variables of `environment` that bear the prefix above its values.

        Raises Refusal with file, line (or variable), what is wrong and what is allowed.
        """
        data = self._data()
        for variable, value in environment.items():
            if variable.startswith(ENVIRONMENT_PREFIX):
                *tables, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
                reduce(lambda place, table: place.setdefault(table, {}), tables, data)[key] = value
        try:
            return model.model_validate(data)
        except ValidationError as wrong:
            error = wrong.errors()[0]
            variable = ENVIRONMENT_PREFIX + "__".join(str(part) for part in error["loc"]).upper()
            place = variable if variable in environment else self.place_of(error["loc"])
            raise Refusal(f"{place}: {_sentence(model, error)}") from wrong

    def tables(self, name: str, choose: Callable[[Mapping[str, Any]], type[Model]]) -> tuple[Model, ...]:
        """The tables of an array, each as the model that `choose` finds for it. Raises Refusal as `checked`."""
        checked = []
        for position, table in enumerate(self._data().get(name, ())):
            model = choose(table)
            try:
                checked.append(model.model_validate(table))
            except ValidationError as wrong:
                error = wrong.errors()[0]
                place = self.place_of((name, position, *error["loc"]))
                raise Refusal(f"{place}: {_sentence(model, error)}") from wrong
        return tuple(checked)

    def place_of(self, where: tuple[int | str, ...]) -> str:
        """File and line that set the last name of `where`, or else of the head of its table: tomllib keeps no
        positions."""
        lines = self.text.splitlines()
        *above, key = where
        while above and isinstance(key, int):
            *above, key = above
        begin, end, path = 0, len(lines), list[str]()
        for place, part in enumerate(above):
            if isinstance(part, str):
                path.append(part)
                nth = above[place + 1] if place + 1 < len(above) else 0
                heads = [n for n in range(begin, end) if _head_of(lines[n]) == ".".join(path)]
                if isinstance(nth, int) and nth < len(heads):
                    begin, end = heads[nth], heads[nth + 1] if nth + 1 < len(heads) else end
        sets = re.compile(rf'\s*"?{re.escape(str(key))}"?\s*=')
        return f"{self.name}, linje {next((n for n in range(begin, end) if sets.match(lines[n])), begin) + 1}"

    def _data(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as wrong:
            told = re.search(r"line (\d+)", str(wrong))
            line = told.group(1) if told else self.text.count("\n") + 1
            raise Refusal(
                f"{self.name}, linje {line}: dette er ikke gyldig TOML ({wrong}). "
                'Skriv navn = verdi, med tekst i "anførselstegn".'
            ) from wrong


def _sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    where = error["loc"]
    field = next(str(part) for part in reversed(where) if isinstance(part, str))
    owner, allowed = _allowed(model, where)
    if error["type"] == "missing":
        return f"«{field}» mangler. Tillatt: {allowed}."
    if error["type"] == "extra_forbidden":
        return f"«{field}» er ikke kjent. Tillatt: {', '.join(owner.model_fields)}."
    if _is_secret(owner, field) or isinstance(error["input"], dict):  # a table may hold one
        return f"«{field}» kan ikke være det som står der. Tillatt: {allowed}."
    return f"«{field}» kan ikke være {error['input']!r}. Tillatt: {allowed}."


def _head_of(line: str) -> str | None:
    """The name in the head of a table, None for any other line."""
    found = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
    return re.sub(r"\s*\.\s*", ".", found[1]) if found else None


def _is_secret(owner: type[BaseModel], field: str) -> bool:
    """Whether a value may not be shown: a secret, or (repr=False) one that may hold a secret by mistake."""
    info = owner.model_fields.get(field)
    return info is None or not info.repr or SecretStr in (info.annotation, *get_args(info.annotation))


def _allowed(model: type[BaseModel], where: tuple[int | str, ...]) -> tuple[type[BaseModel], str]:
    """The table that holds the last name of `where`, and what is allowed for that name."""
    owner, inner, allowed = model, model, ""
    for part in where:
        if isinstance(part, int):
            continue
        # A table is gone into by the name after it: where there is none, the table itself is meant.
        owner = inner
        field = owner.model_fields.get(part)
        if field is not None:
            allowed = field.description or ""
            inner = next((t for t in (field.annotation, *get_args(field.annotation)) if _is_table(t)), owner)
    return owner, allowed


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
