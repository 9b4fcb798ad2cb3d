import Foundation

/// The emulator's own pages, as docs/testing.md shows them; faults need `--control on`.
extension RunningFakeSLS {
    /// A consumer group as the server sees it: the truth of who may work on what.
    struct Group: Decodable, Sendable {
        struct Shard: Decodable, Sendable {
            let shard: Int
            let state: String
            let holder: String?
            let lagLogGroups: Int
        }
        struct Consumer: Decodable, Sendable {
            let name: String
            let secondsSinceHeartbeat: Double
        }
        let consumerGroup: String
        let shards: [Shard]
        let consumers: [Consumer]

        /// Whether the server takes this consumer for alive.
        func has(_ consumer: String) -> Bool { consumers.contains { $0.name == consumer } }

        /// The shards this consumer may work on, none of them about to move.
        func shards(of consumer: String) -> Set<Int> {
            Set(shards.filter { $0.state == "ALLOC" && $0.holder == consumer }.map(\.shard))
        }
    }

    /// One of the project `demo`'s groups; nil while there is none of that name.
    func group(_ name: String, of logstore: String = "source") async throws -> Group? {
        struct Page: Decodable { let groups: [Group] }
        let page = try await control("GET", "/_fake/groups?project=demo&logstore=\(logstore)")
        return try JSONDecoder().decode(Page.self, from: page).groups.first { $0.consumerGroup == name }
    }

    /// The lines of the metrics that count what requests carried and the emulator knows nothing of.
    func unknowns() async throws -> [String] {
        let page = String(decoding: try await control("GET", "/_fake/metrics"), as: UTF8.self)
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("fake_sls_unknown_total{") }
        guard lines.count == 3 else { throw HarnessError("the metrics do not count what is unknown: \(lines)") }
        return lines.filter { !$0.hasSuffix(" 0") }.map { String($0) }
    }

    /// Asks for a fault.
    ///
    /// - Returns: Its number.
    func inject(_ fault: String) async throws -> Int {
        struct Added: Decodable { let id: Int }
        return try JSONDecoder().decode(Added.self, from: try await control("POST", "/_fake/faults", fault)).id
    }

    /// How often it has struck.
    func fired(_ id: Int) async throws -> Int {
        struct Page: Decodable {
            struct Fault: Decodable {
                let id: Int
                let fired: Int
            }
            let faults: [Fault]
        }
        let page = try JSONDecoder().decode(Page.self, from: try await control("GET", "/_fake/faults"))
        return page.faults.first { $0.id == id }?.fired ?? 0
    }

    /// Lets time pass at once.
    func advanceClock(bySeconds seconds: Int) async throws {
        _ = try await control("POST", "/_fake/clock", #"{"advanceSeconds":\#(seconds)}"#)
    }

    /// Sets the time of day forwards or back.
    func jumpWallClock(bySeconds seconds: Int) async throws {
        _ = try await control("POST", "/_fake/clock", #"{"jumpWallSeconds":\#(seconds)}"#)
    }

    /// Takes it back.
    func clearFault(_ id: Int) async throws { _ = try await control("DELETE", "/_fake/faults/\(id)") }

    private func control(_ method: String, _ path: String, _ body: String = "") async throws -> Data {
        let answer = try await RawConnection(port: port).exchange(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        guard answer.status == 200 else {
            throw HarnessError("\(method) \(path): \(String(decoding: answer.body, as: UTF8.self))")
        }
        return Data(answer.body)
    }
}
