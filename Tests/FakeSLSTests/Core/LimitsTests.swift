import Testing

@testable import FakeSLS

@Suite struct LimitsTests {
    @Test func `relaxed keeps the article's ten consumer groups, strict has today's thirty`() {
        #expect(Limits.relaxed.consumerGroupsPerLogstore == 10)
        #expect(Limits.strict.consumerGroupsPerLogstore == 30)
    }

    @Test(arguments: Limits.Name.allCases) func `each name reads and writes one limit`(name: Limits.Name) {
        var limits = Limits.strict
        limits[name] = 7
        #expect(limits[name] == 7)
        for other in Limits.Name.allCases where other != name { #expect(limits[other] == Limits.strict[other]) }
    }
}
