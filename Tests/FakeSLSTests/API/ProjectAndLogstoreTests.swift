import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct ProjectCallTests {
    private let bare = "cn-hangzhou.log.aliyuncs.com"

    @Test func `a project is created from the body, whatever the host`() throws {
        let server = try InProcessEmulator()
        let body = Array(#"{"projectName":"other-1","description":"d"}"#.utf8)
        #expect(server.send("POST", "/", body: body, host: bare).status == 200)
        let project = try server.send("GET", "/", host: "other-1.\(bare)").decoded(ProjectDescription.self)
        #expect(project.projectName == "other-1")
        #expect(project.description == "d")
        #expect(project.status == "Normal")
        #expect(project.createTime == "2024-03-05 06:07:08")
        #expect(project.dataRedundancyType == "LRS")
        #expect(project.quota != nil)
    }

    @Test func `a taken project name is refused`() throws {
        let answer = try InProcessEmulator().send("POST", "/", json: #"{"projectName":"demo"}"#)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "ProjectAlreadyExist")
        #expect(answer.text.contains("Project demo already exist"))
    }

    @Test(arguments: ["ab", "Demo", "-demo", "de_mo", ""])
    func `a project name that breaks the rule is refused`(name: String) throws {
        let answer = try InProcessEmulator().send("POST", "/", json: #"{"projectName":"\#(name)"}"#)
        #expect(answer.errorCode == "ParameterInvalid")
    }

    @Test func `one project more than the quota is refused`() throws {
        let server = try InProcessEmulator { $0.limits.projects = 2 }
        #expect(server.send("POST", "/", json: #"{"projectName":"second"}"#).status == 200)
        #expect(server.send("POST", "/", json: #"{"projectName":"third"}"#).errorCode == "ProjectQuotaExceed")
    }

    @Test func `projects are listed on the bare endpoint, or where the query pages`() throws {
        let server = try InProcessEmulator()
        for name in ["alpha", "beta-x", "gamma-x"] { server.send("POST", "/", json: #"{"projectName":"\#(name)"}"#) }
        let all = try server.send("GET", "/", host: bare).decoded(ProjectList.self)
        #expect(all.projects.map(\.projectName) == ["alpha", "beta-x", "demo", "gamma-x"])
        #expect(all.projects[0].quota == nil)
        let page = try server.send("GET", "/?offset=1&size=2").decoded(ProjectList.self)
        #expect(page.projects.map(\.projectName) == ["beta-x", "demo"])
        #expect(page.count == 2)
        #expect(page.total == 4)
        let found = try server.send("GET", "/?size=10&projectName=-x&fetchQuota=true").decoded(ProjectList.self)
        #expect(found.projects.map(\.projectName) == ["beta-x", "gamma-x"])
        #expect(found.projects[0].quota != nil)
    }

    @Test func `a page of 500 is allowed, one of 501 is not`() throws {
        let server = try InProcessEmulator()
        #expect(server.send("GET", "/?offset=0&size=500").status == 200)
        #expect(server.send("GET", "/?offset=0&size=501").errorCode == "ParameterInvalid")
        #expect(server.send("GET", "/?offset=-1&size=5").errorCode == "ParameterInvalid")
        #expect(server.send("GET", "/?offset=x&size=5").errorCode == "ParameterInvalid")
    }

    @Test func `a description can be changed, up to its limit`() throws {
        let server = try InProcessEmulator()
        server.clock.advance(by: .seconds(1))
        let longest = String(repeating: "d", count: ProjectService.descriptionByteLimit)
        #expect(server.send("PUT", "/", json: #"{"description":"\#(longest)"}"#).status == 200)
        #expect(server.send("PUT", "/", json: #"{"description":"\#(longest)d"}"#).errorCode == "ParameterInvalid")
        let project = try server.send("GET", "/").decoded(ProjectDescription.self)
        #expect(project.description == longest)
        #expect(project.lastModifyTime == "2024-03-05 06:07:09")
    }

    @Test func `a deleted project is gone with its logstores`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        #expect(server.turn([server.put()])[0].status == 200)
        #expect(server.send("DELETE", "/").status == 200)
        #expect(server.send("GET", "/").errorCode == "ProjectNotExist")
        #expect(server.send("GET", "/logstores/app").errorCode == "ProjectNotExist")
        #expect(server.send("DELETE", "/").status == 404)
        server.send("POST", "/", json: #"{"projectName":"demo"}"#)
        #expect(server.send("GET", "/logstores/app").errorCode == "LogStoreNotExist")
    }

    @Test func `a project name that none could have does not exist`() throws {
        let server = try InProcessEmulator()
        let answer = server.send("GET", "/logstores", host: "NO_GOOD.\(bare)")
        #expect(answer.status == 404)
        #expect(answer.errorCode == "ProjectNotExist")
    }
}

struct LogstoreCallTests {
    @Test func `a logstore shows every field that an SDK requires`() throws {
        let server = try InProcessEmulator()
        let body = #"{"logstoreName":"app","ttl":7,"shardCount":3,"unknown":{"deep":[1]},"hot_ttl":3}"#
        #expect(server.send("POST", "/logstores", json: body).status == 200)
        let logstore = try server.send("GET", "/logstores/app").decoded(LogstoreDescription.self)
        #expect(logstore.logstoreName == "app")
        #expect(logstore.ttl == 7)
        #expect(logstore.shardCount == 3)
        #expect(logstore.enableTracking == false)
        #expect(logstore.autoSplit == false)
        #expect(logstore.maxSplitShard == 64)
        #expect(logstore.appendMeta == false)
        #expect(logstore.telemetryType == "")
        #expect(logstore.mode == "standard")
        #expect(logstore.hotTTL == 3)
        #expect(logstore.createTime == 1_709_618_828)
        #expect(logstore.lastModifyTime == 1_709_618_828)
    }

    @Test(arguments: [
        #"{"logstoreName":"a","ttl":1,"shardCount":1}"#,
        #"{"logstoreName":"App","ttl":1,"shardCount":1}"#,
        #"{"logstoreName":"app","shardCount":1}"#,
        #"{"logstoreName":"app","ttl":0,"shardCount":1}"#,
        #"{"logstoreName":"app","ttl":3651,"shardCount":1}"#,
        #"{"logstoreName":"app","ttl":"7","shardCount":1}"#,
        #"{"logstoreName":"app","ttl":7}"#,
        #"{"logstoreName":"app","ttl":7,"shardCount":0}"#,
        #"{"logstoreName":"app","ttl":7,"shardCount":101}"#,
        #"{"logstoreName":"app","ttl":7,"shardCount":1,"autoSplit":true,"maxSplitShard":0}"#,
        #"{"logstoreName":"app","ttl":7,"shardCount":1,"autoSplit":true,"maxSplitShard":257}"#,
        "{", "[]", "",
    ])
    func `a logstore that breaks a rule is refused`(body: String) throws {
        let answer = try InProcessEmulator().send("POST", "/logstores", json: body)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "LogStoreInfoInvalid")
    }

    @Test(arguments: [
        #"{"logstoreName":"ap","ttl":1,"shardCount":1}"#,
        #"{"logstoreName":"a_b-c","ttl":3650,"shardCount":100}"#,
        #"{"logstoreName":"app","ttl":7,"shardCount":1,"autoSplit":true,"maxSplitShard":256}"#,
        #"{"logstoreName":"app","ttl":7,"shardCount":1,"mode":null,"hot_ttl":null}"#,
    ])
    func `a logstore at the edge of the rules is taken`(body: String) throws {
        #expect(try InProcessEmulator().send("POST", "/logstores", json: body).status == 200)
    }

    @Test func `a taken logstore name is refused`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        let answer = server.send("POST", "/logstores", json: #"{"logstoreName":"app","ttl":1,"shardCount":1}"#)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "LogStoreAlreadyExist")
        #expect(answer.text.contains("logstore app already exists"))
    }

    @Test func `the quotas of a project are kept`() throws {
        let server = try InProcessEmulator {
            $0.limits.logstoresPerProject = 2
            $0.limits.shardsPerProject = 5
        }
        server.makeLogstore("one", shards: 4)
        let second = #"{"logstoreName":"two","ttl":1,"shardCount":2}"#
        #expect(server.send("POST", "/logstores", json: second).errorCode == "ProjectQuotaExceed")
        server.makeLogstore("two", shards: 1)
        #expect(server.send("GET", "/logstores/two").status == 200)
        let third = #"{"logstoreName":"three","ttl":1,"shardCount":1}"#
        #expect(server.send("POST", "/logstores", json: third).errorCode == "ProjectQuotaExceed")
        #expect(server.send("POST", "/logstores/one/shards/0?action=split").errorCode == "ProjectQuotaExceed")
    }

    @Test func `what an update names is changed, the rest stays`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        server.clock.advance(by: .seconds(5))
        let body = #"{"logstoreName":"app","ttl":9,"shardCount":2,"enable_tracking":true}"#
        #expect(server.send("PUT", "/logstores/app", json: body).status == 200)
        let logstore = try server.send("GET", "/logstores/app").decoded(LogstoreDescription.self)
        #expect(logstore.ttl == 9)
        #expect(logstore.enableTracking == true)
        #expect(logstore.maxSplitShard == 64)
        #expect(logstore.lastModifyTime == 1_709_618_833)
        #expect(logstore.createTime == 1_709_618_828)
    }

    @Test func `an update cannot change the shard count`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        let answer = server.send("PUT", "/logstores/app", json: #"{"ttl":9,"shardCount":3}"#)
        #expect(answer.errorCode == "ParameterInvalid")
        #expect(answer.text.contains("invalid shard count,"))
    }

    @Test func `logstores are listed in order, filtered and paged`() throws {
        let server = try InProcessEmulator()
        for name in ["web", "app-a", "app-b", "app-c"] { server.makeLogstore(name) }
        let all = try server.send("GET", "/logstores").decoded(LogstoreList.self)
        #expect(all.logstores == ["app-a", "app-b", "app-c", "web"])
        let page = try server.send("GET", "/logstores?offset=1&size=2&logstoreName=app").decoded(LogstoreList.self)
        #expect(page.logstores == ["app-b", "app-c"])
        #expect(page.count == 2)
        #expect(page.total == 3)
        // The C++ SDK's spelling.
        let other = try server.send("GET", "/logstores?logstorename=web").decoded(LogstoreList.self)
        #expect(other.logstores == ["web"])
        let metrics = try server.send("GET", "/logstores?telemetryType=Metrics").decoded(LogstoreList.self)
        #expect(metrics.logstores == [])
    }

    @Test func `a deleted logstore frees its rows, and a new one of its name has higher cursors`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: 1)
        server.makeGroup()
        for _ in 0..<3 { #expect(server.turn([server.put()])[0].status == 200) }
        let oldEnd = try #require(Cursor(encoded: server.cursor("end")))
        #expect(server.send("DELETE", "/logstores/app").status == 200)
        #expect(server.send("DELETE", "/logstores/app").errorCode == "LogStoreNotExist")
        // Also with a clock that went back.
        server.clock.setWall(Timestamp(seconds: 1_600_000_000))
        server.makeLogstore(shards: 1)
        let newBegin = try #require(Cursor(encoded: server.cursor("begin")))
        #expect(newBegin > oldEnd)
        #expect(try server.groups().isEmpty)
        #expect(server.send("GET", "/logstores/app/consumergroups").text == "[]")
    }

    @Test func `projects are filtered by name, description and resource group`() throws {
        let server = try InProcessEmulator()
        for (name, description, group) in [("shop-a", "red shop", "rg-1"), ("shop-b", "blue shop", "rg-2")] {
            server.send(
                "POST", "/",
                json: #"{"projectName":"\#(name)","description":"\#(description)","resourceGroupId":"\#(group)"}"#)
        }
        func names(_ query: String) throws -> [String] {
            let list = try server.send("GET", "/?offset=0&size=10&\(query)").decoded(ProjectList.self)
            #expect(list.total == list.projects.count)
            return list.projects.map(\.projectName)
        }
        #expect(try names("projectName=shop") == ["shop-a", "shop-b"])
        #expect(try names("description=red") == ["shop-a"])
        #expect(try names("resourceGroupId=rg-2") == ["shop-b"])
        #expect(try names("resourceGroupId=rg-2&description=red") == [])
        #expect(try names("resourceGroupId=&description=") == ["demo", "shop-a", "shop-b"])
    }

    @Test func `members of a logstore that have no effect are given back as they came`() throws {
        let server = try InProcessEmulator()
        let first = #""infrequentAccessTTL":40,"encrypt_conf":{"enable": true, "encrypt_type": "default"}"#
        server.send("POST", "/logstores", json: #"{"logstoreName":"app","ttl":90,"shardCount":1,\#(first)}"#)
        #expect(server.send("GET", "/logstores/app").text.contains(first))
        server.send("PUT", "/logstores/app", json: #"{"ttl":91,"infrequentAccessTTL":50,"unknown":1}"#)
        let text = server.send("GET", "/logstores/app").text
        #expect(text.contains(#""infrequentAccessTTL":50,"encrypt_conf":{"enable": true, "encrypt_type": "default"}"#))
        #expect(!text.contains("unknown"))
        // They go with the logstore.
        server.send("DELETE", "/logstores/app")
        server.send("POST", "/logstores", json: #"{"logstoreName":"app","ttl":90,"shardCount":1}"#)
        #expect(!server.send("GET", "/logstores/app").text.contains("encrypt_conf"))
    }

    @Test func `the one region is listed on any host`() throws {
        struct Answer: Decodable {
            struct Region: Decodable {
                let region: String
                let localName: String
                let internetEndpoint: String
                let intranetEndpoint: String
                let dataRedundancyType: [String]
            }
            let regions: [Region]
        }
        let server = try InProcessEmulator { $0.region = "eu-central-1" }
        let answer = server.send("GET", "/regions?language=en", host: "eu-central-1.log.aliyuncs.com")
        let regions = try answer.decoded(Answer.self).regions
        #expect(regions.count == 1)
        #expect(regions.first?.region == "eu-central-1")
        #expect(regions.first?.internetEndpoint == "eu-central-1.log.aliyuncs.com")
        #expect(regions.first?.intranetEndpoint == "eu-central-1-intranet.log.aliyuncs.com")
        #expect(regions.first?.dataRedundancyType == ["LRS"])
    }
}
