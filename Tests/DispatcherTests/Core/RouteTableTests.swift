import Dispatcher
import Testing

@Suite struct RouteTableTests {
    private let table = RouteTable([
        .init(topic: "ngnix", target: 0), .init(topic: "sql_audit", target: 1), .init(topic: "click", target: 2),
    ])

    private func target(_ topic: String, in table: RouteTable) -> Int? {
        let bytes = Array("..\(topic)..".utf8)
        return table.targets(ofTopic: 2..<2 + topic.utf8.count, in: bytes.span).first
    }

    @Test func `topics match exactly`() {
        #expect(target("ngnix", in: table) == 0)
        #expect(target("sql_audit", in: table) == 1)
        #expect(target("click", in: table) == 2)
        for topic in ["nginx", "Click", "CLICK", "clic", "clicks", " click", ""] {
            #expect(target(topic, in: table) == nil)
        }
    }

    @Test func `log groups without a topic can be routed like the empty topic`() {
        let bytes: [UInt8] = []
        #expect(table.targets(ofTopic: nil, in: bytes.span).isEmpty)
        #expect(RouteTable([.init(topic: "", target: 4)]).targets(ofTopic: nil, in: bytes.span) == [4])
    }

    @Test func `a topic may go to several targets, to each once`() {
        let table = RouteTable([
            .init(topic: "a", target: 2), .init(topic: "b", target: 1), .init(topic: "a", target: 0),
            .init(topic: "a", target: 2),
        ])
        let bytes = Array("ab".utf8)
        #expect(table.targets(ofTopic: 0..<1, in: bytes.span) == [2, 0])
        #expect(table.targets(ofTopic: 1..<2, in: bytes.span) == [1])
    }

    @Test func `nginx gets a hint, and so does another case`() {
        #expect(table.hint(for: "nginx") == "ngnix")
        #expect(table.hint(for: "Click") == "click")
        #expect(table.hint(for: "click") == nil)
        #expect(table.hint(for: "audit") == nil)
        #expect(table.hint(for: "") == nil)
    }

    @Test func `topics are counted by name up to a bound`() {
        var counts = TopicCounts()
        for number in 0..<150 {
            let isFirst = counts.add("topic-\(number)")
            #expect(isFirst == (number < 100))
        }
        _ = counts.add("topic-7", 2)
        #expect(counts.others == 50)
        #expect(counts.ranked.first?.topic == "topic-7")
        #expect(counts.ranked.count == 100)
    }
}
