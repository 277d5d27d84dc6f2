"""Checks newer-than-upstream.json against the descriptors of the PyPI package xds-protos, which follows upstream closely.

Run it when the list changes, in an environment that has that package:

    python3 -m venv /tmp/xds-protos && /tmp/xds-protos/bin/pip install xds-protos
    /tmp/xds-protos/bin/python proto/scripts/newer-than-upstream.py

Prints one line per entry and exits 1 if any differs.
"""

import importlib
import json
import pathlib
import pkgutil
import sys

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor

LIST = pathlib.Path(__file__).resolve().parent.parent / "newer-than-upstream.json"
SCALARS = {
    value: name.removeprefix("TYPE_").lower()
    for name, value in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


def message(full_name):
    """The descriptor of a message; a descriptor is known once the module of its file is imported."""
    package = full_name.rpartition(".")[0]
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if module.name.endswith("_pb2"):
            importlib.import_module(f"{package}.{module.name}")
    return descriptor_pool.Default().FindMessageTypeByName(full_name)


def difference(entry):
    """What upstream says other than the entry, or None."""
    owner, _, name = entry["field"].rpartition(".")
    try:
        field = message(owner).fields_by_name.get(name)
    except (KeyError, ModuleNotFoundError) as error:
        return str(error)
    if field is None:
        return "upstream has no such field"
    named = field.message_type or field.enum_type
    found = {
        "field": entry["field"],
        "number": field.number,
        "type": named.full_name if named else SCALARS[field.type],
        "repeated": field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED,
    }
    return None if found == entry else f"upstream has {found}"


def main():
    entries = json.loads(LIST.read_text())
    problems = 0
    for entry in entries:
        problem = difference(entry)
        problems += problem is not None
        print(f"{entry['field']} = {entry['number']}: {problem or 'as upstream'}")
    print(f"{len(entries) - problems} of {len(entries)} entries as upstream")
    return 1 if problems or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
