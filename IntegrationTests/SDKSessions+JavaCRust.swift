import SLSProtocol

extension SDKSessions {
    // MARK: Java (Client.java): refuses a port in its endpoint, so it comes through a proxy: absolute-form; checks x-log-count.

    private static func javaHead(_ method: String, _ target: String, _ more: [String] = []) -> [String] {
        let host = "demo.cn-hangzhou.log.aliyuncs.com"
        return [
            "\(method) http://\(host)\(target) HTTP/1.1", "x-log-apiversion: 0.6.0", "x-log-signaturemethod: hmac-sha1",
        ]
            + more + [
                date, authorization, "User-Agent: aliyun-log-sdk-java-0.6.120/1.8.0", "Host: \(host)",
                "Proxy-Connection: Keep-Alive",
            ]
    }

    private static func javaProtobuf(_ more: [String]) -> [String] {
        ["Content-Type: application/x-protobuf", "Content-Length: {length}"] + more
    }

    private static let javaJSON = [
        "Content-Type: application/json", "Content-Length: {length}", "x-log-bodyrawsize: 0",
    ]

    private static let javaLogs =
        #"{"__topic__":"j","__source__":"s","__logs__":[{"__time__":1709618828,"k":"v"}],"__tags__":{"a":"b"}}"#
    private static let javaPull = "/logstores/source/shards/0?type=log&cursor={begin}&count=10"

    static let java = SDKSession(
        sdk: "Java",
        requests: [
            SDKRequest(
                "GetProject", javaHead("GET", "/", ["Content-Type: application/json", "x-log-bodyrawsize: 0"]),
                .json([#""projectName":"demo""#, #""quota":{"#, #""createTime":""#])),
            SDKRequest(
                "PutLogs",
                javaHead(
                    "POST", "/logstores/source/shards/lb",
                    javaProtobuf(["x-log-bodyrawsize: 79", "x-log-compresstype: lz4"])), body: .whole(lz4)),
            SDKRequest(
                "PutLogs, CompressType.GZIP: a zlib stream",
                javaHead(
                    "POST", "/logstores/source/shards/lb",
                    javaProtobuf(["x-log-bodyrawsize: 79", "x-log-compresstype: gzip"])), body: .whole(zlib)),
            SDKRequest(
                "batchPutLogs: a compression is named that the body has not",
                javaHead(
                    "POST", "/logstores/source/shards/lb",
                    javaProtobuf(["x-log-mode: batch_group", "x-log-bodyrawsize: 71", "x-log-compresstype: lz4"])),
                body: .whole(packages)),
            SDKRequest(
                "putLogs with the JSON serializer",
                javaHead(
                    "POST", "/logstores/source/shards/lb",
                    [
                        "Content-Type: application/json", "Content-Length: {length}",
                        "x-log-bodyrawsize: {length}",
                    ]), body: .json(javaLogs)),
            SDKRequest(
                "PullLogs", javaHead("GET", javaPull, ["Accept: application/x-protobuf", "Accept-Encoding: lz4"]),
                headers: pulled(4).merging(["x-log-cursor-time": "*", "x-log-end-of-cursor": "1"]) { $1 }, .groups(4)),
            SDKRequest(
                "CreateConsumerGroup", javaHead("POST", "/logstores/source/consumergroups", javaJSON),
                body: .json(#"{"consumerGroup":"java","order":false,"timeout":60}"#)),
            SDKRequest(
                "HeartBeat",
                javaHead("POST", "/logstores/source/consumergroups/java?type=heartbeat&consumer=c1", javaJSON),
                body: .json("[]"), .json(["[0]"])),
            SDKRequest(
                "UpdateCheckPoint, unforced",
                javaHead(
                    "POST", "/logstores/source/consumergroups/java?type=checkpoint&consumer=c1&forceSuccess=false",
                    javaJSON), body: .json(#"{"shard":0,"checkpoint":"{cursor}"}"#)),
            SDKRequest(
                "UpdateCheckPoint of another's shard",
                javaHead(
                    "POST", "/logstores/source/consumergroups/java?type=checkpoint&consumer=c2&forceSuccess=false",
                    javaJSON), body: .json(#"{"shard":0,"checkpoint":"{cursor}"}"#), status: 404,
                .error("ConsumerNotExist")),
            SDKRequest(
                "ListConsumerGroup", javaHead("GET", "/logstores/source/consumergroups"), .json([#"[{"name":"java""#])),
        ])

    // MARK: C (log_api.c): no space behind the colon; an answer without x-log-requestid is a failure of the server.

    private static func cHead(_ logstore: String) -> [String] {
        [
            "POST /logstores/\(logstore)/shards/lb HTTP/1.1", "Host: demo.localhost:{port}", "Accept: */*",
            "Content-Type:application/x-protobuf", "x-log-apiversion:0.6.0", "x-log-compresstype:lz4",
            "x-log-signaturemethod:hmac-sha1", "Date:Tue, 05 Mar 2024 06:07:08 GMT", "Content-MD5:\(md5)",
            "Content-Length:{length}", "x-log-bodyrawsize:79", "User-Agent:log-c-lite_0.1.0",
            "Authorization:LOG sdk-key:c2lnbmF0dXJl",
        ]
    }

    static let c = SDKSession(
        sdk: "C",
        requests: [
            SDKRequest("post_logs_from_lz4buf", cHead("source"), body: .whole(lz4), headers: ["x-log-requestid": "*"]),
            SDKRequest(
                "post_logs_from_lz4buf, no such logstore", cHead("none"), body: .whole(lz4), status: 404,
                headers: ["x-log-requestid": "*"], .error("LogStoreNotExist")),
        ])

    // MARK: Rust (client/src): lower-case names; JSON decoders that want each of their fields.

    private static func rustHead(_ line: String, _ more: [String] = [], accept: String = "*/*") -> [String] {
        ["\(line) HTTP/1.1"]
            + [
                "x-log-apiversion: 0.6.0", "x-log-signaturemethod: hmac-sha1", "content-type: application/json",
                "user-agent: aliyun-log-rust-sdk/0.3.0", "date: Tue, 05 Mar 2024 06:07:08 GMT",
                "authorization: LOG sdk-key:c2lnbmF0dXJl",
            ] + more + ["accept: \(accept)", "host: demo.localhost:{port}"]
    }

    private static let rustPull = "/logstores/source/shards/0?type=logs&cursor={begin}&count=10&endCursor={begin}"

    static let rust = SDKSession(
        sdk: "Rust",
        requests: [
            SDKRequest(
                "get_project", rustHead("GET /", ["x-log-bodyrawsize: 0"]),
                .json([#""dataRedundancyType":"#, #""createTime":""#, #""lastModifyTime":""#])),
            SDKRequest(
                "get_logstore", rustHead("GET /logstores/source", ["x-log-bodyrawsize: 0"]),
                .json([#""createTime":1"#, #""lastModifyTime":1"#, #""telemetryType":""#, #""mode":""#])),
            SDKRequest(
                "put_logs",
                [
                    "POST /logstores/source/shards/lb HTTP/1.1", "content-type: application/x-protobuf",
                    "x-log-apiversion: 0.6.0", "x-log-bodyrawsize: 79", "x-log-compresstype: lz4",
                    "content-md5: \(md5)",
                    "x-log-signaturemethod: hmac-sha1", "date: Tue, 05 Mar 2024 06:07:08 GMT",
                    "authorization: LOG sdk-key:c2lnbmF0dXJl", "host: demo.localhost:{port}",
                    "content-length: {length}",
                ], body: .whole(lz4)),
            SDKRequest(
                "pull_logs up to an end: endCursor",
                rustHead("GET \(rustPull)", ["accept-encoding: lz4"], accept: "application/x-protobuf"),
                headers: pulled(0), .exactly([0])),
            SDKRequest(
                "create_consumer_group",
                rustHead(
                    "POST /logstores/source/consumergroups", ["content-length: {length}", "x-log-bodyrawsize: 51"]),
                body: .json(#"{"consumerGroup":"rust","timeout":60,"order":false}"#)),
            SDKRequest(
                "get_consumer_group_checkpoint, nothing saved", rustHead("GET /logstores/source/consumergroups/rust"),
                .json([#""checkpoint":"""#, #""updateTime":0"#, #""consumer":"""#])),
            SDKRequest(
                "get_project that is not there: both fields of the error",
                ["GET / HTTP/1.1", "x-log-apiversion: 0.6.0", "host: none.localhost:{port}"], status: 404,
                .error("ProjectNotExist")),
        ])

    // MARK: loongcollector (SLSClientManager.cpp, FlusherSLS.cpp): an address for a host, the project in a header of its own.

    private static func collectorHead(_ target: String, _ more: [String]) -> [String] {
        [
            "POST \(target) HTTP/1.1", "Host: 10.0.0.7", "Accept: */*", "Authorization: LOG sdk-key:c2lnbmF0dXJl",
            "Content-Type: application/x-protobuf", date, "User-Agent: ilogtail/3.1.0 (Linux) ip/10.0.0.9 env/host",
            "x-log-apiversion: 0.6.0", "x-log-project: demo", "x-log-signaturemethod: hmac-sha1",
        ] + more
    }

    private static func exactlyOnce(_ id: Int) -> [String] {
        collectorHead(
            "/logstores/source/shards/route?key=14D2F850AD6EA48E46E4547EDBBB27E0&seqid=\(id)",
            packed + ["Content-Length: {length}"])
    }

    static let loongcollector = SDKSession(
        sdk: "loongcollector",
        requests: [
            SDKRequest(
                "PostLogStoreLogs", collectorHead("/logstores/source/shards/lb", packed + ["Content-Length: {length}"]),
                body: .whole(lz4), headers: ["x-log-requestid": "*", "Date": "*"]),
            SDKRequest("exactly once: id 1", exactlyOnce(1), body: .whole(lz4), headers: ["x-log-requestid": "*"]),
            SDKRequest(
                "exactly once: id 1 again, which it takes for written", exactlyOnce(1), body: .whole(lz4), status: 400,
                headers: ["x-log-requestid": "*"], .error("InvalidSequenceId")),
            SDKRequest("exactly once: id 2", exactlyOnce(2), body: .whole(lz4)),
            SDKRequest(
                "PostLogStoreLogPackageList",
                collectorHead(
                    "/logstores/source/shards/lb",
                    [
                        "x-log-bodyrawsize: 71", "x-log-compresstype: lz4", "x-log-mode: batch_group",
                        "Content-Length: {length}",
                    ]), body: .whole(packages)),
            SDKRequest(
                "PostLogStoreLogs, anonymous",
                [
                    "POST /logstores/source/shards/lb HTTP/1.1", "Host: demo.cn-hangzhou.log.aliyuncs.com",
                    "Content-Type: application/x-protobuf", date, "x-log-apiversion: 0.6.0",
                    "x-log-keyprovider: md5-sha1-salt", "x-log-bodyrawsize: 79", "x-log-compresstype: lz4",
                    "Content-Length: {length}",
                ], body: .whole(lz4)),
            SDKRequest(
                "nothing of it was lost, and nothing stored twice",
                [
                    "GET /logstores/source/shards/0?type=log&cursor={begin}&count=10 HTTP/1.1",
                    "Host: demo.localhost:{port}",
                    "x-log-apiversion: 0.6.0", "Accept-Encoding: lz4",
                ], headers: pulled(5), .groups(5)),
        ])
}
