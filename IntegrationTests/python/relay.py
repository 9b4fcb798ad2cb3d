"""Carries TCP connections out of a network namespace to this one's loopback.

usage: relay.py NAMESPACE ADDRESS PORT

Listens at ADDRESS inside NAMESPACE, prints the port, and connects each connection to PORT of the loopback interface of
the namespace it was started in: a socket stays where it was made. No SDK is needed.
"""

import ctypes
import os
import socket
import sys
import threading

CLONE_NEWNET = 0x40000000


def enter(descriptor):
    """Lets the calling thread make its sockets in that namespace (setns(2); os.setns came with Python 3.12)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def listen(namespace, address):
    with open("/proc/self/ns/net") as here, open(f"/run/netns/{namespace}") as there:
        enter(there.fileno())
        try:
            return socket.create_server((address, 0))
        finally:
            enter(here.fileno())


def carry(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: so is the other, now.
        source.close()
        target.close()


def main():
    namespace, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    listener = listen(namespace, address)
    print(listener.getsockname()[1], flush=True)
    while True:
        inner, _ = listener.accept()
        outer = socket.create_connection(("127.0.0.1", port))
        for pair in ((inner, outer), (outer, inner)):
            threading.Thread(target=carry, args=pair, daemon=True).start()


main()
