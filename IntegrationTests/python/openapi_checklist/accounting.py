"""Accounts for each operation of the OpenAPI SDK: driven by a check, or refused by its name."""

import inspect

from checklist.harness import PROJECT, check, expect

from .harness import STORE, answer, call, called, client, operations, refused

# Those that no check drives, for a reason; all others that no check drives must be refused by name.
NOT_DRIVEN = {}

PATH = {"project": PROJECT, "logstore": STORE, "log_store": STORE, "shard": "0"}


@check
def a_logstore_and_a_project_are_deleted():
    call("delete_log_store", PROJECT, STORE)
    call("delete_project", PROJECT)
    refused("ProjectNotExist", 404, lambda: call("get_project", PROJECT))


@check
def every_operation_is_driven_or_refused_by_name():
    wrong = []
    for operation in sorted(set(operations()) - called - NOT_DRIVEN.keys()):
        parameters = inspect.signature(getattr(client, f"{operation}_with_options")).parameters.values()
        path = [PATH.get(p.name, "x") for p in parameters if str(p.annotation).strip("'") == "str"]
        try:
            message = refused("NotSupported", 400, lambda: answer(operation, *path))
            if "not emulated by fake-sls" not in message:
                raise AssertionError(message)
        except Exception as error:  # all mistakes at once
            wrong.append(f"{operation}: {type(error).__name__}: {error}")
    expect(wrong, [])
    expect(sorted(called & NOT_DRIVEN.keys()), [])
