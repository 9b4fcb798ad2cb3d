"""The generated OpenAPI SDK: one way to call any of its operations by name, which notes what was called."""

import inspect
import os

import aliyun_log_fastpb
from alibabacloud_sls20201230 import client as sls
from alibabacloud_sls20201230 import models
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions

import connection
from checklist.harness import PROJECT, expect

# "v1" (hmac-sha256) or "v4".
SIGNATURE = os.environ.get("SLS_SIGNATURE", "v4")
STORE = "app"
called = set()


class Client(sls.Client):
    """The SDK's client, unmodified but for PullLogs. The newest gateway that can be installed (0.4.2: 0.5 wants a version
    of another package that is not to be had) decompresses the answer and then takes it for JSON, which gateway.py shows; here it is decoded
    by the library with which 0.5 does so."""

    def execute(self, params, request, runtime):
        if params.action != "PullLogs":
            return super().execute(params, request, runtime)
        params.body_type = "binary"
        answer = super().execute(params, request, runtime)
        body = answer["body"]  # a stream where it was compressed
        answer["body"] = aliyun_log_fastpb.deserialize_log_group_list(body if isinstance(body, bytes) else body.read())
        return answer


def make_client(key_secret=None, kind=Client):
    scheme, host = connection.ENDPOINT.split("://")
    return kind(Config(
        access_key_id=connection.ACCESS_KEY_ID, access_key_secret=key_secret or connection.ACCESS_KEY_SECRET, endpoint=host,
        region_id="cn-test", protocol=scheme, signature_version=SIGNATURE))


client = make_client()


def operations():
    """The names of all operations of the SDK."""
    suffix = "_with_options"
    return sorted(name[: -len(suffix)] for name in dir(sls.Client) if name.endswith(suffix))


def runtime():
    """The SDK verifies certificates by what it is given, and not by REQUESTS_CA_BUNDLE."""
    return RuntimeOptions(ca=os.environ.get("REQUESTS_CA_BUNDLE"), read_timeout=30000)


def arguments(operation, path, headers, fields):
    """What an operation's method is given: parts of the path in order, a request of these fields, headers, options."""
    path = list(path)
    for parameter in inspect.signature(getattr(client, f"{operation}_with_options")).parameters.values():
        kind = str(parameter.annotation).strip("'")
        if kind == "str":
            yield path.pop(0)
        elif kind == "RuntimeOptions":
            yield runtime()
        elif kind.endswith("Headers"):
            yield getattr(models, kind.split(".")[1])(**headers)
        elif kind.startswith("main_models."):
            yield getattr(models, kind.split(".")[1])(**fields)
        else:
            yield dict(headers)


def answer(operation, *path, headers=(), via=None, **fields):
    """Calls an operation; the whole answer."""
    called.add(operation)
    method = getattr(via or client, f"{operation}_with_options")
    return method(*arguments(operation, path, dict(headers), fields))


def call(operation, *path, **fields):
    """Calls an operation; what it answers as its body, if anything."""
    return getattr(answer(operation, *path, **fields), "body", None)


def refused(code, status, action):
    """The call must fail with this code and status, and with a request id.

    :return: The message.
    """
    try:
        action()
    except UnretryableException as error:
        expect((error.code, error.statusCode), (code, status))
        if not error.data.get("requestId"):
            raise AssertionError("the error has no request id") from error
        return error.message
    raise AssertionError(f"no error, expected {code}")


def in_store(operation, *path, **fields):
    return call(operation, PROJECT, STORE, *path, **fields)
