internal import SLSProtocol

/// `/_fake/faults`: what is to go wrong, as JSON in and out. docs/testing.md shows it.
struct FaultPages {
    let control: EmulatorControl
    let changes: ControlChanges

    /// One rule as it is shown.
    private struct Shown: Encodable {
        let id: Int
        let call: String?
        let project: String?
        let logstore: String?
        let shard: Int?
        let consumer: String?
        let fault: String
        let status: Int?
        let code: String?
        let seconds: Double?
        let next: Int?
        let fraction: Double?
        let fired: Int
        let spent: Bool
    }

    func list() throws(APIError) -> APIResponse { try .json(["faults": control.faults.map { Self.shown($0) }]) }

    func add(_ bytes: [UInt8]) throws(APIError) -> APIResponse {
        let id = try control.inject(try Self.rule(bytes))
        changes.note { [control] in control.clearFault(id) }
        return try .json(["id": id])
    }

    /// - Parameter id: nil takes all back.
    func remove(_ id: String?) throws(APIError) -> APIResponse {
        let before = control.faults
        changes.note { [control] in control.putBack(before) }
        guard let id else {
            control.clearFaults()
            return .empty
        }
        guard let number = Int(id), control.removeFault(number) else {
            throw APIError(.notFound, "there is no fault \(id.prefix(20))")
        }
        return .empty
    }

    private static let known = [
        "call", "project", "logstore", "shard", "consumer", "fault", "status", "code", "message", "seconds", "next",
        "fraction", "seed", "untilCleared",
    ]

    private static func rule(_ bytes: [UInt8]) throws(APIError) -> FaultRule {
        let body = try ControlBody(bytes, known: known)
        var rule = FaultRule(try fault(body), extent: try extent(body))
        rule.call = try body.text("call").map { CallName(rawValue: $0) }
        rule.project = try body.text("project")
        rule.logstore = try body.text("logstore")
        rule.shard = try body.integer("shard", in: 0...Int(Int32.max))
        rule.consumer = try body.text("consumer")
        return rule
    }

    private static func fault(_ body: ControlBody) throws(APIError) -> Fault {
        guard let kind = try body.choice("fault", of: Fault.Kind.self) else {
            throw .parameterInvalid("\"fault\": expected a text")
        }
        for name in ["status", "code", "message"] where kind != .refuse && body.has(name) {
            throw .parameterInvalid("\"\(name)\": only with \"fault\":\"refuse\"")
        }
        let time = try body.number("seconds", in: 0...FaultRule.durationLimit.inSeconds).map { Duration.seconds($0) }
        let delay: () throws(APIError) -> Duration = { () throws(APIError) in
            guard let time else { throw .parameterInvalid("\"seconds\": needed with \"fault\":\"\(kind.rawValue)\"") }
            return time
        }
        let instant: (Fault) throws(APIError) -> Fault = { fault throws(APIError) in
            if time != nil { throw .parameterInvalid("\"seconds\": not with \"fault\":\"\(kind.rawValue)\"") }
            return fault
        }
        return switch kind {
        case .refuse: try instant(.refuse(try refusal(body)))
        case .delayRequest: .delayRequest(try delay())
        case .delayAnswer: .delayAnswer(try delay())
        case .dropRequest: try instant(.dropRequest)
        case .dropAnswer: try instant(.dropAnswer)
        case .repeatRequest: try instant(.repeatRequest)
        case .hang: try instant(.hang)
        case .holdCommit: .holdCommit(time ?? FaultRule.durationLimit)
        }
    }

    private static func refusal(_ body: ControlBody) throws(APIError) -> APIError {
        APIError(
            APIError.Code(rawValue: try body.text("code").nonEmpty ?? APIError.Code.internalServerError.rawValue),
            try body.text("message") ?? "refused by a fault that was asked for",
            status: try body.integer("status", in: 400...599))
    }

    private static func extent(_ body: ControlBody) throws(APIError) -> FaultRule.Extent {
        let next = try body.integer("next", in: 1...Int(Int32.max))
        let part = try body.number("fraction", in: 0...1)
        let seed = try body.integer("seed", in: 0...Int.max)
        let isLasting = try body.flag("untilCleared")
        if seed != nil, part == nil { throw .parameterInvalid("\"seed\": only with \"fraction\"") }
        switch (next, part, isLasting) {
        case (let next, nil, false): return .next(next ?? 1)
        case (nil, let part?, false): return .fraction(part, seed: UInt64(seed ?? 0))
        case (nil, nil, true): return .untilCleared
        default: throw .parameterInvalid("\"next\", \"fraction\", \"untilCleared\": one of them at most")
        }
    }

    private static func shown(_ entry: FaultPlan.Entry) -> Shown {
        let rule = entry.rule
        var (status, code): (Int?, String?)
        if case .refuse(let error) = rule.fault { (status, code) = (error.status, error.code.rawValue) }
        var (next, part): (Int?, Double?)
        switch rule.extent {
        case .next(let count): next = count
        case .fraction(let wanted, _): part = wanted
        case .untilCleared: break
        }
        return Shown(
            id: entry.id, call: rule.call?.rawValue, project: rule.project, logstore: rule.logstore,
            shard: rule.shard, consumer: rule.consumer, fault: rule.fault.kind.rawValue, status: status, code: code,
            seconds: rule.fault.duration?.inSeconds, next: next, fraction: part, fired: entry.firedCount,
            spent: entry.isSpent)
    }
}
