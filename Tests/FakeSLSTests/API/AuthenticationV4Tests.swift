import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

struct AuthenticationV4Tests {
    private static let date = "20240305T060708Z"
    private static let scope = SignatureV4.Scope(day: "20240305", region: "cn-hangzhou")

    private func server(_ mode: EmulatorConfiguration.Authentication = .strict) throws -> InProcessEmulator {
        let project = InitialProject(name: try ProjectName("demo-project"))
        return try InProcessEmulator {
            $0.authentication = mode
            $0.accessKeys = ["testAccessKeyId": "testAccessKeySecret"]
            $0.stores = [project]
        }
    }

    /// A request as the SDKs sign it; what is given differs from that.
    private func signed(
        _ method: String = "GET", _ target: String = "/logstores/app/shards", body: [UInt8] = [],
        digest: String? = nil, date: String = Self.date, scope: SignatureV4.Scope = Self.scope,
        signing path: String? = nil, unsigned: HTTPHeaders = [:], extra: HTTPHeaders = [:]
    ) -> HTTPRequest {
        var headers: HTTPHeaders = [
            "Host": "demo-project.localhost:10180", "x-log-apiversion": "0.6.0", "x-log-date": date,
            "x-log-content-sha256": digest ?? Digest.sha256Hex(body),
        ]
        for (name, value) in extra { headers.append(name, value) }
        let parsed = RequestTarget(target)
        let authorization = SignatureV4(
            method: method, path: path ?? parsed.path, query: parsed.query.map { (name: $0.name, value: $0.value) },
            headers: headers.map { (name: $0.name, value: $0.value) }
        ).authorization(keyID: "testAccessKeyId", secret: "testAccessKeySecret", date: date, scope: scope)
        for (name, value) in unsigned { headers.append(name, value) }
        headers.append("Authorization", authorization)
        return HTTPRequest(method: method, target: target, headers: headers, body: body)
    }

    private func isLetIn(_ answer: HTTPResponse) -> Bool {
        ["LogStoreNotExist", "NotSupported"].contains(answer.errorCode)
    }

    private func message(_ answer: HTTPResponse) throws -> String {
        #expect(answer.status == 401)
        #expect(answer.errorCode == "SignatureNotMatch")
        return try answer.decoded(ErrorBody.self).errorMessage
    }

    /// V4-c of the official Python SDK, as it came over the wire.
    private func pythonRequest(signature: String) -> HTTPRequest {
        HTTPRequest(
            method: "GET",
            target: "/logstores/demo-logstore/shards/3?count=100&cursor=MTcwOTYxODgyODAwMDAwMDAwMA%3D%3D"
                + "&pullMode=scan_on_stream&query=%2A+%7C+where+a+%3D+%27x+y%2Fz%27&type=log",
            headers: [
                "Host": "demo-project.cn-hangzhou.log.aliyuncs.com", "x-log-apiversion": "0.6.0",
                "x-log-bodyrawsize": "0", "x-log-content-sha256": Digest.sha256Hex([]), "x-log-date": Self.date,
                "Authorization": "SLS4-HMAC-SHA256 Credential=testAccessKeyId/\(Self.scope),Signature=\(signature)",
            ])
    }

    @Test(arguments: [EmulatorConfiguration.Authentication.lenient, .strict])
    func `a request of the Python SDK is let in, a changed one is not`(
        mode: EmulatorConfiguration.Authentication
    ) throws {
        let server = try server(mode)
        let right = "998ad4797ed3b114c5ef585b576d0254bfcf8e43a085be5633d3628336f1f3bc"
        #expect(isLetIn(server.turn([pythonRequest(signature: right)])[0]))
        let wrong = String(repeating: "0", count: 64)
        let text = try message(server.turn([pythonRequest(signature: wrong)])[0])
        #expect(text.hasPrefix("Signature \(wrong) is not matched."))
        #expect(text.contains("GET\n/logstores/demo-logstore/shards/3\ncount=100&cursor="))
        #expect(!text.contains(right) && !text.contains("testAccessKeySecret"))
    }

    @Test func `what SDKs do differently is let in`() throws {
        let server = try server()
        #expect(isLetIn(server.turn([signed()])[0]))
        #expect(isLetIn(server.turn([signed(scope: .init(day: "20240305", region: "any-region-1"))])[0]))
        #expect(isLetIn(server.turn([signed("GET", "/logstores/a%20b", signing: "/logstores/a b")])[0]))
        #expect(isLetIn(server.turn([signed("GET", "http://demo-project.localhost/logstores/app")])[0]))
        #expect(isLetIn(server.turn([signed(extra: ["x-acs-security-token": "sts-token-1"])])[0]))
        let meta: HTTPHeaders = ["x-log-meta-a": "1"]
        #expect(isLetIn(server.turn([signed(extra: meta)])[0]))
        #expect(isLetIn(server.turn([signed(unsigned: meta)])[0]))
        var spaced = signed()
        let authorization = (spaced.headers["Authorization"] ?? "").split(separator: ",").joined(separator: " , ")
        spaced.headers = HTTPHeaders()
        for (name, value) in signed().headers {
            spaced.headers.append(name, name == "Authorization" ? authorization : value)
        }
        #expect(isLetIn(server.turn([spaced])[0]))
    }

    @Test func `a token or header that was not signed is told`() throws {
        let server = try server()
        let token = try message(server.turn([signed(unsigned: ["x-acs-security-token": "t"])])[0])
        #expect(token.contains("The key is right, but the client left the header x-acs-security-token out."))
        let other = try message(server.turn([signed(unsigned: ["x-log-added-by-proxy": "t"])])[0])
        #expect(other.contains("the client left the header x-log-added-by-proxy out"))
    }

    @Test func `the body must have the digest that was signed, but for objects`() throws {
        let server = try server()
        let body = Array("{}".utf8)
        #expect(isLetIn(server.turn([signed("POST", "/logstores/app/index", body: Array(#"{"line":{}}"#.utf8))])[0]))
        let none = Digest.sha256Hex([])
        let refused = server.turn([signed("POST", "/logstores/app/index", body: body, digest: none)])[0]
        #expect(try message(refused).contains("is not the body's, which is \(Digest.sha256Hex(body))"))
        let object = signed("PUT", "/logstores/app/objects/o", body: body, digest: none)
        #expect(isLetIn(server.turn([object])[0]))
    }

    @Test(arguments: [
        ("", "MissingDate"), ("yesterday", "InvalidRequestTime"),
        ("Tue, 05 Mar 2024 06:07:08 GMT", "InvalidRequestTime"),
        ("20240305T062208Z", nil), ("20240305T062209Z", "RequestTimeExpired"),
        ("20240305T055208Z", nil), ("20240305T055207Z", "RequestTimeExpired"),
    ])
    func `the date must be in the compact form and at most 15 minutes off`(date: String, code: String?) throws {
        let answer = try server().turn([signed(date: date)])[0]
        #expect(isLetIn(answer) == (code == nil))
        if let code { #expect(answer.errorCode == code) }
    }

    @Test func `the credential must be for the day of the request`() throws {
        let answer = try server().turn([signed(scope: .init(day: "20240304", region: "cn-hangzhou"))])[0]
        #expect(try message(answer).contains("the credential is for the day 20240304"))
    }

    @Test(arguments: [
        ("SLS4-HMAC-SHA256 nonsense", "ParameterInvalid"),
        ("SLS4-HMAC-SHA256 Credential=key/20240305/cn/sls/aliyun_v4_request", "ParameterInvalid"),
        ("SLS4-HMAC-SHA256 Credential=key/20240305/cn/oss/aliyun_v4_request,Signature=00", "ParameterInvalid"),
        ("SLS4-HMAC-SHA256 Credential=/20240305/cn/sls/aliyun_v4_request,Signature=00", "MissAccessKeyId"),
        ("SLS4-HMAC-SHA256 Credential=other/20240305/cn/sls/aliyun_v4_request,Signature=00", "Unauthorized"),
    ])
    func `a header that names no known key is refused`(authorization: String, code: String) throws {
        let answer = try server().send(
            "GET", "/logstores/app/shards", ["Authorization": authorization, "x-log-date": Self.date])
        #expect(answer.errorCode == code)
    }
}
