import EventHTTP
import Testing

@Suite struct ListenerTests {
    private static func makeServer(
        _ configure: (inout HTTPServer.Configuration) -> Void
    ) throws(EventHTTPError) -> HTTPServer {
        var configuration = HTTPServer.Configuration()
        configure(&configuration)
        return try HTTPServer(configuration, authority: nil) { _ in
            []
        } violation: {
            HTTPResponse(status: $0.suggestedStatus)
        }
    }

    @Test func `both loopback addresses are served on the same port`() async throws {
        try await withServer({ $0.hosts = [] }) { server in
            let addresses = server.server.listeners.map { $0.address }
            #expect(addresses[0].hasPrefix("127.0.0.1:"))
            let port = addresses[0].split(separator: ":")[1]
            if addresses.count > 1 { #expect(addresses[1] == "[::1]:\(port)") }
            for address in addresses {
                let client = try RawClient(address)
                try client.send("GET / HTTP/1.1\r\n\r\n")
                #expect(try client.answer().status == 200)
            }
            #expect(
                server.requests.map { $0.peerAddress } == (addresses.count > 1 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]))
        }
    }

    @Test func `any address is accepted when asked for`() async throws {
        try await withServer({ $0.hosts = ["0.0.0.0"] }) { server in
            let client = try RawClient(server.address.replacing("0.0.0.0", with: "127.0.0.1"))
            try client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try client.answer().status == 200)
        }
    }

    @Test func `an address in use is an error that names it`() throws {
        let first = try Self.makeServer { $0.hosts = ["127.0.0.1"] }
        let address = first.listeners[0].address
        let port = try #require(Int(address.split(separator: ":")[1]))
        let error = #expect(throws: EventHTTPError.self) {
            try Self.makeServer {
                $0.hosts = ["127.0.0.1"]
                $0.port = port
            }
        }
        #expect(error?.kind == .addressInUse)
        #expect(error?.message == "cannot listen on \(address): Address already in use")
        // The default hosts have the same port on ::1 free, which is not enough.
        #expect(throws: EventHTTPError.self) { try Self.makeServer { $0.port = port } }
    }

    @Test func `the search for a port that is free on all hosts ends`() throws {
        // A port taken on one address is never free on all of them.
        let error = #expect(throws: EventHTTPError.self) {
            try Self.makeServer { $0.hosts = ["127.0.0.1", "0.0.0.0"] }
        }
        #expect(error?.kind == .addressInUse)
    }

    @Test func `a port is free again as soon as its server is gone`() async throws {
        let port = try await withServer { server in
            let client = try server.client()
            try client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            _ = try client.answer()
            return try #require(Int(server.address.split(separator: ":")[1]))
        }
        try await withServer({ $0.port = port }) { server in
            #expect(server.address == "127.0.0.1:\(port)")
        }
    }

    @Test(arguments: ["203.0.113.7", "no such host", "::ffff:1:2:3:4:5:6:7"])
    func `a host that is not ours is an error that names it`(host: String) {
        let error = #expect(throws: EventHTTPError.self) { try Self.makeServer { $0.hosts = [host] } }
        #expect(error?.kind == .address)
        #expect(error?.message.contains(host) == true)
    }

    @Test func `HTTPS without certificates is refused`() {
        let error = #expect(throws: EventHTTPError.self) { try Self.makeServer { $0.tlsPort = 0 } }
        #expect(error?.kind == .configuration)
    }
}
