import EventHTTP
import TestKit
import Testing

@testable import FakeSLS

/// How many of each thing there may be.
struct CountQuotaTests {
    /// One count: how to make the n-th, and to delete it.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: Limits.Name
        let code: String
        let path: String
        /// `#` stands for the number.
        let body: String
        var present = 0
        var testDescription: String { name.rawValue }
    }

    private static let store = ##"{"logstoreName":"s#","ttl":1,"shardCount":1}"##

    private static let all = [
        Case(
            name: .projects, code: "ProjectQuotaExceed", path: "/",
            body: ##"{"projectName":"project-#","description":""}"##, present: 1),
        Case(name: .logstoresPerProject, code: "ProjectQuotaExceed", path: "/logstores", body: store, present: 1),
        Case(name: .shardsPerProject, code: "ProjectQuotaExceed", path: "/logstores", body: store, present: 1),
        Case(
            name: .consumerGroupsPerLogstore, code: "ConsumerGroupQuotaExceed", path: "/logstores/app/consumergroups",
            body: ##"{"consumerGroup":"x#","timeout":60,"order":false}"##),
        Case(
            name: .machineGroupsPerProject, code: "ExceedQuota", path: "/machinegroups",
            body: ##"{"groupName":"x#","type":"Alert"}"##),
        Case(name: .configsPerProject, code: "ExceedQuota", path: "/configs", body: ##"{"configName":"x#"}"##),
        Case(name: .configsPerProject, code: "ExceedQuota", path: "/pipelineconfigs", body: ##"{"configName":"x#"}"##),
        Case(
            name: .savedSearchesPerProject, code: "ExceedQuota", path: "/savedsearches",
            body: ##"{"savedsearchName":"x#"}"##),
        Case(name: .dashboardsPerProject, code: "ExceedQuota", path: "/dashboards", body: ##"{"dashboardName":"x#"}"##),
        Case(name: .alertsPerProject, code: "ExceedQuota", path: "/alerts", body: ##"{"name":"x#"}"##),
        Case(
            name: .alertsPerProject, code: "ExceedQuota", path: "/jobs", body: ##"{"name":"x#","type":"Alert"}"##),
        Case(name: .documentsPerFamily, code: "ExceedQuota", path: "/storeviews", body: ##"{"name":"x#"}"##),
        Case(
            name: .documentsPerFamily, code: "ExceedQuota", path: "/logstores/app/substores", body: ##"{"name":"x#"}"##),
    ]

    @Test func `what PUT makes is counted and named as what POST makes`() throws {
        let server = try InProcessEmulator { $0.limits[.documentsPerFamily] = 2 }
        func put(_ name: String) -> HTTPResponse { server.send("PUT", "/ingestprocessors/\(name)", json: "{}") }
        #expect(put(String(repeating: "x", count: 257)).status == 400)
        #expect([put("a"), put("b"), put("b")].map(\.status) == [200, 200, 200])
        #expect(put("c").errorCode == "ExceedQuota")
        server.send("DELETE", "/ingestprocessors/a")
        #expect(put("c").status == 200)
    }

    @Test(arguments: CountQuotaTests.all)
    func `one more than the limit is refused, and one less makes room`(line: Case) throws {
        let server = try InProcessEmulator { $0.limits[line.name] = line.present + 2 }
        server.makeLogstore(shards: 1)
        // Jobs of another kind do not count as alerts.
        if line.name == .alertsPerProject { for _ in 0..<3 { server.send("POST", "/etls", json: #"{"name":"e"}"#) } }
        func make(_ number: Int) -> HTTPResponse {
            server.send("POST", line.path, json: line.body.replacing("#", with: "\(number)"))
        }
        #expect([make(1), make(2)].map(\.status) == [200, 200])
        let refused = make(3)
        #expect(refused.status == 400)
        #expect(refused.errorCode == line.code)
        let gone =
            switch line.name {
            case .projects: server.send("DELETE", "/", host: "project-2.localhost")
            case .logstoresPerProject, .shardsPerProject: server.send("DELETE", "/logstores/s2")
            default: server.send("DELETE", "\(line.path)/x2")
            }
        #expect(gone.status == 200)
        #expect(make(3).status == 200)
        #expect(make(4).errorCode == line.code)
    }

    @Test func `a logstore is made with as many shards as allowed, not with one more`() throws {
        let server = try InProcessEmulator()
        func make(_ count: Int) -> String {
            let name = "with-\(count)"
            let body = #"{"logstoreName":"\#(name)","ttl":1,"shardCount":\#(count)}"#
            return server.send("POST", "/logstores", json: body).errorCode ?? "OK"
        }
        let codes = [0, 1, 99, 100, 101].map(make)
        #expect(codes == ["LogStoreInfoInvalid", "OK", "OK", "OK", "LogStoreInfoInvalid"])
    }

    @Test func `a split may fill the project's shards, not more`() throws {
        let server = try InProcessEmulator { $0.limits.shardsPerProject = 4 }
        server.makeLogstore(shards: 1)
        func split(_ shard: Int, _ count: Int) -> String {
            let target = "/logstores/app/shards/\(shard)?action=split&shardCount=\(count)"
            return server.send("POST", target).errorCode ?? "OK"
        }
        #expect([split(0, 5), split(0, 4), split(1, 2)] == ["ProjectQuotaExceed", "OK", "ProjectQuotaExceed"])
        // Merging two makes room for one.
        #expect(server.send("POST", "/logstores/app/shards/1?action=merge").status == 200)
        #expect(split(3, 2) == "OK")
    }
}
