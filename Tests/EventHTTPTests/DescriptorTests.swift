import EventHTTP
import Glibc
import System
import Testing

/// In processes of their own: the descriptors of a process are its tests' together.
@Suite struct DescriptorTests {
    @Test func `no descriptor is left when a server has stopped`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let authority = try CertificateAuthority(folder: folder.path)
            try await Self.useServer(authority)
            let before = try Files.list("/proc/self/fd").count
            let rounds = 10
            for _ in 0..<rounds { try await Self.useServer(authority) }
            // The runtime opens some of its own when it first needs them, and the threads that served and asked may still
            // be on their way out.
            let isBack = try await offPool {
                try holds { try Files.list("/proc/self/fd").count < before + rounds }
            }
            try #require(isBack)
        }
    }

    private static func useServer(_ authority: CertificateAuthority) async throws {
        let trusted = authority.certificateFile
        try await withServer({ $0.tlsPort = 0 }, authority: authority) { server in
            var clients: [RawClient] = []
            for index in 0..<20 {
                let client = try server.client()
                switch index % 4 {
                case 0: try client.send("GET / HTTP/1.1\r\n\r\n")
                case 1: try client.send("nonsense\r\n\r\n")
                case 2: try client.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
                default:
                    try client.send("CONNECT h:443 HTTP/1.1\r\n\r\n")
                    _ = try client.answer()
                    try client.startTLS(trusting: trusted, serverName: "h", host: "h")
                }
                clients.append(client)
            }
        }
    }

    @Test func `a server without free descriptors waits without spinning`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 128, rlim_max: 128)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try await withServer({ $0.turnInterval = .seconds(60) }) { server in
                // Has its descriptor before none is left: another thread of the process might take the one that is freed.
                let client = try RawClient(unconnectedFor: server.address)
                var fillers: [Int32] = []
                while true {
                    let filler = dup(0)
                    if filler < 0 { break }
                    fillers.append(filler)
                }
                try client.connect()
                try client.send("GET / HTTP/1.1\r\n\r\n")
                let start = clock()
                _ = poll(nil, 0, 400)
                let used = Double(clock() - start) / Double(CLOCKS_PER_SEC)
                try #require(used < 0.1, "\(used) s of CPU in 0.4 s")
                try #require(server.requests.isEmpty, "accepted without a free descriptor")
                for filler in fillers { close(filler) }
                let status = try client.answer().status
                try #require(status == 200, "\(status) once descriptors were free")
            }
        }
    }

    @Test func `a client that leaves while it is answered does not end the program`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            let folder = try TemporaryFolder()
            let authority = try CertificateAuthority(folder: folder.path)
            let trusted = authority.certificateFile
            try await withServer(
                { $0.tlsPort = 0 }, authority: authority,
                answer: { _ in HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 16 << 20)) }
            ) { server in
                for index in 1...10 {
                    do {
                        let client = try RawClient(index % 2 == 0 ? server.address : server.secureAddress)
                        if index % 2 == 1 { try client.startTLS(trusting: trusted, serverName: "h", host: "h") }
                        try client.send("GET / HTTP/1.1\r\n\r\n")
                        _ = holds { server.requests.count == index }
                    }
                    try #require(holds { server.server.statistics.openConnections == 0 })
                }
            }
        }
    }
}
