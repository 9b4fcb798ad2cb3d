"""Drives every call of the service that fake-sls has through the official SDK and checks what the SDK makes of the answers.

Prints one line per check, `ok` or `FAILED` first, and ends with 1 if one failed. Makes and removes a project of its own.
"""

# Each of these defines checks, which run in this order: later ones find what earlier ones left.
from checklist import stores, logs, shards, groups, documents, jobs, copies, refused, ending, accounting  # noqa: F401
from checklist.harness import run

if __name__ == "__main__":
    run()
