import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// Scenarios of consumer-group.md chapter 6 that hold in every mode of delivery.
@Suite(.serialized) struct ScenarioTests {
    @Test(arguments: [DeliveryMode.atLeastOnce, .exactlyOnce])
    func `X12 log groups of an unknown topic are acknowledged and counted, and the checkpoint passes them`(
        mode: DeliveryMode
    ) async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<8)
        try await service.fill(
            (0..<20).map { LogGroup.make(topic: "unheard of", logs: 1, marker: "\($0)").serialized })
        let recorder = LineRecorder()
        let dispatcher = try LiveDispatcher("a", of: service, logger: recorder.logger) { $0.delivery.mode = mode }
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await dispatcher.leave())
        }
        let totals = dispatcher.dispatcher.status.totals
        #expect(totals.unrouted == 20 && totals.unroutedTopics.counts == ["unheard of": 20])
        #expect(totals.ledger.shards.values.map(\.read).reduce(0, +) == 28)
        #expect(totals.ledger.shards.values.map(\.routed).reduce(0, +) == 8)
        #expect(totals.accepted.reduce(0, +) == 8)
        #expect(recorder.all.count { $0.contains("a topic without a route") && $0.contains("unheard of") } == 1)
    }

    @Test(arguments: [DeliveryMode.atLeastOnce, .exactlyOnce])
    func `X15 after a stop for longer than the retention the gap is reported with its cursors, and the rest delivered`(
        mode: DeliveryMode
    ) async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<40)
        try await service.client().createConsumerGroup(
            try ConsumerGroupName("cg"), of: try LogstoreName("source"), timeoutSeconds: 30, isOrdered: false)
        try await service.rewind(to: .begin)
        let client = try service.client()
        let source = try LogstoreName("source")
        let from = try await client.getCursor(of: ShardID(0), in: source, from: .begin)
        service.clock.jump(by: .seconds(40 * 86_400))
        try await service.fill(40..<80)
        let to = try await client.getCursor(of: ShardID(0), in: source, from: .begin)
        #expect(from < to)
        let recorder = LineRecorder()
        let dispatcher = try LiveDispatcher("a", of: service, logger: recorder.logger) { $0.delivery.mode = mode }
        try await running(dispatcher) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(dispatcher.dispatcher.status.member.gapCount == 4)
            #expect(dispatcher.dispatcher.status.shards.allSatisfy { $0.gapCount == 1 })
            #expect(try await dispatcher.leave())
        }
        #expect(recorder.all.contains { $0.hasPrefix("error") && $0.contains("\(from)") && $0.contains("\(to)") })
        #expect(try await service.copies(0..<40) == (0, 0))
        #expect(try await service.copies(40..<80) == (1, 1))
    }

    @Test func `X9 routes that change after a stop under load are exact`() async throws {
        let service = try ScriptedService.withTargets()
        try await service.fill(0..<180)
        // Slow enough that queues are full when the stop comes.
        service.follow { $0.api == .putLogs ? .delay(.milliseconds(200)) : nil }
        let first = try LiveDispatcher("a", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.delivery.laneCount = 1
        }
        try await running(first) {
            try await wait(for: "something is written", within: .seconds(120)) {
                first.dispatcher.status.totals.accepted.reduce(0, +) > 10
            }
            #expect(try await first.leave(), "exit status 0")
        }
        var stored = 0
        for logstore in ["web", "audit", "clicks"] { stored += try await service.stored(logstore).count }
        let undelivered = 180 - stored
        #expect(undelivered > 0, "it was stopped under load")
        service.heal()
        let second = try LiveDispatcher("b", of: service) {
            $0.delivery.mode = .exactlyOnce
            $0.delivery.laneCount = 1
            $0.routes = RouteTable($0.routes.routes + [.init(topic: "ngnix", target: 2)])
        }
        try await running(second) {
            try await wait(for: "all is covered", within: .seconds(120)) { try await service.isCovered() }
            #expect(try await second.leave())
        }
        #expect(second.dispatcher.status.totals.ledger.targets.allSatisfy { $0.suppressed == 0 })
        var counts: [[UInt8]: Int] = [:]
        for group in try await service.stored("web") + service.stored("audit") { counts[group, default: 0] += 1 }
        for number in 0..<180 where number % 3 != 2 { #expect(counts[ScriptedService.group(number)] == 1) }
        let clicks = try await service.stored("clicks")
        #expect(Set(clicks).count == clicks.count, "nothing is there twice")
        #expect(clicks.count > 60, "what came after the stop goes to both places")
    }
}
