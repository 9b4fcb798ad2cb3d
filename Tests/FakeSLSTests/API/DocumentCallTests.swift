import EventHTTP
import Foundation
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct DocumentCallTests {
    private func server() throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore()
        return server
    }

    private func path(_ family: DocumentFamily) -> String {
        family.path.replacingOccurrences(of: "{logstore}", with: "app")
    }

    private func json(_ answer: HTTPResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    @Test(arguments: DocumentFamily.all.map(\.noun))
    func `a document is made, read, listed, changed and deleted`(noun: String) throws {
        let server = try server()
        let family = try #require(DocumentFamily.all.first { $0.noun == noun })
        let path = path(family)
        let text = #"{"\#(family.nameKey)":"one","deep":{"n":1.50,"list":[true,null]},"displayName":"d"}"#
        #expect(server.send("POST", path, json: text).status == 200)

        let made = server.send("GET", path + "/one")
        #expect(made.status == 200 && made.text.contains(#""deep":{"n":1.50,"list":[true,null]}"#))
        #expect(try json(made)["createTime"] as? Int == 1_709_618_828)

        server.clock.advance(by: .seconds(5))
        #expect(server.send("PUT", path + "/one", json: #"{"displayName":"new"}"#).status == 200)
        let changed = try json(server.send("GET", path + "/one"))
        #expect(changed["displayName"] as? String == "new" && changed[family.nameKey] as? String == "one")
        #expect(changed["createTime"] as? Int == 1_709_618_828)
        #expect(changed["lastModifyTime"] as? Int == 1_709_618_833)

        let list = try json(server.send("GET", path))
        #expect(list["count"] as? Int == 1 && list["total"] as? Int == 1)
        for listing in family.listings {
            switch listing {
            case .names(let key): #expect(list[key] as? [String] == ["one"])
            case .documents(let key):
                #expect((list[key] as? [[String: Any]])?.first?[family.nameKey] as? String == "one")
            }
        }
        #expect(server.send("DELETE", path + "/one").status == 200)
        #expect(try json(server.send("GET", path))["total"] as? Int == 0)
    }

    @Test(arguments: DocumentFamily.all.map(\.noun))
    func `a name is taken once, and an unknown one is refused by every call`(noun: String) throws {
        let server = try server()
        let family = try #require(DocumentFamily.all.first { $0.noun == noun })
        let text = #"{"\#(family.nameKey)":"one"}"#
        server.send("POST", path(family), json: text)
        let second = server.send("POST", path(family), json: text)
        #expect(second.status == 400 && second.errorCode == family.alreadyExist.rawValue)
        for method in ["GET", "DELETE"] + (family.putCreates ? [] : ["PUT"]) {
            let answer = server.send(method, path(family) + "/none", json: "{}")
            #expect(answer.status == family.notExist("").status)
            #expect(answer.errorCode == family.notExist("").code.rawValue)
        }
        for body in ["[]", "", "{}", #"{"\#(family.nameKey)":1}"#, #"{"\#(family.nameKey)":"a/b"}"#] {
            #expect(server.send("POST", path(family), json: body).errorCode == family.invalid.rawValue)
        }
    }

    @Test func `lists have pages, and their filters`() throws {
        let server = try server()
        for number in 0..<5 {
            let store = number < 2 ? "a" : "b"
            let text = #"{"configName":"c\#(number)","outputDetail":{"logstoreName":"\#(store)"}}"#
            server.send("POST", "/configs", json: text)
        }
        func names(_ query: String) throws -> [String] {
            try json(server.send("GET", "/configs?\(query)"))["configs"] as? [String] ?? []
        }
        #expect(try names("offset=1&size=2") == ["c1", "c2"])
        #expect(try names("logstoreName=a&configName=") == ["c0", "c1"])
        #expect(try names("configName=3") == ["c3"])
        #expect(server.send("GET", "/configs?size=501").errorCode == "ParameterInvalid")
        #expect(try json(server.send("GET", "/configs?offset=4"))["total"] as? Int == 5)
    }

    @Test func `a job made by the path of its kind is found under jobs, and the other way round`() throws {
        let server = try server()
        server.send("POST", "/alerts", json: #"{"name":"a"}"#)
        server.send("POST", "/jobs", json: #"{"name":"b","type":"Alert"}"#)
        server.send("POST", "/jobs", json: #"{"name":"c","type":"ETL","configuration":{"logstore":"app"}}"#)
        func total(_ target: String) throws -> Int? { try json(server.send("GET", target))["total"] as? Int }
        #expect(try total("/alerts") == 2)
        #expect(try total("/jobs?jobType=Alert") == 2)
        #expect(try total("/jobs") == 3)
        #expect(try total("/jobs?logstore=app") == 1)
        #expect(server.send("GET", "/jobs/a").text.contains(#""type":"Alert""#))
    }

    @Test(arguments: [
        ("enable", "ENABLED"), ("disable", "DISABLED"), ("START", "RUNNING"), ("RESTART", "RUNNING"),
        ("STOP", "STOPPED"),
    ])
    func `an action sets a job's status`(action: String, status: String) throws {
        let server = try server()
        server.send("POST", "/jobs", json: #"{"name":"a"}"#)
        #expect(server.send("PUT", "/jobs/a?action=\(action)").status == 200)
        #expect(try json(server.send("GET", "/jobs/a"))["status"] as? String == status)
        #expect(server.send("PUT", "/jobs/a?action=dance").errorCode == "ParameterInvalid")
    }

    @Test func `an action may come with a new document`() throws {
        let server = try server()
        server.send("POST", "/jobs", json: #"{"name":"a","type":"Ingestion","displayName":"old"}"#)
        #expect(server.send("PUT", "/jobs/a?action=RESTART", json: #"{"displayName":"new"}"#).status == 200)
        let job = try json(server.send("GET", "/jobs/a"))
        #expect(job["displayName"] as? String == "new" && job["status"] as? String == "RUNNING")
        #expect(server.send("PUT", "/jobs/a?action=RESTART", json: "[]").errorCode == "ParameterInvalid")
    }

    @Test(arguments: [
        ("/jobs", #"{"name":"a","type":"RebuildIndex"}"#, #""status":"RUNNING""#),
        ("/jobs", #"{"name":"a","type":"Alert"}"#, #""status":"ENABLED""#),
        ("/scheduledsqls", #"{"name":"a"}"#, #""status":"ENABLED""#),
        ("/jobs", #"{"name":"a","type":"Alert","status":"DISABLED"}"#, #""status":"DISABLED""#),
        ("/resources", #"{"name":"a"}"#, #""acl":"{}""#),
        ("/resources", #"{"name":"a"}"#, #""schema":"{\"schema\":[]}""#),
        ("/resources", #"{"name":"a","acl":"{\"policy\":1}"}"#, #""acl":"{\"policy\":1}""#),
    ])
    func `what SDKs insist on is there, also where nobody gave it`(path: String, body: String, member: String) throws {
        let server = try server()
        server.send("POST", path, json: body)
        #expect(server.send("GET", path + "/a").text.contains(member))
        #expect(server.send("GET", path).text.contains(member))
    }

    @Test func `machines are those that their group names`() throws {
        let server = try server()
        let ips = #"{"groupName":"g","machineIdentifyType":"ip","machineList":["10.0.0.1","10.0.0.2"]}"#
        server.send("POST", "/machinegroups", json: ips)
        let machines = try json(server.send("GET", "/machinegroups/g/machines?offset=1&size=5"))
        #expect(machines["count"] as? Int == 1 && machines["total"] as? Int == 2)
        let machine = try #require((machines["machines"] as? [[String: Any]])?.first)
        #expect(machine["ip"] as? String == "10.0.0.2" && machine["lastHeartbeatTime"] as? Int == 0)
        #expect(server.send("PUT", "/machinegroups/g/machines?action=add", json: #"["10.0.0.3"]"#).status == 200)
        #expect(server.send("PUT", "/machinegroups/g/machines?action=delete", json: #"["10.0.0.1"]"#).status == 200)
        #expect(server.send("GET", "/machinegroups/g").text.contains(#"["10.0.0.2","10.0.0.3"]"#))
        #expect(server.send("PUT", "/machinegroups/g/machines?action=x", json: "[]").errorCode == "ParameterInvalid")
        #expect(server.send("GET", "/machinegroups/none/machines").errorCode == "MachineGroupNotExist")
    }

    @Test func `configs are applied to machine groups, seen from both sides`() throws {
        let server = try server()
        for group in ["g1", "g2"] { server.send("POST", "/machinegroups", json: #"{"groupName":"\#(group)"}"#) }
        for config in ["c1", "c2"] { server.send("POST", "/configs", json: #"{"configName":"\#(config)"}"#) }
        for pair in ["g1/configs/c1", "g1/configs/c2", "g2/configs/c1", "g1/configs/c1"] {
            #expect(server.send("PUT", "/machinegroups/\(pair)").status == 200)
        }
        func list(_ target: String, _ key: String) throws -> [String]? {
            try json(server.send("GET", target))[key] as? [String]
        }
        #expect(try list("/machinegroups/g1/configs", "configs") == ["c1", "c2"])
        #expect(try list("/configs/c1/machinegroups", "machinegroups") == ["g1", "g2"])
        #expect(server.send("DELETE", "/machinegroups/g2/configs/c1").status == 200)
        #expect(try list("/configs/c1/machinegroups", "machinegroups") == ["g1"])
        #expect(server.send("PUT", "/machinegroups/g1/configs/none").errorCode == "ConfigNotExist")
        #expect(server.send("PUT", "/machinegroups/none/configs/c1").errorCode == "MachineGroupNotExist")
        server.send("DELETE", "/configs/c2")
        #expect(try list("/machinegroups/g1/configs", "configs") == ["c1"])
        server.send("DELETE", "/machinegroups/g1")
        #expect(try list("/configs/c1/machinegroups", "machinegroups") == [])
    }

    @Test func `documents go with their logstore and their project`() throws {
        let server = try server()
        server.send("POST", "/logstores/app/shipper", json: #"{"shipperName":"s"}"#)
        server.send("POST", "/dashboards", json: #"{"dashboardName":"d"}"#)
        server.send("PUT", "/logstores/app/meteringmode", json: #"{"meteringMode":"ChargeByDataIngest"}"#)
        server.send("DELETE", "/logstores/app")
        #expect(server.send("GET", "/logstores/app/shipper").errorCode == "LogStoreNotExist")
        server.makeLogstore()
        #expect(try json(server.send("GET", "/logstores/app/shipper"))["total"] as? Int == 0)
        #expect(server.send("GET", "/logstores/app/meteringmode").text == #"{"meteringMode":"ChargeByFunction"}"#)
        server.send("DELETE", "/")
        #expect(server.send("GET", "/dashboards").errorCode == "ProjectNotExist")
        server.send("POST", "/", json: #"{"projectName":"demo","description":""}"#)
        #expect(try json(server.send("GET", "/dashboards"))["total"] as? Int == 0)
    }

    @Test(arguments: [
        ("/logstores/app/meteringmode", "PUT", #"{"meteringMode":"ChargeByDataIngest"}"#),
        ("/metricstores/app/meteringmode", "PUT", #"{"meteringMode":"ChargeByFunction"}"#),
        ("/logstores/app/multimodalconfiguration", "PUT", #"{"status":"Enabled","anonymousWrite":"Enabled"}"#),
        ("/policy", "POST", #"{"Version":"1","Statement":[]}"#),
        ("/logging", "POST", #"{"loggingProject":"p","loggingDetails":[]}"#),
    ])
    func `a setting comes back as it was put`(path: String, method: String, body: String) throws {
        let server = try server()
        #expect(server.send(method, path, json: body).status == 200)
        #expect(server.send("GET", path).text == body)
        #expect(server.send(method, path, json: "[]").status == 400)
        guard method == "POST" else { return }
        #expect(server.send("DELETE", path).status == 200)
        #expect(server.send("GET", path).text != body)
    }

    @Test func `settings that were never put, and those that are none, are told`() throws {
        let server = try server()
        #expect(server.send("GET", "/policy").status == 200)
        let none = server.send("GET", "/logging")
        #expect(none.status == 404 && none.errorCode == "LoggingNotExist")
        server.send("POST", "/logging", json: "{}")
        #expect(server.send("POST", "/logging", json: "{}").errorCode == "LoggingAlreadyExist")
        let odd = server.send("PUT", "/logstores/app/meteringmode", json: #"{"meteringMode":"Free"}"#)
        #expect(odd.errorCode == "ParameterInvalid")
        #expect(server.send("GET", "/logstores/app/substores/storage/ttl").text == #"{"ttl":30}"#)
        #expect(server.send("PUT", "/logstores/app/substores/storage/ttl?ttl=7").status == 200)
        #expect(server.send("GET", "/logstores/app/substores/storage/ttl").text == #"{"ttl":7}"#)
        #expect(server.send("PUT", "/logstores/app/substores/storage/ttl?ttl=0").errorCode == "ParameterInvalid")
        #expect(server.send("GET", "/sqlinstance").text == "[]")
        server.send("POST", "/sqlinstance", json: #"{"cu":2}"#)
        #expect(server.send("GET", "/sqlinstance").text == #"[{"cu":2}]"#)
    }
}
