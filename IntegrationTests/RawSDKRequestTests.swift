import Foundation
import SLSProtocol
import System
import Testing

/// SDKs that cannot be installed here, by requests written byte for byte as protocol.md describes them, sent over a socket to the built
/// `fake-sls`.
struct RawSDKRequestTests {
    @Test(arguments: SDKSessions.all)
    func `an SDK that is not here gets what its decoder needs`(session: SDKSession) async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 1])
        let connection = try RawConnection(port: server.port)
        var known = ["port": "\(server.port)"]
        for request in session.requests {
            for from in ["begin", "end"] {
                let asked = try await RawConnection(port: server.port).exchange(
                    "GET /logstores/source/shards/0?type=cursor&from=\(from) HTTP/1.1\r\nHost: demo.localhost\r\n"
                        + "x-log-apiversion: 0.6.0\r\n\r\n")
                let cursor = try JSONDecoder().decode([String: String].self, from: Data(asked.body))["cursor"] ?? ""
                known[from] = cursor.replacing("=", with: "%3D")
                if from == "begin" { known["cursor"] = cursor }
            }
            let name = "\(session.sdk), \(request.call)"
            let answer = try await send(request, known, over: connection, name: name)
            judge(answer, by: request, known, name: name)
        }
        #expect(try await server.unknowns() == [], "\(session.sdk): of what an official SDK sends, nothing is unknown")
        #expect(await server.stop() == .exited(0))
    }

    /// All on one connection, as SDKs keep theirs.
    private func send(
        _ request: SDKRequest, _ known: [String: String], over connection: RawConnection, name: String
    ) async throws -> RawAnswer {
        let head = request.headText(known)
        let body = request.bodyBytes(known)
        guard head.contains("\r\nExpect: 100-continue\r\n") else {
            return try await connection.exchange(Array(head.utf8) + body)
        }
        let interim = try await connection.exchange(head)
        #expect(interim.status == 100, "\(name): \(interim.status)")
        return try await connection.exchange(body)
    }

    private func judge(_ answer: RawAnswer, by request: SDKRequest, _ known: [String: String], name: String) {
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.status == request.status, "\(name): \(text)")
        for header in answer.headers where header.name.lowercased().hasPrefix("x-log-") {
            #expect(header.name == header.name.lowercased(), "\(name): C++ and C look for lower case")
        }
        let id = answer["x-log-requestid"] ?? ""
        #expect(id.count == 24 && id.allSatisfy { "0123456789ABCDEF".contains($0) }, "\(name): \(id)")
        for (header, value) in request.headers {
            let given = answer[header]
            #expect(
                value == "*" ? given?.isEmpty == false : given == value, "\(name): \(header) is \(given ?? "absent")")
        }
        switch request.content {
        case .empty: #expect(answer.body.isEmpty, "\(name): \(text)")
        case .exactly(let bytes): #expect(answer.body == bytes, "\(name)")
        case .json(let parts):
            for part in parts {
                let wanted = part.replacing("{cursor}", with: known["cursor"] ?? "")
                #expect(text.contains(wanted), "\(name): no \(wanted) in \(text)")
            }
            #expect(answer["Content-Type"] == "application/json", "\(name)")
        case .groups(let count): expectGroups(count, in: answer, name: name)
        case .error(let code):
            let fields = try? JSONDecoder().decode([String: String].self, from: Data(answer.body))
            #expect(fields?["errorCode"] == code && fields?["errorMessage"]?.isEmpty == false, "\(name): \(text)")
            #expect(answer["Content-Type"] == "application/json", "\(name)")
        }
    }

    /// The block has exactly the size that is announced, and holds exactly as many groups.
    private func expectGroups(_ count: Int, in answer: RawAnswer, name: String) {
        let size = Int(answer["x-log-bodyrawsize"] ?? "") ?? 0
        // A block that is none is an empty list below, and fails there.
        let list = (try? Compression.decompress(answer.body, as: .lz4, rawByteCount: size)) ?? []
        #expect(size > 0 && list.count == size, "\(name): \(list.count) bytes, announced \(size)")
        var rest = list[...]
        var found = 0
        while rest.count > 2, rest.first == 0x0a {
            // The groups here are longer than 127 bytes or not; both lengths have at most two bytes.
            let first = Int(rest[rest.startIndex + 1])
            let length = first < 128 ? first : first & 127 | Int(rest[rest.startIndex + 2]) << 7
            rest = rest.dropFirst((first < 128 ? 2 : 3) + length)
            found += 1
        }
        #expect(rest.isEmpty && found == count, "\(name): \(found) groups, \(rest.count) bytes left")
    }
}
