import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct AuthenticationTests {
    /// The official Python SDK's own requests, made with the clock at the virtual clock's start.
    private struct Vector: CustomTestStringConvertible, Sendable {
        let name: String
        let method: String
        let target: String
        let headers: [(String, String)]
        var body: [UInt8] = []
        let signature: String
        var testDescription: String { name }
    }

    private static let date = "Tue, 05 Mar 2024 06:07:08 GMT"

    private static let vectors = [
        Vector(
            name: "GetCursor", method: "GET", target: "/logstores/demo-logstore/shards/0?type=cursor&from=begin",
            headers: [("Content-Type", "application/json"), ("x-log-bodyrawsize", "0")],
            signature: "2W9gKQsDSvxBUP++0TH+YgSMU+E="),
        Vector(
            name: "PullLogs with SPL", method: "GET",
            target: "/logstores/demo-logstore/shards/3?count=100&cursor=MTcwOTYxODgyODAwMDAwMDAwMA%3D%3D"
                + "&pullMode=scan_on_stream&query=%2A+%7C+where+a+%3D+%27x+y%2Fz%27&type=log",
            headers: [("x-log-bodyrawsize", "0")], signature: "gaQI5jd6PtOVotQruwrKso8OsNE="),
        Vector(
            name: "HeartBeat with an STS token", method: "POST",
            target: "/logstores/demo-logstore/consumergroups/cg-1?type=heartbeat&consumer=consumer+1%2F%E4%B8%AD",
            headers: [
                ("Content-Type", "application/json"), ("Content-MD5", "264884439B70AB09A86BC848421C6DE6"),
                ("x-acs-security-token", "sts-token-1"),
            ], body: Array("[0, 1]".utf8), signature: "4DdlDa73yxEk0ynlKrQVsx1W6fI="),
    ]

    private func server(_ mode: EmulatorConfiguration.Authentication) throws -> InProcessEmulator {
        let project = InitialProject(name: try ProjectName("demo-project"))
        return try InProcessEmulator {
            $0.authentication = mode
            $0.accessKeys = ["testAccessKeyId": "testAccessKeySecret"]
            $0.stores = [project]
        }
    }

    private func request(_ vector: Vector, signature: String? = nil, date: String = Self.date) -> HTTPRequest {
        var headers: HTTPHeaders = [
            "Host": "demo-project.cn-hangzhou.log.aliyuncs.com", "x-log-apiversion": "0.6.0",
            "x-log-signaturemethod": "hmac-sha1", "Date": date,
            "Authorization": "LOG testAccessKeyId:\(signature ?? vector.signature)",
        ]
        for (name, value) in vector.headers { headers.append(name, value) }
        return HTTPRequest(method: vector.method, target: vector.target, headers: headers, body: vector.body)
    }

    /// What a request that was let in answers: there is no such logstore.
    private func isLetIn(_ answer: HTTPResponse) -> Bool {
        ["LogStoreNotExist", "NotSupported"].contains(answer.errorCode)
    }

    @Test(arguments: AuthenticationTests.vectors, [EmulatorConfiguration.Authentication.lenient, .strict])
    private func `a request signed by the Python SDK is let in`(
        vector: Vector, mode: EmulatorConfiguration.Authentication
    ) throws {
        #expect(isLetIn(try server(mode).turn([request(vector)])[0]))
    }

    @Test(arguments: [EmulatorConfiguration.Authentication.lenient, .strict])
    func `a wrong signature by a known key is refused`(mode: EmulatorConfiguration.Authentication) throws {
        let server = try server(mode)
        let answer = server.turn([request(Self.vectors[0], signature: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")])[0]
        #expect(answer.status == 401)
        #expect(answer.errorCode == "SignatureNotMatch")
        #expect(answer.text.contains("Signature AAAAAAAAAAAAAAAAAAAAAAAAAAA= is not matched."))
        var changed = request(Self.vectors[0])
        changed.target += "x"
        #expect(server.turn([changed])[0].errorCode == "SignatureNotMatch")
    }

    /// Signs as a client does that signs the path it sends, or the text before it encodes it.
    private func signed(
        _ target: String, signing path: String? = nil, method: SignatureV1.Method = .hmacSHA1,
        _ extra: HTTPHeaders = [:]
    ) -> HTTPRequest {
        var headers: HTTPHeaders = [
            "Host": "demo-project.localhost", "x-log-apiversion": "0.6.0", "Date": Self.date,
            "x-log-signaturemethod": method.rawValue,
        ]
        for (name, value) in extra { headers.append(name, value) }
        let parsed = RequestTarget(target)
        let signature = SignatureV1(
            method: "GET", path: path ?? parsed.path, query: parsed.query.map { (name: $0.name, value: $0.value) },
            headers: headers.map { (name: $0.name, value: $0.value) }
        ).signature(secret: "testAccessKeySecret", method: method)
        headers.append("Authorization", "LOG testAccessKeyId:\(signature)")
        return HTTPRequest(method: "GET", target: target, headers: headers)
    }

    @Test func `the path counts as sent or decoded, without the authority of a proxy request`() throws {
        let server = try server(.strict)
        let encoded = "/logstores/a%20b/shards"
        #expect(isLetIn(server.turn([signed(encoded)])[0]))
        #expect(isLetIn(server.turn([signed(encoded, signing: "/logstores/a b/shards")])[0]))
        #expect(isLetIn(server.turn([signed("http://demo-project.localhost:80/logstores/app/shards")])[0]))
        #expect(server.turn([signed(encoded, signing: "/else")])[0].errorCode == "SignatureNotMatch")
    }

    @Test func `the OpenAPI SDK's method and the x-log-date header are understood`() throws {
        let server = try server(.strict)
        let target = "/logstores/app/shards?a&b=&c=1"
        #expect(isLetIn(server.turn([signed(target, method: .hmacSHA256)])[0]))
        #expect(isLetIn(server.turn([signed(target, ["x-log-date": Self.date])])[0]))
    }

    @Test func `what is missing or unknown is named, in strict mode`() throws {
        let server = try server(.strict)
        func code(_ change: (inout [(String, String)]) -> Void) -> String? {
            var headers = request(Self.vectors[0]).headers.map { ($0.name, $0.value) }
            change(&headers)
            var changed: HTTPHeaders = [:]
            for (name, value) in headers { changed.append(name, value) }
            return server.turn([
                HTTPRequest(method: "GET", target: Self.vectors[0].target, headers: changed)
            ])[0].errorCode
        }
        func without(_ name: String) -> String? { code { $0.removeAll { $0.0 == name } } }
        func with(_ name: String, _ value: String) -> String? {
            code {
                $0.removeAll { $0.0 == name }
                $0.append((name, value))
            }
        }
        #expect(without("Authorization") == "Unauthorized")
        #expect(with("Authorization", "nonsense") == "ParameterInvalid")
        #expect(with("Authorization", "LOG noColon") == "ParameterInvalid")
        #expect(with("Authorization", "LOG :sig") == "MissAccessKeyId")
        #expect(with("Authorization", "LOG key:") == "ParameterInvalid")
        #expect(with("Authorization", "LOG other:c2ln") == "Unauthorized")
        #expect(without("x-log-apiversion") == "MissingAPIVersion")
        #expect(with("x-log-apiversion", "0.4.0") == "InvalidAPIVersion")
        #expect(without("Date") == "MissingDate")
        #expect(with("Date", "yesterday") == "InvalidRequestTime")
        #expect(without("x-log-signaturemethod") == "MissingSignatureMethod")
        #expect(with("x-log-signaturemethod", "hmac-md5") == "InvalidSignatureMethod")
    }

    @Test(arguments: [(0, true), (900, true), (901, false), (-900, true), (-901, false)])
    func `a date 15 minutes off is let in by strict, a second more is not`(seconds: Int, isLetIn: Bool) throws {
        for mode in [EmulatorConfiguration.Authentication.strict, .lenient] {
            let server = try server(mode)
            server.clock.advance(by: .seconds(seconds))
            let answer = server.turn([request(Self.vectors[0])])[0]
            #expect(self.isLetIn(answer) == (isLetIn || mode == .lenient))
            guard !self.isLetIn(answer) else { continue }
            #expect(answer.status == 400)
            #expect(answer.errorCode == "RequestTimeExpired")
            #expect(answer.text.contains(Self.date))
        }
    }

    @Test func `lenient lets unknown keys and unsigned requests in`() throws {
        let scope = "20240305/cn-hangzhou/sls/aliyun_v4_request"
        let lenient = try server(.lenient)
        for authorization in ["SLS4-HMAC-SHA256 Credential=stranger/\(scope),Signature=00", "LOG stranger:c2ln", ""] {
            let answer = lenient.send(
                "GET", "/logstores/app/shards", ["Authorization": authorization],
                host: "demo-project.localhost")
            #expect(isLetIn(answer))
        }
    }

    @Test func `lenient lets another API version in, strict refuses it`() throws {
        let other: HTTPHeaders = [
            "Host": "demo-project.localhost", "x-log-apiversion": "0.7.0", "Date": Self.date,
            "x-log-signaturemethod": "hmac-sha1",
        ]
        let signature = SignatureV1(
            method: "GET", path: "/logstores/app/shards", query: [],
            headers: other.map { (name: $0.name, value: $0.value) }
        ).signature(secret: "testAccessKeySecret")
        var headers = other
        headers.append("Authorization", "LOG testAccessKeyId:\(signature)")
        let request = HTTPRequest(method: "GET", target: "/logstores/app/shards", headers: headers)
        #expect(isLetIn(try server(.lenient).turn([request])[0]))
        #expect(try server(.strict).turn([request])[0].errorCode == "InvalidAPIVersion")
    }

    @Test func `a refusal shows the text that was built and tells a usual mistake`() throws {
        let server = try server(.strict)
        let unsigned = ["Content-Type": "application/json"] as HTTPHeaders
        var request = signed("/logstores/app/shards?b=1&a=2")
        request.headers.append("Content-Type", "application/json")
        let answer = server.turn([request])[0]
        #expect(answer.errorCode == "SignatureNotMatch")
        let message = try answer.decoded(ErrorBody.self).errorMessage
        #expect(message.contains("The key is right, but the client left the header content-type out."))
        #expect(message.contains("GET\n\napplication/json\n\(Self.date)\n"))
        #expect(message.hasSuffix("\n/logstores/app/shards?a=2&b=1"))
        request = signed("/logstores/app/shards", unsigned)
        request.target += "?a=2"
        let other = try server.turn([request])[0].decoded(ErrorBody.self).errorMessage
        #expect(other.contains("the client signed the path without the query"))
    }

    @Test func `a refusal shows neither secret, token nor the right signature, and is bounded`() throws {
        let server = try server(.strict)
        let right = Self.vectors[2].signature
        let long = String(repeating: "x", count: 20_000)
        var request = request(Self.vectors[2], signature: "AAAA")
        request.headers.append("x-log-long", long)
        let message = try server.turn([request])[0].decoded(ErrorBody.self).errorMessage
        #expect(message.contains("No usual mistake explains it"))
        #expect(message.contains("x-acs-security-token:<the token as sent>"))
        for secret in [right, "testAccessKeySecret", "sts-token-1"] { #expect(!message.contains(secret)) }
        #expect(message.utf8.count < SignatureCheck.shownByteLimit + 1_000)
    }

    @Test func `off looks at nothing`() throws {
        let answer = try server(.off).turn([request(Self.vectors[0], signature: "wrong")])[0]
        #expect(isLetIn(answer))
    }

    @Test func `a key is warned about once, and their number is bounded`() throws {
        let authenticator = Authenticator(mode: .lenient, secrets: [:], logger: EmulatorConfiguration().logger)
        let now = WallTime(nanoseconds: 0)
        for number in 0...Authenticator.warnedKeyLimit {
            for _ in 0..<2 {
                let request = HTTPRequest(
                    method: "GET", target: "/", headers: ["Authorization": "LOG key\(number):c2ln"])
                try authenticator.verify(request, target: RequestTarget("/"), now: now)
            }
        }
        #expect(authenticator.warnedKeys.count == Authenticator.warnedKeyLimit)
    }
}
