import EventHTTP
import Foundation
import SLSProtocol
import TestKit

@testable import FakeSLS

/// Asks an emulator for all it knows, and holds that against what must always be true.
struct Aftermath {
    private let server: InProcessEmulator

    init(_ server: InProcessEmulator) { self.server = server }

    private struct Projects: Decodable {
        struct Project: Decodable { let projectName: String }
        let projects: [Project]
    }

    private struct Logstores: Decodable { let logstores: [String] }
    private struct Groups: Decodable { let name: String }

    /// Every answer to every question about what exists, one line each.
    func everything() throws -> [String] {
        var lines: [String] = []
        for project in try projects() {
            let host = "\(project).localhost"
            for path in [
                "/", "/policy", "/logging", "/machinegroups", "/configs", "/dashboards", "/jobs", "/savedsearches",
            ] {
                lines.append("\(project) \(path): \(ask(path, host).text)")
            }
            lines.append("\(project) tags: " + ask("/tags?resourceType=project", host).text)
            for logstore in try logstores(host) {
                let path = "/logstores/\(logstore)"
                for part in ["", "/index", "/shards", "/consumergroups", "/meteringmode"] {
                    lines.append("\(project) \(path)\(part): \(ask(path + part, host).text)")
                }
                for group in try ask(path + "/consumergroups", host).decoded([Groups].self) {
                    let name = SignatureV4.percentEncoded(group.name)
                    lines.append("\(project) \(path) \(name): " + ask("\(path)/consumergroups/\(name)", host).text)
                }
                for shard in try ask(path + "/shards", host).decoded([ShardDescription].self) {
                    lines.append("\(project) \(path) \(shard.id): \(try groups(of: shard.id, path, host))")
                }
            }
        }
        return lines
    }

    /// What does not hold.
    func faults() throws -> [String] {
        var faults: [String] = []
        for project in try projects() {
            let host = "\(project).localhost"
            for logstore in try logstores(host) {
                let shards = try ask("/logstores/\(logstore)/shards", host).decoded([ShardDescription].self)
                if !Self.coverAll(shards) { faults.append("the shards of \(logstore) leave a gap: \(shards)") }
            }
        }
        return faults + (try stillWorks())
    }

    /// A fresh logstore takes a log group and gives it back.
    private func stillWorks() throws -> [String] {
        ask("POST", "/", "cn-hangzhou.log.aliyuncs.com", json: #"{"projectName":"afterwards","description":""}"#)
        let host = "afterwards.localhost"
        ask("POST", "/logstores", host, json: #"{"logstoreName":"fresh","ttl":1,"shardCount":1}"#)
        let group = LogGroup.make(marker: "afterwards").serialized
        let put = send("POST", "/logstores/fresh/shards/lb", host, "application/x-protobuf", group)
        let found = try groups(of: 0, "/logstores/fresh", host)
        return put.status == 200 && found == "[\(group)]"
            ? [] : ["a good request is answered \(put.text), then \(found)"]
    }

    /// Whether the shards that can be written share out the whole space, each point once.
    private static func coverAll(_ shards: [ShardDescription]) -> Bool {
        let open = shards.filter { $0.status == .readwrite }.sorted { $0.inclusiveBeginKey < $1.inclusiveBeginKey }
        return open.first?.inclusiveBeginKey == HashKey.min.hex && open.last?.exclusiveEndKey == HashKey.max.hex
            && zip(open, open.dropFirst()).allSatisfy { $0.exclusiveEndKey == $1.inclusiveBeginKey }
    }

    private func projects() throws -> [String] {
        try ask("/?offset=0&size=500", "cn-hangzhou.log.aliyuncs.com").decoded(Projects.self).projects.map(
            \.projectName)
    }

    private func logstores(_ host: String) throws -> [String] {
        try ask("/logstores?offset=0&size=500", host).decoded(Logstores.self).logstores
    }

    /// Every log group from the shard's first to its last; each pull must go on where the one before ended.
    private func groups(of shard: Int, _ logstore: String, _ host: String) throws -> String {
        func cursor(_ from: String) throws -> String {
            try ask("\(logstore)/shards/\(shard)?type=cursor&from=\(from)", host).decoded(CursorAnswer.self).cursor
        }
        var (next, end) = (try cursor("begin"), try cursor("end"))
        var groups: [[UInt8]] = []
        while next != end {
            let answer = ask("\(logstore)/shards/\(shard)?type=log&cursor=\(next)&count=100", host)
            if let fault = AnswerJudge.fault(answer) { return fault }
            groups += try answer.pulledGroups()
            guard let following = answer.headers["x-log-cursor"], following != next else {
                return "a pull that stands still"
            }
            next = following
        }
        return "\(groups)"
    }

    private func ask(_ target: String, _ host: String) -> HTTPResponse { send("GET", target, host, nil, []) }

    @discardableResult private func ask(_ method: String, _ target: String, _ host: String, json: String)
        -> HTTPResponse
    {
        send(method, target, host, "application/json", Array(json.utf8))
    }

    /// Signed, so that a strict emulator answers too.
    private func send(
        _ method: String, _ target: String, _ host: String, _ type: String?, _ body: [UInt8]
    ) -> HTTPResponse {
        var request = HTTPRequest(method: method, target: target, headers: ["Host": host, "x-log-apiversion": "0.6.0"])
        if let type { request.headers.append("Content-Type", type) }
        request.body = body
        let date = server.clock.now.httpDate
        request.headers.append("Date", date)
        request.headers.append("x-log-signaturemethod", "hmac-sha1")
        let parsed = RequestTarget(target)
        let text = SignatureV1(
            method: method, path: parsed.path, query: parsed.query.map { (name: $0.name, value: $0.value) },
            headers: request.headers.map { (name: $0.name, value: $0.value) })
        request.headers.append("Authorization", "LOG fake-id:" + text.signature(secret: "fake-secret"))
        return server.turn([request])[0]
    }
}
