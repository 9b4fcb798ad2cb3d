import EventHTTP
import FakeSLS
import Logging
import SLSProtocol
import System
import Testing

/// Bytes on real sockets, to an emulator in this process: requests one behind the other, damaged, cut, framed in every way.
///
/// Replay: `SLS_HOSTILE_SEED=7 swift test --disable-xctest --filter HostileInputTests.ConnectionTests`.
struct ConnectionTests {
    @Test(arguments: ConnectionBatch.all)
    func `whatever is sent, whole answers come back or the connection ends`(batch: ConnectionBatch) async throws {
        let faults = try await withHostileServer { address, secureAddress in
            try batch.run(SampleCalls(), address: address, secureAddress: secureAddress)
        }
        #expect(faults.prefix(5).isEmpty, "replay: SLS_HOSTILE_SEED=\(batch.seed); \(faults.count) in all")
    }

    @Test func `requests one behind the other are each answered, in their order`() async throws {
        let faults = try await withHostileServer { address, _ in
            var chance = Chance(seed: 5)
            var faults: [String] = []
            for _ in 0..<200 {
                let count = 1 + chance.length(upTo: 12)
                // A path of its own for each: the refusal quotes it.
                let requests = (0..<count).map { "GET /no/such/\($0) HTTP/1.1\r\nHost: demo.localhost\r\n\r\n" }
                let bytes = Array(requests.joined().utf8)
                let client = try HostileClient(address)
                client.send(chance.pieces(bytes))
                client.endSending()
                let stream = try AnswerStream(try client.readToEnd().bytes)
                let paths = stream.answers.map { String(decoding: $0.body, as: UTF8.self) }
                for (index, text) in paths.enumerated() where !text.contains("/no/such/\(index)\"") {
                    faults.append(text)
                }
                if paths.count != count { faults.append("\(paths.count) answers to \(count) requests") }
            }
            return faults
        }
        #expect(faults == [])
    }
}

/// Some hundred connections to one server, all of which follow from one seed.
struct ConnectionBatch: CustomStringConvertible, Sendable {
    static let connectionCount = 500

    let seed: UInt64
    var description: String { "seed \(seed)" }

    /// Fixed ones, and fresh ones for every run; or the one that `SLS_HOSTILE_SEED` names.
    static let all: [ConnectionBatch] = {
        if let replayed = Batch.replayed { return [ConnectionBatch(seed: replayed)] }
        return (Batch.all.prefix(6) + Batch.all.suffix(6)).map { ConnectionBatch(seed: $0.seed) }
    }()

    /// Makes all connections, one after the other.
    ///
    /// - Returns: What was wrong.
    func run(_ calls: SampleCalls, address: String, secureAddress: String) throws -> [String] {
        var chance = Chance(seed: seed)
        var faults: [String] = []
        for _ in 0..<Self.connectionCount {
            let bytes = chance.hostileConnection(calls)
            if Batch.replayed != nil { print(AnswerJudge.excerpt(bytes)) }
            let isSecure = chance.oneIn(25)
            let client = try HostileClient(isSecure ? secureAddress : address)
            client.send(chance.pieces(bytes))
            if chance.oneIn(10) {
                client.resetOnClose()
                continue
            }
            client.endSending()
            let (answer, isComplete) = try client.readToEnd()
            if isSecure { continue }
            do throws(AnswerStream.Malformed) {
                let stream = try AnswerStream(answer, isComplete: isComplete)
                guard let fault = stream.fault else { continue }
                faults.append("\(fault) as the answer to \(AnswerJudge.excerpt(bytes))")
            } catch { faults.append("\(error) as the answer to \(AnswerJudge.excerpt(bytes))") }
        }
        return try faults + stillWorks(address)
    }

    func stillWorks(_ address: String) throws -> [String] {
        let client = try HostileClient(address)
        client.send([Array("GET /_fake/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)])
        let answers = try AnswerStream(try client.readToEnd().bytes).answers
        return answers.map(\.status) == [200] ? [] : ["a good request is answered \(answers)"]
    }
}

extension Chance {
    /// Cuts bytes into pieces, often in the middle of what belongs together.
    mutating func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        if oneIn(2) { return [bytes] }
        var (rest, pieces) = (bytes[...], [[UInt8]]())
        while !rest.isEmpty && pieces.count < 40 {
            let piece = rest.prefix(1 + length(upTo: rest.count))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        return rest.isEmpty ? pieces : pieces + [Array(rest)]
    }
}

/// Runs a body that blocks against an emulator with HTTPS and the logstore `app`, which is stopped afterwards.
func withHostileServer<Result: Sendable>(
    _ body: @escaping @Sendable (_ address: String, _ secureAddress: String) throws -> Result
) async throws -> Result {
    var configuration = FakeSLSServer.Configuration()
    configuration.hosts = ["127.0.0.1"]
    configuration.tlsPort = 0
    configuration.emulator.logger = Logger(label: "hostile input") { _ in SwiftLogNoOpLogHandler() }
    let logstore = InitialLogstore(name: try LogstoreName("app"))
    configuration.emulator.stores = [InitialProject(name: try ProjectName("demo"), logstores: [logstore])]
    let server = try FakeSLSServer(configuration)
    let addresses = server.listeners.map(\.address)
    let result = try await Thread.run(name: "hostile-client") { try body(addresses[0], addresses[1]) }
    server.stopNow()
    await server.stopped()
    return result
}
