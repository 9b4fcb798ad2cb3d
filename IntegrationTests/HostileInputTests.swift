import System
import Testing

/// Bytes that no SDK sends, on raw sockets: an SLS-shaped error or a closed connection, and a server that lives on.
struct HostileInputTests {
    /// A PutLogs request of one small group to a logstore that is there, with the given framing headers and body.
    private func put(_ headers: String, _ body: String) -> String {
        "POST /logstores/source/shards/lb HTTP/1.1\r\nHost: demo.localhost\r\nContent-Type: application/x-protobuf\r\n"
            + "x-log-apiversion: 0.6.0\r\nx-log-bodyrawsize: 14\r\n\(headers)\r\n\(body)"
    }
    /// LogGroup { logs: [{ time: 1, contents: [{ key: "", value: "" }] }], topic: "hi" }: 14 bytes, all ASCII.
    private let group = "\u{0A}\u{08}\u{08}\u{01}\u{12}\u{04}\u{0A}\u{00}\u{12}\u{00}\u{1A}\u{02}hi"

    private func withServer(
        _ arguments: [String] = [], _ body: (RunningFakeSLS) async throws -> Void
    ) async throws {
        let server = try await RunningFakeSLS.start(arguments)
        try await server.create(["source": 1])
        try await body(server)
        // Whatever it was: the server still answers, and stops in order.
        let connection = try RawConnection(port: server.port)
        try await connection.send("GET /_fake/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(try await connection.read().hasPrefix("HTTP/1.1 200 "))
        #expect(await server.stop() == .exited(0))
    }

    /// How many groups the one shard holds: the difference of its cursors is asked through the API itself.
    private func groupCount(_ server: RunningFakeSLS) async throws -> String {
        let connection = try RawConnection(port: server.port)
        var cursors: [String] = []
        for from in ["begin", "end"] {
            try await connection.send(
                "GET /logstores/source/shards/0?type=cursor&from=\(from) HTTP/1.1\r\nHost: demo.localhost\r\n"
                    + "x-log-apiversion: 0.6.0\r\n\r\n")
            let answer = try await connection.read(until: "\"}")
            cursors.append(String(answer.split(separator: "\"").dropLast().last ?? ""))
        }
        return cursors[0] == cursors[1] ? "none" : "some"
    }

    private func expectError(_ answer: String, status: Int, code: String?) {
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        #expect(answer.contains("x-log-requestid: "), "\(answer)")
        #expect(answer.contains("\"errorCode\":\"\(code ?? "")"), "\(answer)")
        #expect(answer.contains("\"errorMessage\":\""), "\(answer)")
    }

    @Test func `the C++ SDK's length, chunks and expectation together are taken`() async throws {
        try await withServer { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(
                put("Content-Length: 14\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n", ""))
            #expect(try await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
            try await connection.send("e\r\n\(group)\r\n0\r\n\r\n")
            let answer = try await connection.read(until: "\r\n\r\n")
            #expect(answer.contains("HTTP/1.1 200 "), "\(answer)")
            #expect(try await groupCount(server) == "some")
        }
    }

    @Test func `a client that closes its sending side gets its whole answer`() async throws {
        try await withServer { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(put("Content-Length: 14\r\n", group))
            connection.halfClose()
            #expect(try await connection.read().hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `a request that ends half-way leaves nothing behind`() async throws {
        try await withServer { server in
            for part in [
                put("Content-Length: 14\r\n", "\u{0A}\u{08}"), "POST /logsto",
                put("Transfer-Encoding: chunked\r\n", "e\r\n\u{0A}"),
            ] {
                let connection = try RawConnection(port: server.port)
                try await connection.send(part)
                connection.halfClose()
                let answer = try await connection.read()
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            }
            #expect(try await groupCount(server) == "none")
        }
    }

    @Test func `a body that is no log group is refused and not stored`() async throws {
        try await withServer { server in
            for (body, headers, status, code) in [
                (String(group.dropLast()), "", 400, "PostBodyInvalid"),
                (String(repeating: "\u{7F}", count: 14), "", 400, "PostBodyInvalid"),
                (group, "Content-MD5: \(String(repeating: "0", count: 32))\r\n", 401, "SignatureNotMatch"),
                (group, "x-log-compresstype: lz4\r\n", 400, "PostBodyUncompressError"),
            ] {
                let connection = try RawConnection(port: server.port)
                try await connection.send(put("\(headers)Content-Length: \(body.utf8.count)\r\n", body))
                expectError(try await connection.read(until: "\"}"), status: status, code: code)
            }
            #expect(try await groupCount(server) == "none")
        }
    }

    @Test(arguments: [
        ("GARBAGE\r\n\r\n", 400), ("GET / HTTP/9.9\r\n\r\n", 400), ("\u{0}\u{1}\u{2}\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ]) func `malformed HTTP is answered in the service's shape`(bytes: String, status: Int) async throws {
        try await withServer { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(bytes)
            expectError(try await connection.read(until: "\"}"), status: status, code: nil)
        }
    }

    @Test func `a body over the limit and a head without end are refused`() async throws {
        try await withServer { server in
            let large = try RawConnection(port: server.port)
            try await large.send(put("Content-Length: 99999999999\r\n", ""))
            expectError(try await large.read(until: "\"}"), status: 413, code: "PostBodyTooLarge")
            let long = try RawConnection(port: server.port)
            try await long.send("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 1 << 20))
            let answer = try await long.read()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
        }
    }

    @Test func `a client that writes head and body apart is not held up by delayed acknowledgements`() async throws {
        try await withServer { server in
            let (head, body) = (put("Content-Length: 14\r\n", ""), group)
            let apart = try RawConnection(port: server.port)
            let whole = try RawConnection(port: server.port)
            var (apartTimes, wholeTimes): ([Duration], [Duration]) = ([], [])
            for _ in 0..<20 {
                // In turns: whatever else the machine does, it does to both.
                apartTimes += try await apart.roundTrips(10, [head, body])
                wholeTimes += try await whole.roundTrips(10, [head + body])
            }
            // Held up, all but the first few take 40 ms longer: the kernel's own wait, on any machine.
            let (held, free) = (apartTimes.sorted()[50], wholeTimes.sorted()[50])
            #expect(held < free + .milliseconds(25), "\(held) against \(free)")
        }
    }

    @Test func `a request that stalls does not stop the others`() async throws {
        try await withServer { server in
            let stalled = try RawConnection(port: server.port)
            try await stalled.send(put("Content-Length: 14\r\n", "\u{0A}"))
            let other = try RawConnection(port: server.port)
            try await other.send(put("Content-Length: 14\r\nConnection: close\r\n", group))
            #expect(try await other.read().hasPrefix("HTTP/1.1 200 "))
            try await stalled.send(String(group.dropFirst()))
            #expect(try await stalled.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        }
    }
}
