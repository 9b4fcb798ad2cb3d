import FakeSLS
import Foundation
import Logging
import SLSClient
import SLSConsumer
import SLSProtocol
import System
import TestKit
import Testing

@testable import Dispatcher

/// What an endpoint is asked about sequence ids, and what of the answers is kept.
@Suite struct IdempotenceProbeTests {
    private func probe(
        _ configure: (inout EmulatorConfiguration) -> Void = { _ in }
    ) throws -> (service: ScriptedService, probe: IdempotenceProbe) {
        let service = try ScriptedService.withTargets(and: ["scratch": 2], speed: 1, configure)
        return (service, try IdempotenceProbe(try service.operatorSession(), scratch: try LogstoreName("scratch")))
    }

    @Test func `the emulator passes the probe, whose last question is asked a day later`() async throws {
        let (service, probe) = try probe()
        let record = try await probe.begin()
        #expect(record.steps.dropLast().allSatisfy { $0.isAsNeeded == true } && record.steps.count == 10)
        #expect(!record.isPassed && !record.isFailed)
        #expect(try await probe.resume(record) { _ in } == nil)
        service.clock.jump(by: .seconds(86_400))
        let resumed = try #require(try await probe.resume(record) { _ in })
        #expect(resumed.isPassed)
        #expect(
            try await service.stored("scratch").count == 12,
            "two single ones, 2^30 under each of 8 keys, and a batch of two")
    }

    @Test func `an endpoint that forgets ids on a split or with age does not pass`() async throws {
        let (_, splitting) = try probe { $0.writes.forgetsSequenceIDsOnSplit = true }
        let record = try await splitting.begin()
        #expect(record.isFailed && record.steps.count { $0.isAsNeeded == false } == 1)
        let (service, aging) = try probe { $0.writes.sequenceIDLifetime = .seconds(3_600) }
        let early = try await aging.begin()
        #expect(!early.isFailed)
        service.clock.jump(by: .seconds(86_400))
        #expect(try #require(try await aging.resume(early) { _ in }).isFailed)
    }

    @Test func `an endpoint with one memory for the keys of a shard does not pass`() async throws {
        let (service, probe) = try probe()
        // By half of the hash range: the highest id of any key in it.
        let highest = Lock<[Bool: Int64]>([:])
        service.follow { call in
            guard call.api == .putLogs, let key = call.query("key"), let id = call.query("seqid").flatMap({ Int64($0) })
            else { return nil }
            return highest.withLock { highest in
                let half = key < "8"
                if let last = highest[half], id <= last { return .refuse(400, "InvalidSequenceId") }
                highest[half] = id
                return nil
            }
        }
        let record = try await probe.begin()
        #expect(record.isFailed)
        let spares = try #require(record.steps.first { $0.question.contains("seven keys") })
        #expect(spares.isAsNeeded == false && spares.answer.hasPrefix("7 of 7 refused"), "\(spares)")
    }

    @Test
    func `a record makes exactly once the default only where it is of this endpoint, passed, and the start stands`()
        async throws
    {
        let (service, probe) = try probe()
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        let passed = try #require(try await probe.resume(begun) { _ in })
        let now = service.clock.wall
        func mode(_ record: IdempotenceProbe.Record, _ change: (inout DispatcherSettings) -> Void = { _ in }) throws
            -> (
                DeliveryMode, String
            )
        {
            var settings = try LiveDispatcher.settings()
            change(&settings)
            let notice = settings.adopt(record, now: now)
            return (settings.delivery.mode, notice)
        }
        #expect(try mode(passed).0 == .exactlyOnce)
        #expect(try mode(begun).0 == .atLeastOnce)
        let moving = try mode(passed) { $0.start = StartSetting(position: .end, isFixed: false) }
        #expect(moving.0 == .atLeastOnce && moving.1.contains("SLS_CURSOR_START"))
        let skipping = try mode(passed) { $0.gapPolicy = .latest }
        #expect(skipping.0 == .atLeastOnce && skipping.1.contains("SLS_GAP_POLICY=latest"))
        let doubled = try mode(passed) { $0.delivery.deadLetter = $0.targets[0] }
        #expect(doubled.0 == .atLeastOnce && doubled.1.contains("SLS_DEAD_LETTER"))
        func record(endpoint: String, project: String) -> IdempotenceProbe.Record {
            IdempotenceProbe.Record(
                endpoint: endpoint, project: project, logstore: "scratch", keys: passed.keys, written: 0,
                steps: passed.steps)
        }
        let elsewhere = record(endpoint: "elsewhere.test", project: "demo")
        let foreign = try mode(elsewhere)
        #expect(foreign.0 == .atLeastOnce && foreign.1.contains("elsewhere.test"))
        #expect(!probe.owns(elsewhere) && probe.owns(passed))
        let neighbour = try mode(record(endpoint: passed.endpoint, project: "other"))
        #expect(neighbour.0 == .atLeastOnce && neighbour.1.contains("of project other at "))
    }

    @Test func `a mode that is given is held against the record too`() async throws {
        let (service, probe) = try probe()
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        let passed = try #require(try await probe.resume(begun) { _ in })
        var failed = passed
        failed.steps[2].isAsNeeded = false
        var settings = try LiveDispatcher.settings()
        settings.delivery.mode = .exactlyOnce
        #expect(try settings.examine(passed, for: "--delivery exactly-once", instead: "at-least-once") == nil)
        let early = try settings.examine(begun, for: "--delivery exactly-once", instead: "at-least-once")
        #expect(early?.contains("not finished") == true)
        do {
            _ = try settings.examine(failed, for: "--delivery exactly-once", instead: "at-least-once")
            Issue.record("it was let through")
        } catch {
            #expect(
                error.description.contains("an id five higher is accepted")
                    && error.description.contains("at-least-once"))
        }
        var halfway = passed
        for index in halfway.steps.indices where halfway.steps[index].question.contains("same two again") {
            halfway.steps[index].isAsNeeded = false
        }
        let single = try settings.examine(halfway, for: "a replay", instead: nil)
        #expect(single?.contains("exactly-once-batched") == true, "one log group a request does not rest on it")
        #expect(throws: SettingsError.self) {
            try settings.examine(halfway, in: .exactlyOnceBatched, for: "--delivery", instead: nil)
        }
        for index in settings.targets.indices {
            let place = settings.targets[index]
            settings.targets[index] = DispatcherSettings.Place(
                endpoint: place.endpoint, project: try ProjectName("other"), logstore: place.logstore)
        }
        let foreign = try settings.examine(failed, for: "a replay", instead: nil)
        #expect(foreign?.contains("it says nothing") == true, "another project's record rules nothing out")
    }

    @Test(arguments: [("source", "the source"), ("web", "a target"), ("dead", "the dead-letter logstore")])
    func `no logstore that the settings name is probed`(name: String, use: String) async throws {
        let service = try ScriptedService.withTargets(and: ["dead": 1])
        let (dead, intranet) = (
            try LogstoreName("dead"), try Endpoint(parsing: "cn-hangzhou-intranet.log.aliyuncs.com")
        )
        let session = try service.operatorSession {
            let target = $0.targets[0]
            $0.delivery.deadLetter = DispatcherSettings.Place(
                endpoint: target.endpoint, project: target.project, logstore: dead)
            // The same place by the region's name in another network.
            $0.source = DispatcherSettings.Place(
                endpoint: intranet, project: $0.source.project, logstore: $0.source.logstore)
        }
        do {
            _ = try IdempotenceProbe(session, scratch: try LogstoreName(name))
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains("demo/\(name) is \(use)"), "\(error)") }
    }

    @Test func `an answer that ruled exactly once out stays, however often the probe is run again`() async throws {
        let (service, probe) = try probe { $0.writes.sequenceIDLifetime = .seconds(3_600) }
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        let failed = try #require(try await probe.resume(begun) { _ in })
        #expect(failed.isFailed)
        let stored = try await service.stored("scratch").count
        #expect(try await probe.resume(failed) { _ in } == nil, "its own question has just made the endpoint remember")
        var early = begun
        early.steps[1].isAsNeeded = false
        #expect(try await probe.resume(early) { _ in } == nil)
        #expect(try await service.stored("scratch").count == stored, "nothing was written")
    }

    @Test func `a record passes only with every question there is`() async throws {
        let (service, probe) = try probe()
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        var record = try #require(try await probe.resume(begun) { _ in })
        #expect(record.isPassed && record.steps.map(\.question) == IdempotenceProbe.questions)
        record.steps.removeLast()
        #expect(!record.isPassed)
        record.steps = []
        #expect(!record.isPassed && !record.isFailed && !record.isBlank)
    }

    @Test func `a record with other questions than today's says that it can never be finished`() async throws {
        let (service, probe) = try probe()
        let begun = try await probe.begin()
        var shorter = begun
        shorter.steps.remove(at: 2)
        var empty = begun
        empty.steps = []
        let before = service.calls(.putLogs).count
        service.clock.jump(by: .seconds(86_400))
        for record in [shorter, empty] {
            do {
                _ = try await probe.resume(record) { _ in }
                Issue.record("it was resumed")
            } catch { #expect("\(error)".contains("made by another version"), "\(error)") }
            var settings = try LiveDispatcher.settings()
            #expect(settings.adopt(record, now: service.clock.wall).contains("made by another version"))
        }
        #expect(service.calls(.putLogs).count == before)
        #expect(probe.blank.isBlank && !begun.isBlank && !probe.blank.isFailed && probe.owns(probe.blank))
    }

    @Test func `a probe that could split nothing has no result`() async throws {
        let (service, probe) = try probe()
        service.follow { call in
            guard call.api == .listShards else { return nil }
            return .change { answer in
                var answer = answer
                answer.body = Array("[]".utf8)
                return answer
            }
        }
        do throws(IdempotenceProbe.Failure) {
            _ = try await probe.begin()
            Issue.record("it passed over the split")
        } catch { #expect("\(error)".contains("no shard to split")) }
    }

    @Test func `a last question whose answer was lost is asked again under another key`() async throws {
        let (service, probe) = try probe { $0.writes.sequenceIDLifetime = .seconds(3_600) }
        let begun = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        service.follow(.putLogs) { _ in .loseAnswer }
        var kept: [IdempotenceProbe.Record] = []
        await #expect(throws: IdempotenceProbe.Failure.self) { try await probe.resume(begun) { kept.append($0) } }
        service.heal()
        #expect(kept.count == 1 && kept[0].tries == 1 && kept[0].steps.last?.answer == "asked, answer unknown")
        let known = try #require(kept.first)
        let answered = try #require(try await probe.resume(known) { kept.append($0) })
        #expect(
            answered.isFailed, "under its own key the lost write would be refused, as if the day-old id were remembered"
        )
    }

    @Test func `what was not stored costs no key, and keys that are used up are told`() async throws {
        let (service, probe) = try probe()
        var record = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        service.follow(.putLogs) { _ in .refuse(403, "Unauthorized") }
        await #expect(throws: IdempotenceProbe.Failure.self) { try await probe.resume(record) { record = $0 } }
        #expect(record.tries == 0)
        service.follow(.putLogs) { _ in .refuse(500, "InternalServerError") }
        for _ in 0..<IdempotenceProbe.tryCount {
            await #expect(throws: IdempotenceProbe.Failure.self) { try await probe.resume(record) { record = $0 } }
        }
        service.heal()
        let stored = try await service.stored("scratch").count
        do throws(IdempotenceProbe.Failure) {
            _ = try await probe.resume(record) { record = $0 }
            Issue.record("it asked once more")
        } catch { #expect("\(error)".contains("asked 8 times") && "\(error)".contains("another probe file")) }
        #expect(try await service.stored("scratch").count == stored)
    }

    @Test func `what was turned down and could not be kept does not say that nothing was asked`() async throws {
        struct DiskFull: Error {}
        let (service, probe) = try probe()
        let record = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        service.follow(.putLogs) { _ in .refuse(403, "Unauthorized") }
        var kept = 0
        do {
            _ = try await probe.resume(record) { _ in
                kept += 1
                if kept == 2 { throw DiskFull() }
            }
            Issue.record("it was answered")
        } catch { #expect("\(error)".contains("counts as a try") && !"\(error)".contains("nothing was asked")) }
    }

    @Test func `nothing is asked where it cannot be kept that it was`() async throws {
        struct DiskFull: Error {}
        let (service, probe) = try probe()
        let record = try await probe.begin()
        service.clock.jump(by: .seconds(86_400))
        let before = service.calls(.putLogs).count
        await #expect(throws: IdempotenceProbe.Failure.self) {
            try await probe.resume(record) { _ in throw DiskFull() }
        }
        #expect(service.calls(.putLogs).count == before)
    }

    @Test(arguments: [
        (#""written" : 9223372036854775807"#, "written is 9223372036854775807"),
        (#""written" : -9223372036854775807"#, "written is -9223372036854775807"),
        (#""tries" : 9223372036854775807"#, "there are 8 keys"), (#""tries" : -1"#, "there are 8 keys"),
        (#""keys" : ["0"]"#, "keys are not those"), (#""keys" : 7"#, "typeMismatch"),
    ])
    func `a record with numbers that cannot be is refused when it is read`(field: String, reason: String) async throws {
        let (_, probe) = try probe()
        let name = try #require(field.split(separator: " ").first)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var object = try #require(
            try JSONSerialization.jsonObject(with: try encoder.encode(try await probe.begin())) as? [String: Any])
        let change = try #require(try JSONSerialization.jsonObject(with: Data("{\(field)}".utf8)) as? [String: Any])
        object.merge(change) { $1 }
        let text = try JSONSerialization.data(withJSONObject: object)
        do {
            _ = try JSONDecoder().decode(IdempotenceProbe.Record.self, from: text)
            Issue.record("\(name) was taken")
        } catch { #expect("\(error)".contains(reason), "\(error)") }
    }
}
