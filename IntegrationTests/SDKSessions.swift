import SLSProtocol

/// Requests written by hand as protocol.md describes them (1.2, 1.3, 1.5, 2.1, 5, 6): header names, their spelling and order, bodies.
/// No SDK made them. Their key is one that nobody knows, which the emulator lets in; the SDKs' own signatures are tested by vectors.
enum SDKSessions {
    static let all = [cpp, go, java, c, rust, loongcollector]

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0 }
    }

    // Made by the official Python SDK 0.9.52, protocol.md 2.6 (V1-b) and 3: one log group, its LZ4 block, and a package list of it.
    static let group = bytes(
        "0a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f25"
            + "000171051a07746f7069632d6122093139322e302e322e31")
    static let lz4 = bytes(
        "ff100a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f00a25000171051a07746f7069632d61220931"
            + "39322e302e322e31")
    static let packages = bytes(
        "0a450a3fff100a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f00a25000171051a07746f7069632d"
            + "6122093139322e302e322e31104f1802")
    /// The group as `zlib.compress` writes it: what Java's `CompressType.GZIP` is.
    static let zlib = bytes(
        "789ce3b2e4e8793b6b3d9b101b1763b6106399900a17736e71ba906c466a4e4ebe020e529581b190558abd24bf203359375189d3d0d248"
            + "cf40cf48cf10008a051616")
    /// What Go sends where LZ4 gains nothing: a block of literals alone.
    private static let literals = [0xf0, 64] + group

    static let md5 = "D65CEFCFAA9605C4FF40E8DE218A72F2"
    static let date = "Date: Tue, 05 Mar 2024 06:07:08 GMT"
    static let authorization = "Authorization: LOG sdk-key:c2lnbmF0dXJl"

    /// What a pull needs in every SDK but the ones that look up fewer.
    static func pulled(_ count: Int) -> [String: String] {
        [
            "x-log-requestid": "*", "x-log-cursor": "*", "x-log-count": "\(count)", "x-log-bodyrawsize": "*",
            "x-log-compresstype": "lz4",
        ]
    }

    // MARK: C++ (client.cpp): looks headers up by their lower-case names; always decompresses; checks JSON types.

    private static func cppHead(_ line: String, _ more: [String] = []) -> [String] {
        [
            "\(line) HTTP/1.1", "Host: demo.127.0.0.1:{port}", "User-Agent: sls-cpp-sdk v0.6.2", "Accept: */*",
            authorization, date, "x-log-apiversion: 0.6.0", "x-log-signaturemethod: hmac-sha1",
        ] + more
    }

    /// Length, chunks and expectation together, on every POST and PUT, also without a body.
    private static func cppPost(_ target: String, _ more: [String] = []) -> [String] {
        cppHead(
            "POST \(target)", more + ["Content-Length: {length}", "Transfer-Encoding: chunked", "Expect: 100-continue"])
    }

    private static let cppGroup = #"{"consumerGroup":"cpp","timeout":60,"order":false}"#
    private static let cppCheckpoint = #"{"checkpoint":"{cursor}","shard":0}"#
    static let packed = [
        "Content-Type: application/x-protobuf", "Content-MD5: \(md5)", "x-log-bodyrawsize: 79",
        "x-log-compresstype: lz4",
    ]

    static let cpp = SDKSession(
        sdk: "C++",
        requests: [
            SDKRequest(
                "GetCursor", cppHead("GET /logstores/source/shards/0?from=begin&type=cursor", ["x-log-bodyrawsize: 0"]),
                headers: ["x-log-requestid": "*"], .json([#"{"cursor":""#])),
            SDKRequest(
                "PullLogs, nothing there",
                cppHead(
                    "GET /logstores/source/shards/0?count=10&cursor={end}&type=log",
                    ["x-log-bodyrawsize: 0", "Accept-Encoding: lz4"]),
                headers: pulled(0).merging(["x-log-bodyrawsize": "0"]) { $1 }, .exactly([0])),
            SDKRequest(
                "PostLogStoreLogs", cppPost("/logstores/source", packed), body: .chunked(lz4),
                headers: ["x-log-requestid": "*"]),
            SDKRequest(
                "PostLogStoreLogs by key",
                cppPost("/logstores/source/shards/route?key=14d2f850ad6ea48e46e4547edbbb27e0", packed),
                body: .chunked(lz4), headers: ["x-log-requestid": "*"]),
            SDKRequest(
                "PullLogs",
                cppHead(
                    "GET /logstores/source/shards/0?count=10&cursor={begin}&type=log",
                    ["x-log-bodyrawsize: 0", "Accept-Encoding: lz4"]), headers: pulled(2), .groups(2)),
            SDKRequest(
                "ListLogStores", cppHead("GET /logstores?logstorename=sour&offset=0&size=10", ["x-log-bodyrawsize: 0"]),
                .json([#""count":1"#, #""total":1"#, #""logstores":["source"]"#])),
            SDKRequest(
                "CreateConsumerGroup", cppPost("/logstores/source/consumergroups", ["Content-Type: application/json"]),
                body: .chunkedJSON(cppGroup)),
            SDKRequest(
                "UpdateConsumerGroupCheckpoint: by force, as nobody",
                cppPost(
                    "/logstores/source/consumergroups/cpp?forceSuccess=true&type=checkpoint",
                    ["Content-Type: application/json"]), body: .chunkedJSON(cppCheckpoint)),
            SDKRequest(
                "GetConsumerGroupCheckpoints, without a raw size", cppHead("GET /logstores/source/consumergroups/cpp"),
                .json([#""shard":0"#, #""checkpoint":"{cursor}""#, #""updateTime":"#, #""consumer":"""#])),
            SDKRequest(
                "SplitShard: chunks without a body",
                cppPost(
                    "/logstores/source/shards/0?action=split&key=80000000000000000000000000000000",
                    ["x-log-bodyrawsize: 0"]), body: .chunked([]),
                .json([#""shardID":0"#, #""status":"readonly""#, #""createTime":1"#, #""shardID":2"#])),
            SDKRequest(
                "GetCursor of a logstore that is not there",
                cppHead("GET /logstores/none/shards/0?from=end&type=cursor", ["x-log-bodyrawsize: 0"]), status: 404,
                headers: ["x-log-requestid": "*"], .error("LogStoreNotExist")),
        ])

    // MARK: Go (client_request.go, log_store.go): net/http's spelling of names, `+` for a space, 200 alone is success.

    private static func goHead(_ line: String, host: String = "demo.localhost", _ more: [String] = []) -> [String] {
        ["\(line) HTTP/1.1", "Host: \(host):{port}", "User-Agent: golang-sdk-v0.1.0"] + more + [
            authorization, date, "X-Log-Apiversion: 0.6.0", "X-Log-Signaturemethod: hmac-sha1",
        ]
    }

    private static func goJSON(_ line: String) -> [String] {
        goHead(line, ["Content-Length: {length}", "Content-Type: application/json", "X-Log-Bodyrawsize: 0"])
    }

    static let go = SDKSession(
        sdk: "Go",
        requests: [
            SDKRequest(
                "ListProject, without any parameter",
                goHead("GET /", host: "localhost", ["X-Log-Bodyrawsize: 0", "Accept-Encoding: gzip"]),
                .json([#""total":1"#, #""projectName":"demo""#, #""createTime":""#])),
            SDKRequest(
                "PutLogs: the old path, a block of literals",
                goHead(
                    "POST /logstores/source",
                    [
                        "Content-Length: {length}", "Content-Type: application/x-protobuf",
                        "X-Log-Bodyrawsize: 79", "X-Log-Compresstype: lz4", "Accept-Encoding: gzip",
                    ]), body: .whole(literals)),
            SDKRequest(
                "PullLogs: type=logs",
                goHead(
                    "GET /logstores/source/shards/0?type=logs&cursor={begin}&count=10",
                    ["Accept: application/x-protobuf", "Accept-Encoding: lz4", "X-Log-Bodyrawsize: 0"]),
                headers: pulled(1).merging(["x-log-read-last-cursor": "*"]) { $1 }, .groups(1)),
            SDKRequest(
                "CreateConsumerGroup: a body of raw size 0", goJSON("POST /logstores/source/consumergroups"),
                body: .json(#"{"consumerGroup":"go","timeout":60,"order":false}"#)),
            SDKRequest(
                "HeartBeat: a space as +",
                goJSON("POST /logstores/source/consumergroups/go?consumer=c+1&type=heartbeat"),
                body: .json("[]"), .json(["[0]"])),
            SDKRequest(
                "UpdateCheckpoint",
                goJSON("POST /logstores/source/consumergroups/go?consumer=c+1&forceSuccess=true&type=checkpoint"),
                body: .json(cppCheckpoint)),
            SDKRequest(
                "GetCheckpoint", goHead("GET /logstores/source/consumergroups/go", ["X-Log-Bodyrawsize: 0"]),
                .json([#""consumer":"c 1""#, #""shard":0"#])),
            SDKRequest(
                "SplitNumShard: the MD5 of nothing",
                goHead(
                    "POST /logstores/source/shards/0?action=split&shardCount=2",
                    [
                        "Content-Length: 0", "Content-Md5: D41D8CD98F00B204E9800998ECF8427E",
                        "Content-Type: application/json", "X-Log-Bodyrawsize: 0",
                    ]), .json([#""status":"readonly""#, #""shardID":1"#, #""shardID":2"#])),
            SDKRequest(
                "GetLogStore of one that is not there", goHead("GET /logstores/none", ["X-Log-Bodyrawsize: 0"]),
                status: 404, .error("LogStoreNotExist")),
        ])
}
