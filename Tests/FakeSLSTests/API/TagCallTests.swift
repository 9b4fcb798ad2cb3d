import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct TagCallTests {
    private struct Tags: Decodable {
        struct Tag: Decodable {
            let resourceType: String
            let resourceId: String
            let tagKey: String
            let tagValue: String
        }
        let nextToken: String
        let tagResources: [Tag]
    }

    private func tag(_ server: InProcessEmulator, _ id: String, type: String = "project", keys: [String])
        -> HTTPResponse
    {
        let tags = keys.map { #"{"key":"\#($0)","value":"v-\#($0)"}"# }.joined(separator: ",")
        return server.send(
            "POST", "/tag", json: #"{"resourceType":"\#(type)","resourceId":["\#(id)"],"tags":[\#(tags)]}"#)
    }

    private func keys(_ server: InProcessEmulator, _ query: String) throws -> [String] {
        try server.send("GET", "/tags?\(query)").decoded(Tags.self).tagResources.map(\.tagKey)
    }

    /// A JSON text for a query.
    private func encoded(_ text: String) -> String { SignatureV4.percentEncoded(text) }

    @Test func `tags are put, listed by resource and by tag, and taken`() throws {
        let server = try InProcessEmulator()
        #expect(tag(server, "demo", keys: ["b", "a"]).status == 200)
        let mine = "resourceType=project&resourceId=\(encoded(#"["demo"]"#))"
        #expect(try keys(server, mine) == ["a", "b"])
        #expect(try keys(server, mine + "&tags=\(encoded(#"[{"key":"a"}]"#))&nextToken=") == ["a"])
        #expect(try keys(server, mine + "&tags=\(encoded(#"[{"key":"a","value":"x"}]"#))") == [])
        #expect(try keys(server, "resourceType=project&resourceId=\(encoded(#"["other"]"#))") == [])
        #expect(tag(server, "demo", keys: ["a"]).status == 200)
        #expect(try keys(server, mine) == ["a", "b"])
        server.send("POST", "/untag", json: #"{"resourceType":"project","resourceId":["demo"],"tags":["a"]}"#)
        #expect(try keys(server, mine) == ["b"])
        server.send("POST", "/untag", json: #"{"resourceType":"project","resourceId":["demo"],"tags":[],"all":true}"#)
        #expect(try keys(server, mine) == [])
    }

    @Test(arguments: [(0, 400), (19, 200), (20, 200), (21, 400)])
    func `a call sets at most twenty tags`(count: Int, status: Int) throws {
        let answer = tag(try InProcessEmulator(), "demo", keys: (0..<count).map { "k\($0)" })
        #expect(answer.status == status)
        if status == 400 { #expect(answer.errorCode == "PostBodyInvalid") }
    }

    @Test(arguments: ["/tag", "/untag"], [(20, 200), (21, 400), (50_000, 400)])
    func `a call names at most twenty resources`(path: String, expected: (count: Int, status: Int)) throws {
        let names = (0..<expected.count).map { "\"r\($0)\"" }.joined(separator: ",")
        let tags = path == "/tag" ? #"{"key":"k","value":"v"}"# : #""k""#
        let answer = try InProcessEmulator().send(
            "POST", path, json: #"{"resourceType":"machinegroup","resourceId":[\#(names)],"tags":[\#(tags)]}"#)
        #expect(answer.status == expected.status)
        if expected.status == 400 { #expect(answer.errorCode == "PostBodyInvalid") }
    }

    @Test func `long lists come in pages that a token joins`() throws {
        let server = try InProcessEmulator()
        for call in 0...5 { #expect(tag(server, "demo", keys: (0..<20).map { "k\(call)-\($0)" }).status == 200) }
        let first = try server.send("GET", "/tags?resourceType=project").decoded(Tags.self)
        #expect(first.tagResources.count == TagService.pageSize && !first.nextToken.isEmpty)
        let second = try server.send("GET", "/tags?resourceType=project&nextToken=\(first.nextToken)")
            .decoded(Tags.self)
        #expect(second.tagResources.count == 20 && second.nextToken.isEmpty)
        #expect(Set((first.tagResources + second.tagResources).map(\.tagKey)).count == 120)
        #expect(server.send("GET", "/tags?resourceType=project&nextToken=x").errorCode == "ParameterInvalid")
        let behind = try server.send("GET", "/tags?resourceType=project&nextToken=\(Int.max)").decoded(Tags.self)
        #expect(behind.tagResources.isEmpty && behind.nextToken.isEmpty)
        #expect(server.send("GET", "/tags").errorCode == "MissingParameter")
        #expect(server.send("GET", "/tags?resourceType=project&tags=x").errorCode == "ParameterInvalid")
    }

    @Test func `a logstore is tagged by its full name, and what does not exist is refused`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        #expect(tag(server, "demo#app", type: "logstore", keys: ["a"]).status == 200)
        #expect(try keys(server, "resourceType=logstore") == ["a"])
        #expect(tag(server, "demo#none", type: "logstore", keys: ["a"]).errorCode == "LogStoreNotExist")
        #expect(tag(server, "demo", type: "logstore", keys: ["a"]).errorCode == "ParameterInvalid")
        #expect(tag(server, "none", keys: ["a"]).errorCode == "ProjectNotExist")
        #expect(server.send("POST", "/tag", json: "{}").errorCode == "PostBodyInvalid")
    }

    @Test func `tags go with what carries them`() throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        _ = tag(server, "demo#app", type: "logstore", keys: ["a"])
        server.send("DELETE", "/logstores/app")
        #expect(try keys(server, "resourceType=logstore") == [])
        server.makeLogstore()
        _ = tag(server, "demo#app", type: "logstore", keys: ["a"])
        _ = tag(server, "demo", keys: ["b"])
        server.send("DELETE", "/")
        #expect(try keys(server, "resourceType=logstore") == [])
        #expect(try keys(server, "resourceType=project") == [])
    }

    @Test func `a project changes its resource group`() throws {
        let server = try InProcessEmulator()
        let body = #"{"resourceType":"PROJECT","resourceId":"demo","resourceGroupId":"rg-2"}"#
        #expect(server.send("PUT", "/resourcegroup", json: body).status == 200)
        #expect(try server.send("GET", "/").decoded(ProjectDescription.self).resourceGroupId == "rg-2")
        #expect(
            server.send("PUT", "/resourcegroup", json: body.replacing("demo", with: "none")).errorCode
                == "ProjectNotExist")
        #expect(
            server.send("PUT", "/resourcegroup", json: body.replacing("PROJECT", with: "logstore")).errorCode
                == "ParameterInvalid")
    }
}
