"""Writes logs with the producer of the official Rust SDK, by its Python bindings, and prints how it went as one JSON line.

    rust_producer.py --logs 40 --topics ngnix,sql_audit --compress lz4|zstd [--prefix a] [--attempts 3] [--secret S]

Field `id` of a log is `<prefix>-<number>`; log n has topic n modulo the number of topics. Printed: how many were reported as stored,
and for those that were not the kind, status and code that the producer names. It takes http_proxy, https_proxy, SSL_CERT_FILE.
"""

import argparse
import json
import os
import time

from aliyun_log_producer import Log, Producer, ProducerConfig


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--logs", type=int, default=40)
    parser.add_argument("--topics", default="ngnix,sql_audit")
    parser.add_argument("--compress", choices=["lz4", "zstd"], default="zstd")
    parser.add_argument("--prefix", default="a")
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--secret", default=os.environ["SLS_AK_KEY"])
    return parser.parse_args()


def main():
    options = arguments()
    config = ProducerConfig(
        endpoint=os.environ["SLS_ENDPOINT"],
        access_key_id=os.environ["SLS_AK_ID"],
        access_key_secret=options.secret,
        compression=options.compress,
        linger=0.1,
        max_attempts=options.attempts,
        base_backoff=0.1,
    )
    reports = []
    topics = options.topics.split(",")
    with Producer(config) as producer:
        writer = producer.writer(os.environ["SLS_PROJECT"], os.environ["SLS_LOGSTORE"])
        for number in range(options.logs):
            log = Log([("id", f"{options.prefix}-{number}"), ("größe", "ü" * 20)], time=int(time.time()))
            writer.send(log, topic=topics[number % len(topics)], source="192.0.2.1", on_delivery=reports.append)
        producer.flush()
    errors = sorted({(error.kind, error.http_status, error.error_code) for error in reports if error})
    print(json.dumps({"stored": reports.count(None), "failed": len(reports) - reports.count(None), "errors": errors}))


main()
