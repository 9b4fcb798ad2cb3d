import Testing

@testable import EventHTTP

/// The reader of a connection's bytes alone: where a read happens to end must make no difference.
struct ParserTests {
    /// What the bytes of a connection are to the server.
    private struct Reading: Equatable {
        var requests: [HTTPRequest] = []
        var end = RequestParser.Phase.head
    }

    private func read(_ pieces: [[UInt8]]) -> Reading {
        let parser = RequestParser(headByteLimit: 64 << 10, bodyByteLimit: 1 << 20)
        var reading = Reading()
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                switch parser.phase {
                case .head, .fixedBody, .chunkedBody:
                    let taken = unsafe rest.withUnsafeBytes { unsafe parser.consume($0) }
                    rest = rest.dropFirst(taken)
                case .complete:
                    reading.requests.append(parser.takeRequest(peerAddress: "", localAddress: "", isSecure: false))
                case .tunnel, .failed:
                    reading.end = parser.phase
                    return reading
                }
            }
        }
        if parser.phase == .complete {
            reading.requests.append(parser.takeRequest(peerAddress: "", localAddress: "", isSecure: false))
        }
        reading.end = parser.phase
        return reading
    }

    @Test(arguments: Batch.all.prefix(8) + Batch.all.suffix(8))
    func `however the bytes are cut, the requests are the same`(batch: Batch) throws {
        let calls = try SampleCalls()
        var chance = Chance(seed: batch.seed)
        var requestCount = 0
        for _ in 0..<600 {
            let bytes = chance.hostileConnection(calls)
            let whole = read([bytes])
            requestCount += whole.requests.count
            for pieces in [chance.pieces(bytes), chance.pieces(bytes), bytes.count < 3_000 ? bytes.map { [$0] } : []] {
                guard !pieces.isEmpty else { continue }
                let cut = read(pieces)
                #expect(cut == whole, "replay: SLS_HOSTILE_SEED=\(batch.seed), \(pieces.map(\.count)): \(bytes)")
                if cut != whole { return }
            }
        }
        // The inputs are not so broken that nothing of them is read.
        #expect(requestCount > 300)
    }
}
