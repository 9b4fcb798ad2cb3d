import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// The calls; who gets which shard is tested with `GroupCoordinator`.
struct ConsumerGroupCallTests {
    private let groups = "/logstores/app/consumergroups"

    private func server(shards: Int = 4) throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore(shards: shards)
        return server
    }

    @Test func `S1: a created group is listed with name, timeout and order, in a bare array`() throws {
        let server = try server()
        server.makeGroup("cg", timeout: 60)
        server.makeGroup("中", timeout: 20, inOrder: true)
        #expect(
            server.send("GET", groups).text
                == #"[{"name":"cg","order":false,"timeout":60},{"name":"中","order":true,"timeout":20}]"#)
    }

    @Test func `a name may be any path segment`() throws {
        let server = try server()
        server.makeGroup("中 group")
        #expect(server.heartbeat("consumer%201%2F%E4%B8%AD", group: "%E4%B8%AD%20group") == [0, 1, 2, 3])
        let longest = String(repeating: "g", count: 128)
        for (name, status) in [(longest, 200), (longest + "g", 400), ("", 400)] {
            let answer = server.send("POST", groups, json: #"{"consumerGroup":"\#(name)","timeout":1}"#)
            #expect(answer.status == status)
        }
    }

    @Test func `S2: a taken name is refused, even with equal settings`() throws {
        let server = try server()
        server.makeGroup()
        let answer = server.send("POST", groups, json: #"{"consumerGroup":"cg","timeout":60,"order":false}"#)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "ConsumerGroupAlreadyExist")
    }

    @Test func `S3: an eleventh consumer group is refused, until one is deleted`() throws {
        let server = try server()
        for number in 1...9 { server.makeGroup("cg\(number)") }
        let tenth = server.send("POST", groups, json: #"{"consumerGroup":"cg10","timeout":60}"#)
        #expect(tenth.status == 200)
        let eleventh = server.send("POST", groups, json: #"{"consumerGroup":"cg11","timeout":60}"#)
        #expect(eleventh.status == 400)
        #expect(eleventh.errorCode == "ConsumerGroupQuotaExceed")
        #expect(eleventh.text.contains("already has 10"))
        #expect(server.send("DELETE", "\(groups)/cg1").status == 200)
        #expect(server.send("POST", groups, json: #"{"consumerGroup":"cg11","timeout":60}"#).status == 200)
    }

    @Test(arguments: [
        "{}", #"{"consumerGroup":"cg"}"#, #"{"timeout":60}"#, #"{"consumerGroup":"cg","timeout":"60"}"#,
        #"{"consumerGroup":5,"timeout":60}"#, #"{"consumerGroup":"cg","timeout":60,"order":"no"}"#,
        #"{"consumerGroup":"cg","timeout":0}"#, #"{"consumerGroup":"a/b","timeout":1}"#,
    ])
    func `S4: a group without a timeout, or that breaks another rule, is refused`(json: String) throws {
        let answer = try server().send("POST", groups, json: json)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "JsonInfoInvalid")
    }

    @Test func `an update changes what it names`() throws {
        let server = try server()
        server.makeGroup()
        #expect(server.send("PUT", "\(groups)/cg", json: #"{"timeout":90}"#).status == 200)
        #expect(server.send("PUT", "\(groups)/cg", json: #"{"order":true}"#).status == 200)
        #expect(server.send("GET", groups).text == #"[{"name":"cg","order":true,"timeout":90}]"#)
        #expect(server.send("PUT", "\(groups)/cg", json: "{}").errorCode == "JsonInfoInvalid")
    }

    @Test func `S5: every call on an unknown group is refused with 404`() throws {
        let server = try server()
        let checkpoint = #"{"shard":0,"checkpoint":"MQ=="}"#
        let answers = [
            server.send("PUT", "\(groups)/none", json: #"{"timeout":1}"#), server.send("DELETE", "\(groups)/none"),
            server.send("POST", "\(groups)/none?type=heartbeat&consumer=c", json: "[]"),
            server.send("POST", "\(groups)/none?type=checkpoint&forceSuccess=true", json: checkpoint),
            server.send("GET", "\(groups)/none"),
        ]
        #expect(answers.allSatisfy { $0.status == 404 && $0.errorCode == "ConsumerGroupNotExist" })
    }

    @Test func `a lone consumer's first heartbeat grants all shards`() throws {
        let server = try server()
        server.makeGroup()
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        #expect(server.heartbeat("b") == [])
        #expect(server.heartbeat("a", [0, 1, 2, 3]) == [0, 1])
        #expect(server.heartbeat("a", [0, 1]) == [0, 1])
        #expect(server.heartbeat("b") == [2, 3])
    }

    @Test func `a heartbeat names its consumer`() throws {
        let server = try server()
        server.makeGroup()
        for query in ["type=heartbeat", "type=heartbeat&consumer="] {
            #expect(server.send("POST", "\(groups)/cg?\(query)", json: "[]").errorCode == "ParameterInvalid")
        }
    }

    @Test func `an unknown consumer that reports shards is refused, and nothing changes`() throws {
        let server = try server()
        server.makeGroup()
        let answer = server.send("POST", "\(groups)/cg?type=heartbeat&consumer=ghost", json: "[0]")
        #expect(answer.status == 400)
        #expect(answer.errorCode == "NotExistConsumerWithBody")
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
    }

    @Test func `silence longer than the timeout loses the shards, also when the turn's request is refused`() throws {
        let server = try server()
        server.makeGroup(timeout: 60)
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        server.clock.advance(by: .seconds(60))
        #expect(server.heartbeat("b") == [])
        server.clock.advance(by: .nanoseconds(1))
        // Expiry belongs to the clock: the refusal of this heartbeat does not take it back.
        #expect(server.heartbeat("a", [0, 1, 2, 3]) == nil)
        #expect(server.heartbeat("b") == [0, 1, 2, 3])
    }

    @Test func `a turn without requests lets time take its course`() throws {
        let server = try server()
        server.makeGroup(timeout: 6)
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        server.clock.advance(by: .seconds(7))
        #expect(server.turn([]).isEmpty)
        let read = try server.send("GET", "\(groups)/cg").decoded([CheckpointDescription].self)
        #expect(read.allSatisfy { $0.consumer == "" })
    }

    @Test func `every shard has a checkpoint entry, an unknown one none`() throws {
        let server = try server(shards: 2)
        server.makeGroup()
        #expect(
            server.send("GET", "\(groups)/cg").text
                == #"[{"checkpoint":"","consumer":"","shard":0,"updateTime":0},"#
                + #"{"checkpoint":"","consumer":"","shard":1,"updateTime":0}]"#)
        #expect(server.send("GET", "\(groups)/cg?shard=9").text == "[]")
        #expect(server.send("GET", "\(groups)/cg?shard=x").errorCode == "ParameterInvalid")
    }

    private func save(
        _ server: InProcessEmulator, _ query: String, _ json: String = #"{"shard":0,"checkpoint":"MTIz"}"#
    ) -> (status: Int, code: String?) {
        let answer = server.send("POST", "\(groups)/cg?type=checkpoint\(query)", json: json)
        return (answer.status, answer.errorCode)
    }

    @Test func `a saved checkpoint is read back with its time in microseconds`() throws {
        let server = try server(shards: 2)
        server.makeGroup()
        #expect(server.heartbeat("a") == [0, 1])
        server.clock.advance(by: .milliseconds(1_500))
        #expect(save(server, "&consumer=a&forceSuccess=false") == (200, nil))
        let read = try server.send("GET", "\(groups)/cg?shard=0").decoded([CheckpointDescription].self)
        #expect(
            read == [
                CheckpointDescription(shard: 0, checkpoint: "MTIz", updateTime: 1_709_618_829_500_000, consumer: "a")
            ])
    }

    @Test func `who may save depends on force, in any spelling`() throws {
        let server = try server(shards: 2)
        server.makeGroup()
        #expect(server.heartbeat("a") == [0, 1])
        #expect(server.heartbeat("b") == [])
        #expect(save(server, "&consumer=b&forceSuccess=false") == (400, "ConsumerNotMatch"))
        #expect(save(server, "&consumer=b") == (400, "ConsumerNotMatch"))
        #expect(save(server, "&consumer=nobody&forceSuccess=False") == (404, "ConsumerNotExist"))
        #expect(save(server, "&consumer=&forceSuccess=false") == (400, "ParameterInvalid"))
        #expect(save(server, "") == (400, "ParameterInvalid"))
        #expect(save(server, "&consumer=b&forceSuccess=true") == (200, nil))
        #expect(save(server, "&consumer=nobody&forceSuccess=True") == (200, nil))
        #expect(save(server, "&forceSuccess=TRUE") == (200, nil))
    }

    @Test func `a checkpoint must be base64, of a shard that exists`() throws {
        let server = try server(shards: 2)
        server.makeGroup()
        for text in ["", "not base64!", "MTIz="] {
            #expect(
                save(server, "&forceSuccess=true", #"{"shard":0,"checkpoint":"\#(text)"}"#)
                    == (400, "InvalidShardCheckPoint"))
        }
        #expect(
            save(server, "&forceSuccess=true", #"{"shard":9,"checkpoint":"MTIz"}"#) == (404, "ShardNotExist"))
    }

    @Test func `S32: a group deleted under its consumers is 404 to them, and one made anew begins afresh`() throws {
        let server = try server(shards: 2)
        server.makeGroup()
        #expect(server.heartbeat("a") == [0, 1])
        #expect(save(server, "&consumer=a") == (200, nil))
        #expect(server.send("DELETE", "\(groups)/cg").status == 200)
        let orphan = server.send("POST", "\(groups)/cg?type=heartbeat&consumer=a", json: "[0,1]")
        #expect(orphan.status == 404)
        #expect(orphan.errorCode == "ConsumerGroupNotExist")
        server.makeGroup()
        // Nobody is a member of the new one, however long it worked for the old one.
        #expect(server.heartbeat("a", [0, 1]) == nil)
        #expect(server.heartbeat("a") == [0, 1])
        let read = try server.send("GET", "\(groups)/cg").decoded([CheckpointDescription].self)
        #expect(read.map(\.checkpoint) == ["", ""])
    }

    @Test func `S35: of twenty heartbeats at a time no two are granted one shard, a thousand times`() throws {
        let server = try server(shards: 30)
        server.makeGroup(timeout: 10)
        var generator = SeededGenerator(seed: 35)
        let everybody = (0..<20).map { "c\($0)" }
        // What each consumer may be working on; it reports no longer what it was not granted again.
        var working: [String: [Int]] = [:]
        for round in 0..<1_000 {
            if Int.random(in: 0..<50, using: &generator) == 0 {
                // All fall silent for too long, and come back.
                server.clock.advance(by: .milliseconds(10_001))
                working = [:]
            }
            // One is restarted now and then, and some miss this round.
            if let restarted = everybody.randomElement(using: &generator), round.isMultiple(of: 5) {
                working[restarted] = []
            }
            let names = everybody.shuffled(using: &generator).dropLast(Int.random(in: 0..<10, using: &generator))
            let answers = server.turn(
                names.map { name in
                    server.request(
                        "POST", "\(groups)/cg?type=heartbeat&consumer=\(name)",
                        body: Array("\(working[name] ?? [])".utf8))
                })
            for (name, answer) in zip(names, answers) { working[name] = try answer.decoded([Int].self) }
            let granted = everybody.flatMap { working[$0] ?? [] }
            #expect(Set(granted).count == granted.count, "round \(round)")
        }
    }

    @Test func `a shard number that none could have is no shard`() throws {
        let server = try server()
        server.makeGroup()
        #expect(server.heartbeat("a") == [0, 1, 2, 3])
        #expect(server.heartbeat("a", [-1, 99, .max]) == [0, 1, 2, 3])
        let object = server.send("POST", "\(groups)/cg?type=heartbeat&consumer=a", json: #"{"shards":[0]}"#)
        #expect(object.status == 400)
    }

    @Test func `a split reaches the group at once`() throws {
        let server = try server(shards: 1)
        server.makeGroup()
        #expect(server.heartbeat("a") == [0])
        server.send("POST", "/logstores/app/shards/0?action=split")
        #expect(server.heartbeat("a", [0]) == [0, 1, 2])
        let end = server.cursor("end")
        #expect(save(server, "&consumer=a", #"{"shard":0,"checkpoint":"\#(end)"}"#) == (200, nil))
        #expect(server.heartbeat("a", [0, 1, 2]) == [1, 2])
    }

    @Test func `groups of one logstore know nothing of each other`() throws {
        let server = try server(shards: 1)
        server.makeGroup("cg")
        server.makeGroup("other")
        #expect(server.heartbeat("a", group: "cg") == [0])
        #expect(server.heartbeat("a", group: "other") == [0])
        #expect(save(server, "&consumer=a") == (200, nil))
        let read = try server.send("GET", "\(groups)/other").decoded([CheckpointDescription].self)
        #expect(read.map(\.checkpoint) == [""])
    }
}

struct IndexCallTests {
    private let path = "/logstores/app/index"
    private let document = #"{"keys": {"f":{"type":"text","token":[","]}},  "ttl":30,"odd":[1,{"x":null}]}"#

    private func server() throws -> InProcessEmulator {
        let server = try InProcessEmulator()
        server.makeLogstore()
        return server
    }

    @Test func `an index comes back as it was given`() throws {
        let server = try server()
        #expect(server.send("POST", path, json: document).status == 200)
        #expect(server.send("GET", path).text == document)
        #expect(server.send("POST", path, json: document).errorCode == "IndexAlreadyExist")
        #expect(server.send("PUT", path, json: #"{"line":{"token":[","]}}"#).status == 200)
        #expect(server.send("GET", path).text == #"{"line":{"token":[","]}}"#)
        #expect(server.send("DELETE", path).status == 200)
    }

    @Test func `without an index there is none to show, change or delete`() throws {
        let server = try server()
        for answer in [
            server.send("GET", path), server.send("PUT", path, json: document), server.send("DELETE", path),
        ] {
            #expect(answer.status == 400)
            #expect(answer.errorCode == "IndexConfigNotExist")
            #expect(answer.text.contains("logstore without index config"))
        }
        #expect(server.send("GET", "/logstores/none/index").errorCode == "LogStoreNotExist")
    }

    @Test(arguments: ["{}", "[]", #"{"keys":[]}"#, #"{"keys":{"f":1}}"#, #"{"line":"x"}"#, "{", ""])
    func `a document that is no index is refused`(json: String) throws {
        #expect(try server().send("POST", path, json: json).errorCode == "IndexInfoInvalid")
    }
}
