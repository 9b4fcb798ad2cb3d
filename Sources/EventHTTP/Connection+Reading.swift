import Glibc

extension Connection {
    /// Reads until a request is whole, the socket is empty, or this connection has had its share of the turn.
    func read() {
        var share = Self.readsPerTurn
        while wantsInput && output.isEmpty {
            guard share > 0 else { return readEvent.activate() }
            share -= 1
            if state == .openingTunnel {
                guard openTunnel() else { return }
            } else if !pending.isEmpty {
                consumePending()
            } else if !readOnce() {
                return
            }
        }
    }

    /// Reads of one connection in one turn: without a bound a fast sender would keep all others waiting.
    private static let readsPerTurn = 256
    /// The first read of a request is short, so that most of a large body is read straight to where it stays.
    private static let firstReadByteCount = 16 << 10
    /// How much a lingering connection reads before it is closed regardless.
    private static let discardByteLimit = 64 << 20

    /// - Returns: Whether there may be more.
    private func readOnce() -> Bool {
        readWaitsForWritable = false
        switch state {
        case .reading:
            if case .fixedBody = parser.phase { return readBody() }
            let limit = parser.phase == .head ? Self.firstReadByteCount : ServerLoop.scratchByteCount
            return unsafe readIntoScratch(limit) { bytes in unsafe received(bytes) }
        case .lingering:
            return discard()
        case .openingTunnel, .ready, .held, .answering, .closed: return false
        }
    }

    /// Reads past TLS: the bytes are not wanted, and the session may have ended.
    private func discard() -> Bool {
        let outcome = unsafe ByteStream.plain(descriptor: descriptor).read(into: server.scratch)
        guard case .bytes(let count) = outcome else { return stopped(by: outcome) }
        discardedByteCount += count
        if discardedByteCount > Self.discardByteLimit { close() }
        return true
    }

    private func readBody() -> Bool {
        var outcome = ReadOutcome.failed
        var isShort = false
        _ = unsafe parser.receiveBody { memory in
            outcome = unsafe stream.read(into: memory)
            isShort = outcome != .bytes(memory.count)
            if case .bytes(let count) = outcome { return count }
            return 0
        }
        guard case .bytes = outcome else { return stopped(by: outcome) }
        requestProgressed()
        return !(isShort && stream.shortReadMeansEmpty)
    }

    private func readIntoScratch(_ limit: Int, _ take: (UnsafeRawBufferPointer) -> Void) -> Bool {
        let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: server.scratch[..<limit])
        let outcome = unsafe stream.read(into: memory)
        guard case .bytes(let count) = outcome else { return stopped(by: outcome) }
        unsafe take(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        return count == limit || !pending.isEmpty || !stream.shortReadMeansEmpty
    }

    /// - Returns: false, always: nothing more is to be read now.
    private func stopped(by outcome: ReadOutcome) -> Bool {
        switch outcome {
        case .bytes: break
        case .wouldBlock(let untilWritable):
            readWaitsForWritable = untilWritable
            if isHandshaking && stream.isEstablished { startReading() }
        case .failed: close()
        case .endOfStream:
            inputEnded = true
            if state == .reading && parser.hasBegun { violate(.truncated) } else { close() }
        }
        return false
    }

    /// Gives new bytes to the parser and keeps what lies beyond the request.
    private func received(_ bytes: UnsafeRawBufferPointer) {
        let hadBegun = parser.hasBegun
        let taken = unsafe parser.consume(bytes)
        if taken < bytes.count { unsafe pending = ArraySlice(bytes[taken...]) }
        requestProgressed(isNew: !hadBegun)
    }

    private func consumePending() {
        let hadBegun = parser.hasBegun
        let taken = unsafe pending.withUnsafeBytes { unsafe parser.consume($0) }
        pending = taken == pending.count ? [] : pending.dropFirst(taken)
        requestProgressed(isNew: !hadBegun)
    }

    private func requestProgressed(isNew: Bool = false) {
        if isNew && parser.hasBegun { setDeadline(after: server.configuration.requestTimeout) }
        if isNew && parser.phase != .complete { acknowledgeAtOnce() }
        switch parser.phase {
        case .complete:
            state = .ready
            server.becameReady(self)
        case .failed(let violation): violate(violation)
        case .tunnel: acceptTunnel()
        case .fixedBody, .chunkedBody: if parser.takeExpectation() { send(Self.goOn) }
        case .head: break
        }
    }

    /// Lets the kernel acknowledge now what has come.
    ///
    /// A client with Nagle's algorithm on that writes head and body apart (Python's urllib3 through a proxy does) sends
    /// the body only when the head is acknowledged, which the kernel otherwise delays: 40 ms for every request.
    private func acknowledgeAtOnce() {
        var isOn: Int32 = 1
        unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_QUICKACK, &isOn, socklen_t(MemoryLayout.size(ofValue: isOn)))
    }

    private static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}
