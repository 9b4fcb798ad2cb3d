"""What the SDK's gateway, as PyPI offers it, makes of PullLogs: the reason why harness.py decodes that answer itself.

When a check here fails because a newer gateway reads log groups, the class in harness.py has had its day.
"""

import json

import lz4.block
from alibabacloud_gateway_sls.client import Client as Gateway
from alibabacloud_gateway_spi import models as spi
from alibabacloud_sls20201230 import client as sls
from darabonba.exceptions import UnretryableException

from checklist.harness import PROJECT, check, expect

from .harness import STORE, answer, make_client
from .stores import begin

# A log group list of one log, written by hand: Logs (1) of a LogGroup (1) with Time (1) 1700000000 and Contents (2)
# of Key (1) "k" and Value (2) "v".
LIST_OF_ONE = bytes.fromhex("0a10 0a0e 0880e2cfaa06 1206 0a016b 120176")


def read_by_the_gateway(body):
    """What the gateway makes of an answer to PullLogs in LZ4, as protocol.md 5.3 has it; no server has a part in it."""
    context = spi.InterceptorContext(
        request=spi.InterceptorContextRequest(action="PullLogs", body_type="json"),
        response=spi.InterceptorContextResponse(
            status_code=200, body=lz4.block.compress(body, store_size=False),
            headers={"x-log-compresstype": "lz4", "x-log-bodyrawsize": str(len(body)), "x-log-count": "1"}))
    Gateway().modify_response(context, spi.AttributeMap())
    return context.response.deserialized_body


def fails_on_bytes(action):
    """Whether the action fails where bytes are taken for a text in JSON."""
    try:
        action()
    except (UnicodeDecodeError, json.JSONDecodeError):
        return True
    except UnretryableException as error:  # the client's own, around the one above
        return "codec can't decode" in str(error)
    return False


@check
def the_gateway_alone_reads_a_pull_as_json_and_not_as_log_groups():
    expect(read_by_the_gateway(b'{"a": [1]}'), {"a": [1]})
    expect(fails_on_bytes(lambda: read_by_the_gateway(LIST_OF_ONE)), True)


@check
def the_stock_client_fails_so_where_the_decoding_one_reads_the_same_answer():
    pull = dict(headers={"accept_encoding": "lz4"}, count=1, cursor=begin(0))
    stock = make_client(kind=sls.Client)
    expect(fails_on_bytes(lambda: answer("pull_logs", PROJECT, STORE, "0", via=stock, **pull)), True)
    expect(len(answer("pull_logs", PROJECT, STORE, "0", **pull).body.log_group_list), 1)
