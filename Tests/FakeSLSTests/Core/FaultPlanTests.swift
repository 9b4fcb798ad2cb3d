import SLSProtocol
import Testing

@testable import FakeSLS

struct FaultPlanTests {
    private let put = FaultSubject(call: .putLogs, project: "demo", logstore: "app", shard: nil, consumer: nil)
    private let beat = FaultSubject(call: .heartBeat, project: "demo", logstore: "app", shard: nil, consumer: "a")

    private func plan(_ rules: FaultRule...) throws -> FaultPlan {
        var plan = FaultPlan()
        for rule in rules { _ = try plan.add(rule) }
        return plan
    }

    @Test func `a rule strikes as many requests as it says, and those of its call alone`() throws {
        var plan = try plan(FaultRule(.dropAnswer, on: .putLogs, extent: .next(2)))
        let struck = [put, beat, put, put].map { plan.strike($0)?.fault }
        #expect(struck == [.dropAnswer, nil, .dropAnswer, nil])
        #expect(plan.entries.map(\.firedCount) == [2])
        #expect(plan.entries.map(\.isSpent) == [true])
    }

    @Test func `the first rule that fits is the one that strikes`() throws {
        var plan = try plan(FaultRule(.hang, on: .heartBeat), FaultRule(.dropRequest, extent: .untilCleared))
        let struck = [put, beat, beat].map { plan.strike($0)?.fault }
        #expect(struck == [.dropRequest, .hang, .dropRequest])
        #expect(plan.entries.map(\.isSpent) == [true, false])
    }

    @Test(arguments: ["project", "logstore", "shard", "consumer"])
    func `a rule for one of many leaves the others alone`(part: String) throws {
        var rule = FaultRule(.hang, extent: .untilCleared)
        (rule.project, rule.logstore, rule.shard, rule.consumer) = ("demo", "app", 3, "a")
        var plan = try plan(rule)
        func subject(_ text: String?, _ number: Int?) -> FaultSubject {
            FaultSubject(
                call: .heartBeat, project: part == "project" ? text : "demo",
                logstore: part == "logstore" ? text : "app", shard: part == "shard" ? number : 3,
                consumer: part == "consumer" ? text : "a")
        }
        let others = [plan.strike(subject("other", 4)), plan.strike(subject(nil, nil))]
        #expect(others == [nil, nil])
        #expect(plan.entries.map(\.firedCount) == [0])
        let fitting = FaultSubject(call: .heartBeat, project: "demo", logstore: "app", shard: 3, consumer: "a")
        let strike = plan.strike(fitting)
        #expect(strike != nil)
    }

    @Test func `a fraction strikes the same requests in each run, about so many`() throws {
        func struck(seed: UInt64) throws -> [Bool] {
            var plan = try plan(FaultRule(.hang, extent: .fraction(0.25, seed: seed)))
            return (0..<2_000).map { _ in plan.strike(put) != nil }
        }
        let once = try struck(seed: 7)
        #expect(try struck(seed: 7) == once)
        #expect(try struck(seed: 8) != once)
        #expect((400...600).contains(once.count { $0 }))
    }

    @Test func `a fraction of nothing and of all`() throws {
        var none = try plan(FaultRule(.hang, extent: .fraction(0, seed: 1)))
        var all = try plan(FaultRule(.hang, extent: .fraction(1, seed: 1)))
        for _ in 0..<100 {
            let (nothing, something) = (none.strike(put), all.strike(put))
            #expect(nothing == nil)
            #expect(something != nil)
        }
    }

    @Test func `rules are taken back, and ids never come again`() throws {
        var plan = FaultPlan()
        let first = try plan.add(FaultRule(.hang))
        let second = try plan.add(FaultRule(.dropRequest))
        let removed = [plan.remove(first), plan.remove(first)]
        #expect(removed == [true, false])
        let strike = plan.strike(put)
        #expect(strike == FaultPlan.Strike(id: second, fault: .dropRequest))
        plan.clear()
        let nothing = plan.strike(put)
        #expect(nothing == nil)
        let third = try plan.add(FaultRule(.hang))
        #expect(third > second)
    }

    @Test func `there is a bound on rules, and spent ones make room`() throws {
        var plan = FaultPlan()
        for _ in 0..<FaultPlan.ruleLimit { _ = try plan.add(FaultRule(.hang, on: .heartBeat)) }
        let refused = #expect(throws: APIError.self) { _ = try plan.add(FaultRule(.hang)) }
        #expect(refused?.code == .exceedQuota)
        _ = plan.strike(beat)
        _ = try plan.add(FaultRule(.hang))
        #expect(plan.entries.count == FaultPlan.ruleLimit)
    }

    @Test(arguments: [
        (FaultRule(.hang, extent: .next(0)), "next"), (FaultRule(.hang, extent: .fraction(1.5, seed: 0)), "fraction"),
        (FaultRule(.hang, extent: .fraction(.nan, seed: 0)), "fraction"),
        (FaultRule(.delayAnswer(.seconds(-1))), "seconds"), (FaultRule(.delayRequest(.seconds(601))), "seconds"),
        (FaultRule(.refuse(APIError("Odd", "", status: 200))), "status"),
    ])
    func `a rule that is out of range is refused, naming the part`(rule: FaultRule, part: String) throws {
        var plan = FaultPlan()
        let refused = #expect(throws: APIError.self) { _ = try plan.add(rule) }
        #expect(refused?.code == .parameterInvalid)
        #expect(refused?.message.hasPrefix("\"\(part)\":") == true)
    }
}
