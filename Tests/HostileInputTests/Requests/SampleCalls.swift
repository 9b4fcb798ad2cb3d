import EventHTTP
import Foundation
import SLSProtocol
import SQLite
import TestKit

@testable import FakeSLS

/// Well-formed requests for every call of the emulator's table, to the project `demo` with its logstore `app`.
struct SampleCalls {
    /// A request and the call it is meant for.
    struct Sample {
        var request: HTTPRequest
        let call: String
    }

    /// The whole table, in its order.
    let entries: [Router.Entry]
    private let documents: [String: DocumentFamily]

    init() throws {
        let store = try Store(.memory, logger: EmulatorConfiguration().logger)
        let services = Services(store: store, live: LiveStateBox(), limits: .relaxed, region: "")
        entries = APITable.entries(services)
        documents = Dictionary(uniqueKeysWithValues: DocumentFamily.all.map { ($0.noun, $0) })
    }

    /// The names of all calls, and of those that are refused whatever is asked.
    var names: Set<String> { Set(entries.map(\.name)) }
    let refusedNames = Set(RefusedCalls.entries.map(\.name))

    /// A request for one of the calls; those that move data and groups are drawn half of the time.
    func any(_ chance: inout Chance) -> Sample {
        let busy = [
            "PutLogs", "PullLogs", "HeadLogs", "GetCursor", "HeartBeat", "UpdateCheckPoint", "SplitShard",
            "MergeShards",
        ]
        let isBusy = chance.oneIn(2)
        let candidates = isBusy ? entries.filter { busy.contains($0.name) } : entries
        return sample(chance.pick(candidates), &chance)
    }

    /// A request for that call.
    func sample(_ entry: Router.Entry, _ chance: inout Chance) -> Sample {
        let path = chance.pick(entry.route.paths)
        var segments: [String] = []
        for segment in path.segments {
            switch segment {
            case .literal(let text): segments.append(text)
            case .placeholder(let name): segments.append(value(ofPlaceholder: name, entry.name, &chance))
            case .rest: if chance.oneIn(2) { segments.append("rest") }
            }
        }
        // unordered: sorted below.
        var query = entry.route.query.map { ($0.key, $0.value.first == "*" ? "0" : chance.pick($0.value)) }
            .sorted { $0.0 < $1.0 }
        query += self.query(entry.name, isRouted: segments.last == "route", &chance)
        var target = "/" + segments.joined(separator: "/")
        if !query.isEmpty { target += "?" + query.map { "\($0)=\($1)" }.joined(separator: "&") }
        var request = HTTPRequest(method: entry.route.method.rawValue, target: target)
        request.headers.append("Host", host(entry.name, &chance))
        request.headers.append("x-log-apiversion", "0.6.0")
        fill(&request, entry.name, &chance)
        if chance.oneIn(3) { sign(&request, &chance) }
        return Sample(request: request, call: entry.name)
    }

    /// Makes the project and the logstores again where they were deleted.
    func restore(_ server: InProcessEmulator) {
        server.send("POST", "/", json: #"{"projectName":"demo","description":""}"#)
        for logstore in ["app", "other"] {
            server.send(
                "POST", "/logstores",
                json: #"{"logstoreName":"\#(logstore)","ttl":1,"shardCount":2,"enable_tracking":true}"#)
            server.makeGroup(logstore: logstore)
        }
        server.send("POST", "/metricstores", json: #"{"name":"metrics","ttl":7,"shardCount":2}"#)
    }

    private func value(ofPlaceholder name: String, _ call: String, _ chance: inout Chance) -> String {
        switch name {
        case "project": chance.pick(["demo", "demo", "demo", "another"])
        case "logstore" where call.hasSuffix("MetricStore"): chance.pick(["metrics", "metrics", "gauges", "app"])
        case "logstore": chance.pick(["app", "app", "app", "other", "third"])
        case "group": chance.pick(["cg", "cg", "cg2"])
        case "shard": String(chance.length(upTo: 12))
        case "config": "n1"
        default: chance.pick(["n1", "n1", "n2"])
        }
    }

    private func host(_ call: String, _ chance: inout Chance) -> String {
        if call == "CreateProject" || call == "ListProject" { return "cn-hangzhou.log.aliyuncs.com" }
        return chance.pick(["demo.cn-hangzhou.log.aliyuncs.com", "demo.localhost:10180", "demo.127.0.0.1"])
    }

    private static let cursors = (0...24).map {
        // The first one of a logstore that is made when the virtual clock begins.
        Cursor(number: 1_709_618_828_000_000_000 + $0).encoded
    }

    private func query(_ call: String, isRouted: Bool, _ chance: inout Chance) -> [(String, String)] {
        switch call {
        case "PutLogs" where isRouted || chance.oneIn(4):
            [("key", chance.pick(["0", "8", "ff", "7fffffffffffffffffffffffffffffff"]))]
                + (chance.oneIn(2) ? [("seqid", String(1 + chance.length(upTo: 1_000)))] : [])
        case "GetCursor": [("from", chance.pick(["begin", "end", "1709618828", "0"]))]
        case "GetCursorTime": [("cursor", chance.pick(Self.cursors))]
        case "PullLogs", "HeadLogs":
            [("cursor", chance.pick(Self.cursors)), ("count", String(1 + chance.length(upTo: 999)))]
                + (chance.oneIn(3) ? [("end_cursor", chance.pick(Self.cursors))] : [])
        case "SplitShard" where chance.oneIn(2):
            [chance.oneIn(2) ? ("shardCount", "3") : ("key", chance.pick(["2", "4", "6", "8", "a", "c"]))]
        case "HeartBeat": [("consumer", chance.pick(["c1", "c2", "c3"]))]
        case "UpdateCheckPoint":
            [("forceSuccess", chance.pick(["true", "false"]))] + (chance.oneIn(2) ? [("consumer", "c1")] : [])
        case "GetCheckPoint" where chance.oneIn(2): [("shard", "0")]
        case "UpdateMachineGroupMachine": [("action", chance.pick(["add", "delete"]))]
        case "ListTagResources": [("resourceType", "project")]
        case "UpdateSubStoreTTL": [("ttl", "7")]
        case "GetWebtracking": [("APIVersion", "0.6.0"), ("k", "v"), ("__topic__", "t")]
        case _ where call.hasPrefix("List") && chance.oneIn(2): [("offset", "0"), ("size", "10")]
        default: []
        }
    }

    private static let bodies: [String: String] = [
        "CreateProject": #"{"projectName":"another","description":"d"}"#, "UpdateProject": #"{"description":"e"}"#,
        "CreateLogstore": #"{"logstoreName":"third","ttl":1,"shardCount":2,"enable_tracking":true,"appendMeta":true}"#,
        "UpdateLogstore": #"{"logstoreName":"app","ttl":7,"enable_tracking":true}"#,
        "CreateConsumerGroup": #"{"consumerGroup":"cg","timeout":60,"order":false}"#,
        "UpdateConsumerGroup": #"{"timeout":30,"order":true}"#, "HeartBeat": "[]",
        "UpdateCheckPoint": #"{"shard":0,"checkpoint":"MA=="}"#,
        "CreateIndex": #"{"ttl":7,"line":{"token":[","," "],"caseSensitive":false}}"#,
        "UpdateIndex": #"{"ttl":7,"keys":{"k":{"type":"text","token":[","]}}}"#,
        "TagResources": #"{"resourceType":"project","resourceId":["demo"],"tags":[{"key":"a","value":"b"}]}"#,
        "UntagResources": #"{"resourceType":"project","resourceId":["demo"],"tags":["a"]}"#,
        "ChangeResourceGroup": #"{"resourceId":"demo","resourceGroupId":"rg-1"}"#,
        "CreateMetricStore": #"{"name":"gauges","ttl":7,"shardCount":2,"autoSplit":true,"maxSplitShard":64}"#,
        "UpdateMetricStore": #"{"name":"metrics","ttl":8}"#,
        "UpdateLogStoreMeteringMode": #"{"meteringMode":"ChargeByFunction"}"#,
        "UpdateMetricStoreMeteringMode": #"{"meteringMode":"ChargeByDataIngest"}"#,
        "PutWebtracking": #"{"__topic__":"t","__source__":"s","__logs__":[{"k":"v"},{"n":"1"}],"__tags__":{"a":"b"}}"#,
        "UpdateMachineGroupMachine": #"["192.0.2.1"]"#,
    ]

    private func fill(_ request: inout HTTPRequest, _ call: String, _ chance: inout Chance) {
        if call == "PutLogs" || call == "PutMetrics" { return SampleLogs.fill(&request, &chance) }
        if call == "PullLogs" {
            request.headers.append("Accept-Encoding", chance.pick(["", "lz4", "zstd", "deflate", "gzip", "identity"]))
        }
        guard var text = Self.bodies[call] ?? document(call, chance.pick(["n1", "n2"])) else { return }
        if call == "HeartBeat" && chance.oneIn(2) { text = "[0,1]" }
        request.headers.append("Content-Type", "application/json")
        request.headers.append("x-log-bodyrawsize", "\(text.utf8.count)")
        request.body = Array(text.utf8)
    }

    private func document(_ call: String, _ name: String) -> String? {
        for verb in ["Create", "Update"] where call.hasPrefix(verb) {
            guard let family = documents[String(call.dropFirst(verb.count))] else { continue }
            return
                #"{"\#(family.nameKey)":"\#(name)","type":"x","configuration":{"logstore":"app","list":[1,2.50,null]}}"#
        }
        return call.hasPrefix("Put") || call.hasPrefix("Update") || call.hasPrefix("Create") ? #"{"a":1}"# : nil
    }

    /// Signs as the SDKs do, with the key that is known.
    private func sign(_ request: inout HTTPRequest, _ chance: inout Chance) {
        let target = RequestTarget(request.target)
        let query = target.query.map { (name: $0.name, value: $0.value) }
        if chance.oneIn(2) {
            request.headers.append("x-log-date", "20240305T060708Z")
            request.headers.append("x-log-content-sha256", Digest.sha256Hex(request.body))
            let text = SignatureV4(
                method: request.method, path: target.path, query: query,
                headers: request.headers.map { (name: $0.name, value: $0.value) })
            request.headers.append(
                "Authorization",
                text.authorization(
                    keyID: "fake-id", secret: "fake-secret", date: "20240305T060708Z",
                    scope: .init(day: "20240305", region: "cn-hangzhou")))
        } else {
            request.headers.append("Date", "Tue, 05 Mar 2024 06:07:08 GMT")
            request.headers.append("x-log-signaturemethod", "hmac-sha1")
            let text = SignatureV1(
                method: request.method, path: target.path, query: query,
                headers: request.headers.map { (name: $0.name, value: $0.value) })
            request.headers.append("Authorization", "LOG fake-id:" + text.signature(secret: "fake-secret"))
        }
    }
}
