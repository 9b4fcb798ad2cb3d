import SLSClient
import SLSProtocol
import TestKit
import Testing

@testable import Dispatcher

@Suite struct BlockedShardTests {
    @Test(arguments: [DeliveryMode.atLeastOnce, .exactlyOnce])
    func `a blocked shard says which logstore refuses what, with the service's code and message`(mode: DeliveryMode)
        async throws
    {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<12)
        service.follow { call in
            call.api == .putLogs && call.request.url.contains("/logstores/audit/")
                ? .refuse(400, "PostBodyInvalid") : nil
        }
        let dispatcher = try LiveDispatcher("a", of: service) { $0.delivery.mode = mode }
        try await running(dispatcher) {
            try await wait(for: "a shard is blocked", within: .seconds(120)) {
                dispatcher.dispatcher.status.shards.contains { $0.state == "blocked" }
            }
            let reason = try #require(dispatcher.dispatcher.status.shards.first { $0.state == "blocked" }?.reason)
            #expect(reason.contains("demo/audit refuses the log group at "), "\(reason)")
            #expect(reason.contains("PostBodyInvalid"), "\(reason)")
        }
    }
}
