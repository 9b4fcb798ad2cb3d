"""Credentials, against a fake-sls that lets in nobody but those whose keys it knows (`--auth strict`)."""

from aliyun.log import LogClient, LogException

import connection

UNKNOWN = ("no-such-key", "no-such-secret")


def codes(key, secret, token=None):
    """What the service says to them: "" where it lets them in."""
    client = LogClient(connection.ENDPOINT, key, secret, token, source="10.0.0.1")
    try:
        client.list_project()
    except LogException as error:
        return error.get_error_code(), error.resp_status
    return "", 200


def refreshed():
    """A client whose key is unknown until it asks for another; the SDK does so when it is told `Unauthorized`."""
    asked = []

    def refresher():
        asked.append(True)
        return connection.ACCESS_KEY_ID, connection.ACCESS_KEY_SECRET, None

    client = LogClient(connection.ENDPOINT, *UNKNOWN, source="10.0.0.1")
    client.set_credentials_auto_refresher(refresher)
    client.list_project()
    return len(asked)


def main():
    known = (connection.ACCESS_KEY_ID, connection.ACCESS_KEY_SECRET)
    for actual, expected in (
        (codes(*known), ("", 200)),
        (codes(*known, token="a-token"), ("", 200)),
        (codes(known[0], "wrong"), ("SignatureNotMatch", 401)),
        (codes(*UNKNOWN), ("Unauthorized", 401)),
        (refreshed(), 1),
    ):
        if actual != expected:
            raise SystemExit(f"got {actual!r}, expected {expected!r}")


if __name__ == "__main__":
    main()
