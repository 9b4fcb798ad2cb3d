"""Drives every operation of the generated OpenAPI SDK and checks what it makes of the answers; as calls.py does.

SLS_SIGNATURE is v1 (hmac-sha256) or v4. Prints one line per check, and ends with 1 if one failed.
"""

# Each of these defines checks, which run in this order.
from openapi_checklist import stores, gateway, documents, accounting  # noqa: F401
from checklist.harness import run

if __name__ == "__main__":
    run()
