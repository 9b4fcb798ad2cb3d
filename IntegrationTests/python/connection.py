"""What all scripts here share: where the service is, and a resolver for names that only a test knows.

Set by the environment, as for sls-dispatch: SLS_ENDPOINT, SLS_AK_ID, SLS_AK_KEY, SLS_PROJECT, SLS_LOGSTORE. The SDK itself
takes http_proxy, https_proxy and REQUESTS_CA_BUNDLE.
"""

import os
import socket

from aliyun.log import LogClient

ENDPOINT = os.environ.get("SLS_ENDPOINT", "http://cn-test.log.aliyuncs.com")
ACCESS_KEY_ID = os.environ.get("SLS_AK_ID", "fake-id")
ACCESS_KEY_SECRET = os.environ.get("SLS_AK_KEY", "fake-secret")
PROJECT = os.environ.get("SLS_PROJECT", "demo")
LOGSTORE = os.environ.get("SLS_LOGSTORE", "source")


def resolve_localhost_names():
    """Lets `*.localhost` mean 127.0.0.1, as systemd's resolver does and plain glibc does not."""
    original = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        return original("127.0.0.1" if name and name.endswith(".localhost") else host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


resolve_localhost_names()


def client(endpoint=None, key_id=None, key_secret=None):
    """A client of the SDK; the source is given so that it looks up no address of its own."""
    return LogClient(
        endpoint or ENDPOINT, key_id or ACCESS_KEY_ID, key_secret or ACCESS_KEY_SECRET, source="10.0.0.1"
    )
