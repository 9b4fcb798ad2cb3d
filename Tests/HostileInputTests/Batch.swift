import EventHTTP
import FakeSLS
import Foundation
import Logging
import SLSProtocol
import System
import TestKit

/// A thousand requests to one emulator, all of which follow from one seed.
struct Batch: CustomStringConvertible, Sendable {
    static let inputCount = 1_000
    /// How long a turn may take, on a machine that is busy with other things as well.
    private static let turnLimit = Duration.seconds(20)

    let seed: UInt64
    var description: String { "seed \(seed)" }

    /// Fixed ones, and fresh ones for every run; or the one that `SLS_HOSTILE_SEED` names.
    static let all: [Batch] = {
        if let replayed { return [Batch(seed: replayed)] }
        let fresh = UInt64.random(in: 1_000...UInt64(UInt32.max))
        print("hostile input: \(fixedCount) fixed seeds, \(freshCount) fresh ones from \(fresh) on")
        return (0..<fixedCount).map { Batch(seed: $0) } + (0..<freshCount).map { Batch(seed: fresh + $0) }
    }()
    private static let fixedCount: UInt64 = 40
    private static let freshCount: UInt64 = 64
    /// A batch to run alone; each input is printed before it is given, so that the last one before a crash is known.
    static let replayed = Environment.value("SLS_HOSTILE_SEED").flatMap { UInt64($0) }

    /// Gives all inputs, then looks at what they left behind.
    ///
    /// - Parameter folder: Where the data is kept; nil for memory.
    /// - Returns: What was wrong; empty if nothing was.
    func run(_ calls: SampleCalls, folder: String?) throws -> [String] {
        var chance = Chance(seed: seed)
        let stores = [InitialProject(name: try ProjectName("demo"), logstores: [.init(name: try LogstoreName("app"))])]
        let server = try Self.server(folder, chance.pick([.lenient, .lenient, .off, .strict]), stores)
        var faults: [String] = []
        var given = 0
        while given < Self.inputCount {
            if chance.oneIn(20) { calls.restore(server) }
            if chance.oneIn(20) { server.clock.advance(by: .seconds(chance.length(upTo: 100_000))) }
            let samples = (0...chance.length(upTo: 3)).map { _ in
                var sample = calls.any(&chance)
                if !chance.oneIn(5) { sample.request = chance.hostile(sample.request) }
                return sample
            }
            given += samples.count
            if Self.replayed != nil { for sample in samples { print(Self.text(sample.request)) } }
            let began = ContinuousClock.now
            let answers = server.turn(samples.map(\.request))
            let took = ContinuousClock.now - began
            if took > Self.turnLimit { faults.append("\(took) for \(samples.map { Self.text($0.request) })") }
            for (sample, answer) in zip(samples, answers) {
                guard let fault = AnswerJudge.fault(answer) else { continue }
                faults.append("\(fault) as the answer to \(Self.text(sample.request))")
            }
        }
        return try faults + aftermath(server, folder)
    }

    private static func server(
        _ folder: String?, _ authentication: EmulatorConfiguration.Authentication, _ stores: [InitialProject] = [],
        clock: VirtualClock = VirtualClock()
    ) throws -> InProcessEmulator {
        return try InProcessEmulator(clock: clock) {
            $0.dataFolder = folder
            $0.authentication = authentication
            $0.stores = stores
            $0.logger = Logger(label: "hostile input") { _ in SwiftLogNoOpLogHandler() }
        }
    }

    /// What does not hold afterwards; with a folder, also what differs once the data is read anew.
    private func aftermath(_ server: InProcessEmulator, _ folder: String?) throws -> [String] {
        // Signed, so that a strict emulator answers as well.
        var faults = try Aftermath(server).faults()
        guard let folder else { return faults }
        let before = try Aftermath(server).everything()
        let copy = folder + "-again"
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let after = try Aftermath(Self.server(copy, .off, clock: server.clock)).everything()
        if before != after {
            let difference = zip(before, after).first { $0 != $1 }
            faults.append(
                "after a restart: \(difference?.0 ?? "\(before.count)") is now \(difference?.1 ?? "\(after.count)")")
        }
        return faults
    }

    private static func text(_ request: HTTPRequest) -> String {
        let headers = request.headers.map { "\($0.name): \($0.value.prefix(200))" }.joined(separator: ", ")
        return "\(request.method) \(request.target.prefix(400)) [\(headers.prefix(1_500))] \(request.body.count) bytes "
            + "\(request.body.prefix(400))"
    }
}
