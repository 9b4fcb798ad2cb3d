import System
import Testing

/// What `sls-dispatch run` says and how it ends when it cannot begin.
struct DispatchRefusalTests {
    private func server() async throws -> RunningFakeSLS {
        let server = try await RunningFakeSLS.start()
        try await server.create(["source": 1, "to-1": 1, "to-2": 1, "to-3": 1])
        return server
    }

    @Test func `every missing variable is named at once`() async throws {
        let result = try await RunningDispatcher.run(environment: [:])
        #expect(result.exit == .exited(64))
        for name in [
            "SLS_ENDPOINT", "SLS_AK_ID", "SLS_AK_KEY", "SLS_PROJECT", "SLS_LOGSTORE", "SLS_CG", "SLS_LOGSTORE_TO1",
            "SLS_LOGSTORE_TO2", "SLS_LOGSTORE_TO3",
        ] {
            #expect(result.errors.contains("\(name) "), "\(result.errors)")
        }
    }

    @Test func `an empty target is an error that names it, and tells of the article's slip where it looks like that`()
        async throws
    {
        let server = try await server()
        let empty = try await RunningDispatcher.run(
            environment: RunningDispatcher.environment(server, changed: ["SLS_LOGSTORE_TO2": ""]))
        #expect(empty.exit == .exited(64))
        #expect(empty.errors.contains("SLS_LOGSTORE_TO2 is empty"), "\(empty.errors)")
        let slip = try await RunningDispatcher.run(
            environment: RunningDispatcher.environment(
                server, changed: ["SLS_LOGSTORE_TO2": "", "SLS_LOGSTORE_TO3": ""]))
        #expect(slip.exit == .exited(64))
        #expect(slip.errors.contains("the article exports it three times by mistake"), "\(slip.errors)")
    }

    @Test func `an unknown option is a usage error`() async throws {
        let result = try await RunningDispatcher.run(["run", "--no-such-option"], environment: [:])
        #expect(result.exit == .exited(64))
    }

    @Test func `logstores that do not exist are all named`() async throws {
        let server = try await server()
        let result = try await RunningDispatcher.run(
            environment: RunningDispatcher.environment(
                server, changed: ["SLS_LOGSTORE_TO1": "missing-1", "SLS_LOGSTORE_TO3": "missing-3"]))
        #expect(result.exit == .exited(1))
        #expect(result.errors.contains("missing-1") && result.errors.contains("missing-3"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").last?.contains("to-2") == false, "\(result.errors)")
    }

    @Test(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"))
    func `an eleventh consumer group is refused with the limit and the groups there are`() async throws {
        let server = try await server()
        for number in 1...10 {
            let connection = try RawConnection(port: server.port)
            let json = "{\"consumerGroup\":\"taken-\(number)\",\"timeout\":30,\"order\":false}"
            try await connection.send(
                "POST /logstores/source/consumergroups HTTP/1.1\r\nHost: demo.localhost\r\nConnection: close\r\n"
                    + "x-log-apiversion: 0.6.0\r\nContent-Type: application/json\r\nx-log-bodyrawsize: 0\r\n"
                    + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)")
            #expect(try await connection.read().hasPrefix("HTTP/1.1 200 "))
        }
        let result = try await RunningDispatcher.run(environment: RunningDispatcher.environment(server))
        #expect(result.exit == .exited(1))
        for part in ["ConsumerGroupQuotaExceed", "source", "10", "taken-1", "taken-10"] {
            #expect(result.errors.contains(part), "\(result.errors)")
        }
    }

    @Test func `a certificate nobody vouches for is refused with its own message`() async throws {
        let server = try await server()
        var environment = RunningDispatcher.environment(server, .https)
        environment["SLS_CA_FILE"] = nil
        let result = try await RunningDispatcher.run(environment: environment)
        #expect(result.exit == .exited(1))
        #expect(result.errors.lowercased().contains("certificate"), "\(result.errors)")
    }

    @Test func `a wrong secret ends the start with the service's code`() async throws {
        let server = try await server()
        let result = try await RunningDispatcher.run(
            environment: RunningDispatcher.environment(server, changed: ["SLS_AK_KEY": "wrong"]))
        #expect(result.exit == .exited(1))
        #expect(result.errors.contains("SignatureNotMatch"), "\(result.errors)")
    }
}
