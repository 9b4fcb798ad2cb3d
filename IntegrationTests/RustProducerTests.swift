import System
import Testing

/// The producer of the official Rust SDK, unmodified: its own signatures, compression, pack ids and retries.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"), .serialized)
struct RustProducerTests {
    private static func environment(_ server: RunningFakeSLS, _ way: RunningFakeSLS.Way) -> [String: String] {
        server.clientEnvironment(way).merging(["SSL_CERT_FILE": server.ready.ca]) { $1 }
    }

    @Test func `what it writes is read by the Python SDK, once each, over the proxy and its tunnel`() async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 2])
        var written = 0
        for (way, compression) in [(RunningFakeSLS.Way.proxy, "lz4"), (.proxy, "zstd"), (.tunnel, "zstd")] {
            let lines = try await PythonScript.run(
                "rust_producer", ["--compress", compression, "--prefix", "\(way)-\(compression)"],
                environment: Self.environment(server, way))
            #expect(lines == [#"{"stored": 40, "failed": 0, "errors": []}"#])
            written += 40
        }
        let delivered = try await DeliveredLogs.read(["source"], environment: server.clientEnvironment(.proxy))
        #expect(delivered.ids(in: "source").count == written && delivered.duplicateCount(in: "source") == 0)
        #expect(delivered.topics["source"] == ["ngnix", "sql_audit"])
        #expect(try await server.unknowns() == [])
        #expect(await server.stop() == .exited(0))
    }

    @Test func `it tries again after a 500 and a quota, and reports a wrong secret by the service's code`() async throws
    {
        let server = try await RunningFakeSLS.start(["--control", "on"])
        try await server.create(["source": 1])
        let environment = Self.environment(server, .proxy)
        let refused = try await PythonScript.run("rust_producer", ["--secret", "wrong"], environment: environment)
        #expect(refused == [#"{"stored": 0, "failed": 40, "errors": [["server", 401, "SignatureNotMatch"]]}"#])
        for code in ["InternalServerError", "WriteQuotaExceed"] {
            let fault = try await server.inject(
                #"{"fault":"refuse","call":"PutLogs","code":"\#(code)","next":1}"#)
            let lines = try await PythonScript.run("rust_producer", ["--prefix", code], environment: environment)
            #expect(lines == [#"{"stored": 40, "failed": 0, "errors": []}"#], "\(code)")
            #expect(try await server.fired(fault) == 1, "\(code)")
        }
        let delivered = try await DeliveredLogs.read(["source"], environment: environment)
        #expect(delivered.ids(in: "source").count == 80 && delivered.duplicateCount(in: "source") == 0)
        #expect(await server.stop() == .exited(0))
    }
}
