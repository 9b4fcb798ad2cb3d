import CurlHTTP
import SLSProtocol
import System
import TestKit
import Testing

@testable import FakeSLS

/// A listening emulator's handles, seen through real sockets by libcurl.
struct FakeSLSServerTests {
    /// How long anything may take before a test gives up.
    private static let patience = Duration.seconds(30)

    private struct Fixture {
        let server: FakeSLSServer
        let client: HTTPClient
        let clock: VirtualClock

        func send(
            _ method: String, _ path: String, json: String = "", timeout: Duration = patience
        ) async throws -> CurlHTTP.HTTPResponse {
            try await client.send(
                HTTPRequest(
                    method: method, url: server.endpoint + path,
                    headers: [
                        ("x-log-project", "demo"), ("x-log-apiversion", "0.6.0"), ("Content-Type", "application/json"),
                    ],
                    body: json.isEmpty ? nil : Array(json.utf8), timeout: timeout))
        }

        /// Why no answer came; nil where one did.
        func failure(
            _ method: String, _ path: String, json: String = "", timeout: Duration = patience
        ) async -> CurlError.Kind? {
            do {
                _ = try await send(method, path, json: json, timeout: timeout)
                return nil
            } catch {
                return (error as? CurlError)?.kind
            }
        }
    }

    private func withServer(_ body: (Fixture) async throws -> Void) async throws {
        var configuration = FakeSLSServer.Configuration()
        configuration.hosts = ["127.0.0.1"]
        configuration.emulator.stores = [
            InitialProject(
                name: try ProjectName("demo"),
                logstores: [InitialLogstore(name: try LogstoreName("app"), shardCount: 2)])
        ]
        let clock = VirtualClock()
        let server = try FakeSLSServer(configuration, clock: clock.serverClock)
        let client = try HTTPClient()
        try await body(Fixture(server: server, client: client, clock: clock))
        await client.shutdown()
        server.stop()
        await server.stopped()
    }

    @Test func `the next requests of a call are refused`() async throws {
        try await withServer { fixture in
            fixture.server.failNext(.listShards, with: .serverBusy, times: 2)
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await fixture.send("GET", "/logstores/app/shards").status) }
            #expect(statuses == [503, 503, 200])
        }
    }

    @Test(arguments: [FakeSLS.Fault.dropRequest, .dropAnswer])
    func `libcurl sees a dropped request or answer as a broken connection`(fault: FakeSLS.Fault) async throws {
        try await withServer { fixture in
            try fixture.server.control.inject(FaultRule(fault, on: .createConsumerGroup))
            let json = #"{"consumerGroup":"cg","timeout":60}"#
            let failure = await fixture.failure("POST", "/logstores/app/consumergroups", json: json)
            #expect(failure == .connectionLost)
            let groups = try await fixture.server.consumerGroups(of: LogstoreName("app"), in: ProjectName("demo"))
            #expect(groups.map(\.consumerGroup) == (fault == .dropAnswer ? ["cg"] : []))
        }
    }

    @Test func `a hanging request runs into its client's timeout, and others are served meanwhile`() async throws {
        try await withServer { fixture in
            try fixture.server.control.inject(FaultRule(.hang, on: .listShards))
            async let hanging = fixture.failure("GET", "/logstores/app/shards", timeout: .milliseconds(200))
            #expect(try await fixture.send("GET", "/logstores").status == 200)
            let failure = await hanging
            #expect(failure == .timeout)
        }
    }

    @Test func `a delayed request is applied though its client gave up`() async throws {
        try await withServer { fixture in
            // Far apart, so that a busy machine does not close the gap.
            let delay = Duration.seconds(3)
            try fixture.server.control.inject(FaultRule(.delayRequest(delay), on: .createConsumerGroup))
            let failure = await fixture.failure(
                "POST", "/logstores/app/consumergroups", json: #"{"consumerGroup":"cg","timeout":60}"#,
                timeout: .seconds(1))
            #expect(failure == .timeout)
            let (logstore, project) = (try LogstoreName("app"), try ProjectName("demo"))
            let deadline = ContinuousClock.now + Self.patience
            var groups = try await fixture.server.consumerGroups(of: logstore, in: project)
            while groups.isEmpty, ContinuousClock.now < deadline {
                groups = try await fixture.server.consumerGroups(of: logstore, in: project)
            }
            #expect(groups.map(\.consumerGroup) == ["cg"])
        }
    }

    @Test func `groups are shown, consumers expire, and time is let pass from any thread`() async throws {
        try await withServer { fixture in
            let (logstore, project) = (try LogstoreName("app"), try ProjectName("demo"))
            let (group, path) = (try ConsumerGroupName("cg"), "/logstores/app/consumergroups")
            _ = try await fixture.send("POST", path, json: #"{"consumerGroup":"cg","timeout":10}"#)
            for name in ["a", "b"] {
                _ = try await fixture.send("POST", "\(path)/cg?type=heartbeat&consumer=\(name)", json: "[]")
            }
            func names() async throws -> [String] {
                try await fixture.server.consumerGroups(of: logstore, in: project).flatMap(\.consumers).map(\.name)
            }
            #expect(try await names() == ["a", "b"])
            try await fixture.server.expire(try ConsumerName("a"), of: group, in: logstore, of: project)
            #expect(try await names() == ["b"])
            let refused = await #expect(throws: APIError.self) {
                try await fixture.server.expire(try ConsumerName("a"), of: group, in: logstore, of: project)
            }
            #expect(refused?.code == .consumerNotExist)
            fixture.server.control.advanceClock(by: .seconds(11))
            // The turn that follows lets time take its course.
            #expect(try await fixture.send("GET", "/_fake/healthz").status == 200)
            #expect(try await names().isEmpty)
        }
    }

    @Test func `a server that has ended is asked in vain`() async throws {
        let server = try FakeSLSServer()
        server.stop()
        await server.stopped()
        await #expect(throws: CancellationError.self) {
            try await server.consumerGroups(of: LogstoreName("app"), in: ProjectName("demo"))
        }
    }
}
