import EventHTTP

/// Requests as bytes of a connection, in the ways that clients frame them and in ways that none should.
extension Chance {
    /// One request with its body framed by a length, by chunks, or by both as the C++ SDK does.
    mutating func wire(_ request: HTTPRequest) -> [UInt8] {
        var lines = "\(request.method) \(request.target) HTTP/1.\(oneIn(12) ? 0 : 1)\r\n"
        for (name, value) in request.headers where !["content-length", "expect"].contains(name.lowercased()) {
            // What would end the line belongs to another kind of input.
            lines += "\(name): \(value.filter { $0 != "\r\n" && $0 != "\n" && $0 != "\r" })\r\n"
        }
        let isChunked = !request.body.isEmpty && oneIn(4)
        if isChunked { lines += "Transfer-Encoding: chunked\r\n" }
        if !isChunked || oneIn(2) { lines += "Content-Length: \(request.body.count)\r\n" }
        if !request.body.isEmpty && oneIn(8) { lines += "Expect: 100-continue\r\n" }
        return Array("\(lines)\r\n".utf8) + (isChunked ? chunks(request.body) : request.body)
    }

    private mutating func chunks(_ body: [UInt8]) -> [UInt8] {
        var (rest, bytes) = (body[...], [UInt8]())
        while !rest.isEmpty {
            let piece = rest.prefix(1 + length(upTo: rest.count))
            rest = rest.dropFirst(piece.count)
            let ending = pick([";a=b", "", "", ""])
            bytes += Array((String(piece.count, radix: 16, uppercase: oneIn(2)) + ending + "\r\n").utf8) + piece
            bytes += Array("\r\n".utf8)
        }
        return bytes + Array("0\r\n\(oneIn(4) ? "x-trailer: 1\r\n" : "")\r\n".utf8)
    }

    private static let oddLines = [
        "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 1e3\r\n",
        "Content-Length: 0x10\r\n", "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: 67108865\r\n",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\u{B}chunked\r\n",
        "Host: a\r\nHost: b\r\n", "Connection: close\r\n", "Connection: upgrade\r\nUpgrade: websocket\r\n",
        "Upgrade: h2c\r\n",
        "Expect: 100-continue\r\n", "Expect: 200-ok\r\n", " folded\r\n", "\tfolded: 1\r\n", ": none\r\n", "none\r\n",
        "a b: c\r\n",
        "a:\u{0}b\r\n", "X: \u{7F}\r\n", "X: a\rb\r\n", "X: a\n", "\r\n", "\n", "\u{0}",
    ]

    /// Bytes of a whole connection: some requests one behind the other, damaged or with something between them.
    mutating func hostileConnection(_ calls: SampleCalls) -> [UInt8] {
        var bytes: [UInt8] = []
        if oneIn(12) { bytes += tunnelOpening() }
        for _ in 0...length(upTo: 4) {
            let sample = calls.any(&self).request
            var one = wire(oneIn(2) ? hostile(sample) : sample)
            if oneIn(3), let end = one.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound {
                one.insert(contentsOf: Array(pick(Self.oddLines).utf8), at: end + 2)
            }
            if oneIn(3) { one = damaged(one) }
            if oneIn(40) { one = oversizedHead() }
            bytes += one
            if oneIn(10) { bytes += Array(pick(["\r\n", "\n", "\r\n\r\n", "\u{0}", " "]).utf8) }
        }
        return bytes
    }

    private mutating func tunnelOpening() -> [UInt8] {
        let target = pick([
            "demo.cn-hangzhou.log.aliyuncs.com:443", "[::1]:443", "a:0", ":443", "a", "a:99999999999", "*", "",
        ])
        var bytes = Array("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\r\n".utf8)
        switch number(in: 0..<4) {
        case 0: break
        case 1: bytes += self.bytes(count: 1 + length(upTo: 200))
        // The beginning of a TLS record, then not TLS.
        case 2: bytes += [0x16, 3, 1, byte(), byte()] + self.bytes(count: length(upTo: 600))
        default: bytes += [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]
        }
        return bytes
    }

    private mutating func oversizedHead() -> [UInt8] {
        let line = "x-log-\(pick(["a", "b"])): " + String(repeating: "y", count: pick([1, 1_000, 66_000])) + "\r\n"
        let head = "GET / HTTP/1.1\r\nHost: demo.localhost\r\n" + String(repeating: line, count: pick([1, 70, 6_000]))
        return Array((head + (oneIn(2) ? "\r\n" : "")).utf8.prefix(90_000))
    }
}
