import SLSClient
import SLSProtocol
import Testing

@testable import Dispatcher

@Suite struct GenerationTests {
    private static let web = LaneKeys.Place(host: "sls.test", project: "demo", logstore: "web")
    private static let audit = LaneKeys.Place(host: "sls.test:8080", project: "demo", logstore: "audit")

    private static let shape = OutputShape(
        routes: RouteTable([.init(topic: "ngnix", target: 0), .init(topic: "größe", target: 1)]),
        targets: [web, audit], start: .received(Timestamp(seconds: 1_709_618_828)))

    @Test func `the canonical text and its digest are what they always were`() {
        #expect(
            Self.shape.canonicalText == """
                sls-dispatch output
                codec 1
                lanes 8
                start 1709618828
                rewrite none
                route 5:ngnix 8:sls.test 4:demo 3:web
                route 7:größe 13:sls.test:8080 4:demo 5:audit

                """)
        #expect(
            Generation(Self.shape).hex == "429c6612ed8548f7ce168232310a7602ab51e7ffb7b0786d40d5ec2ffb0f97f7")
    }

    @Test func `what decides nothing changes nothing`() {
        let same = OutputShape(
            routes: RouteTable([
                .init(topic: "größe", target: 0), .init(topic: "ngnix", target: 1), .init(topic: "größe", target: 0),
            ]), targets: [Self.audit, Self.web], start: .received(Timestamp(seconds: 1_709_618_828)))
        #expect(Generation(same) == Generation(Self.shape))
    }

    @Test func `whatever shapes the output makes another generation`() {
        var shapes = Array(repeating: Self.shape, count: 7)
        shapes[1].laneCount = 4
        shapes[2].start = .begin
        shapes[3].tagsOrigin = true
        shapes[4].targets[1] = LaneKeys.Place(host: "sls.test", project: "demo", logstore: "audit")
        shapes[5].routes = RouteTable([.init(topic: "ngnix", target: 0)])
        shapes[6].routes = RouteTable([.init(topic: "ngnix", target: 1), .init(topic: "größe", target: 0)])
        #expect(Set(shapes.map { Generation($0) }).count == shapes.count)
    }

    @Test func `no topic can pass for another route`() {
        func shape(_ topics: [String]) -> OutputShape {
            OutputShape(routes: RouteTable(topics.map { .init(topic: $0, target: 0) }), targets: [Self.web])
        }
        let tricky = "a 8:sls.test 4:demo 3:web\nroute 1:b"
        #expect(Generation(shape([tricky])) != Generation(shape(["a", "b"])))
    }
}
