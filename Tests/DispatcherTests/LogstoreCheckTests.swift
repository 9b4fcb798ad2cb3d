import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Lets nobody's request for a target through before all targets were asked for.
private final class Turnstile: Transport {
    private let service: any Transport
    private let asked: Lock<Int>
    private let isOpen = Eventually<Void>()

    init(_ service: any Transport, targetCount: Int) {
        self.service = service
        asked = Lock(targetCount)
    }

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        if !request.url.contains("/logstores/source") {
            let left = asked.withLock { left in
                left -= 1
                return left
            }
            if left == 0 { isOpen.set(()) }
            guard await isOpen.value(within: .seconds(120)) != nil else {
                throw .transport(TransportFailure(.timeout, "asked one after the other"))
            }
        }
        return try await service.send(request)
    }
}

@Suite struct LogstoreCheckTests {
    private static func check(_ service: ScriptedService, isStrict: Bool, targets: [String]) async throws {
        let settings = try LiveDispatcher.settings()
        let client = try service.client(by: Turnstile(service.line("a"), targetCount: targets.count))
        let logger = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
        let check = LogstoreCheck(
            caller: PatientCaller(clock: service.clock.consumerClock, logger: logger), logger: logger)
        try await check.run(
            source: (settings.source, client),
            targets: try targets.map { name in
                (
                    DispatcherSettings.Place(
                        endpoint: settings.source.endpoint, project: settings.source.project,
                        logstore: try LogstoreName(name)), client
                )
            }, isStrict: isStrict)
    }

    @Test(arguments: [false, true]) func `all targets are asked for at the same time, and named in order`(
        isStrict: Bool
    ) async throws {
        let service = try ScriptedService.withTargets()
        let error = await #expect(throws: DispatchError.self) {
            try await Self.check(service, isStrict: isStrict, targets: ["web", "no-2", "audit", "no-1", "no-2"])
        }
        guard case .missing(let names)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(names == ["no-2", "no-1"].map { "logstore \"\($0)\" of project \"demo\"" })
    }

    @Test func `a secret that is wrong ends the check with its first question, a right that is missing ends nothing`()
        async throws
    {
        let service = try ScriptedService.withTargets()
        service.follow { _ in .refuse(401, "Unauthorized") }
        try await Self.check(service, isStrict: true, targets: ["web", "audit"])
        let count = service.calls.count
        service.follow { _ in .refuse(401, "SignatureNotMatch") }
        await #expect(throws: DispatchError.self) {
            try await Self.check(service, isStrict: false, targets: ["web", "audit"])
        }
        #expect(service.calls.count == count + 1)
    }

    @Test func `a target that cannot be asked for matters where the check is strict`() async throws {
        let service = try ScriptedService.withTargets()
        service.follow { $0.request.url.contains("/logstores/web") ? .refuse(400, "Nonsense") : nil }
        try await Self.check(service, isStrict: false, targets: ["web", "audit"])
        await #expect(throws: DispatchError.self) {
            try await Self.check(service, isStrict: true, targets: ["web", "audit"])
        }
    }
}
