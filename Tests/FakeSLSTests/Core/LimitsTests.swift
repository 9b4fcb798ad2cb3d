import Testing

@testable import FakeSLS

@Suite struct LimitsTests {
    @Test func `relaxed keeps the article's ten consumer groups, strict has today's thirty`() {
        #expect(Limits.relaxed.consumerGroupsPerLogstore == 10)
        #expect(Limits.strict.consumerGroupsPerLogstore == 30)
    }

    /// Of what the service calls no quota but a bound of a field, and of the ten groups, `relaxed` takes the same view.
    @Test func `the bounds of relaxed that are no quotas are far above those of strict`() {
        let kept: [Limits.Name] = [.consumerGroupsPerLogstore, .shardsPerNewLogstore, .splitShards]
        for name in Limits.Name.allCases where !kept.contains(name) && name != .documentsPerFamily {
            #expect(Limits.relaxed[name] == Limits.protectiveCount)
            #expect(Limits.relaxed[name] >= 25 * Limits.strict[name])
        }
        #expect(Limits.relaxed.documentsPerFamily == Limits.protectiveCount)
    }

    @Test(arguments: Limits.Name.allCases) func `each name reads and writes one limit`(name: Limits.Name) {
        var limits = Limits.strict
        limits[name] = 7
        #expect(limits[name] == 7)
        for other in Limits.Name.allCases where other != name { #expect(limits[other] == Limits.strict[other]) }
        for rate in Limits.Rate.allCases { #expect(limits[rate] == Limits.strict[rate]) }
    }

    @Test(arguments: Limits.Rate.allCases) func `each rate is off, or has one figure`(rate: Limits.Rate) {
        #expect(Limits.relaxed[rate] == nil)
        var limits = Limits.strict
        limits[rate] = 7
        #expect(limits[rate] == 7)
        for other in Limits.Rate.allCases where other != rate { #expect(limits[other] == Limits.strict[other]) }
        limits[rate] = nil
        #expect(limits[rate] == nil)
    }

    @Test func `strict has the figures of the pages`() {
        let strict = Limits.strict
        #expect(strict.projects == 50 && strict.logstoresPerProject == 200 && strict.shardsPerProject == 400)
        #expect(strict.shardsPerNewLogstore == 100 && strict.splitShards == 256)
        #expect(strict.machineGroupsPerProject == 200 && strict.configsPerProject == 200)
        #expect(strict.savedSearchesPerProject == 100 && strict.dashboardsPerProject == 100)
        #expect(strict.alertsPerProject == 100)
        #expect(strict[.shardWriteBytes] == 5 << 20 && strict[.shardWriteBytesWithoutIndex] == 10 << 20)
        #expect(strict[.shardWriteCalls] == 500)
        #expect(strict[.shardReadBytes] == 10 << 20 && strict[.shardReadCalls] == 100)
        #expect(strict[.projectWriteBytes] == 100 << 30)
        #expect(strict[.projectWriteCalls] == 600_000 && strict[.projectReadCalls] == 600_000)
        #expect(strict[.controlCalls] == nil)
    }
}
