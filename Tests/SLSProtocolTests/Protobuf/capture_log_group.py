"""Prints what the official Python SDK puts for one log group: raw bytes and LZ4 body, in hexadecimal.

Run it as .venv/bin/python Tests/SLSProtocolTests/Protobuf/capture_log_group.py; Vectors.swift holds what it printed.
"""

from aliyun.log import LogClient, LogItem, PutLogsRequest
from aliyun.log.log_logs_pb2 import LogGroup

sent = {}


def record(method, project, body, resource, params, headers, *rest):
    sent[headers.get("x-log-compresstype", "raw")] = (body, headers["x-log-bodyrawsize"])
    return b"", {"x-log-requestid": "0"}


client = LogClient("cn-hangzhou.log.aliyuncs.com", "testAccessKeyId", "testAccessKeySecret")
client._send = record

logs = [
    LogItem(1709618828, [("method", "GET"), ("uri", "/a?b=c&d"), ("status", "200")], 91291904),
    LogItem(1709618829, [("日志", "值 ✓"), ("k", "first"), ("k", "second"), ("empty", "")], 999999999),
    LogItem(4294967295, [], 123456789),
    LogItem(1, [("message", "x" * 200)], 1),
]
tags = [("__pack_id__", "0A1B2C3D4E5F6071-2A"), ("__path__", "/var/log/nginx/访问.log"), ("empty", "")]
for compress in (False, True):
    client.put_logs(PutLogsRequest("demo", "logs", "ngnix", "192.0.2.1", logs, compress=compress, logtags=tags))

raw, _ = sent["raw"]
assert LogGroup.FromString(raw).Logs[1].Time_ns == 999999999
for name, (body, raw_size) in sent.items():
    print(name, raw_size, body.hex())
