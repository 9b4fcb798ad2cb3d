import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// The order in which a signed request is checked: of two mistakes the earlier one is told.
///
/// Source: protocol.md 2.5.
struct CheckOrderTests {
    enum Scheme: CaseIterable { case v1, v4 }

    /// The steps, in their order.
    enum Step: Int, CaseIterable {
        case form
        case version
        case date
        case key
        case method
        case signature
        case body

        /// What a mistake here is answered.
        var refusal: (status: Int, code: String, text: String) {
            switch self {
            case .form: (400, "ParameterInvalid", "Authorization")
            case .version: (400, "InvalidAPIVersion", "0.5.0")
            case .date: (400, "InvalidRequestTime", "yesterday")
            case .key: (401, "Unauthorized", "AccessKeyId not found: stranger")
            case .method: (400, "InvalidSignatureMethod", "hmac-md5")
            case .signature: (401, "SignatureNotMatch", "Signature AAAA is not matched.")
            case .body: (401, "SignatureNotMatch", "is not the body's")
            }
        }
    }

    private static let pairs = Scheme.allCases.flatMap { scheme in
        // V4 names its method in the header itself.
        let steps = Step.allCases.filter { scheme == .v1 || $0 != .method }
        return steps.flatMap { first in steps.filter { $0.rawValue >= first.rawValue }.map { (scheme, first, $0) } }
    }

    private func server() throws -> InProcessEmulator {
        let project = InitialProject(name: try ProjectName("demo-project"))
        return try InProcessEmulator {
            $0.authentication = .strict
            $0.stores = [project]
        }
    }

    /// A request that is right but for these mistakes: each is signed as if it were none.
    private func request(_ scheme: Scheme, with mistakes: Set<Step>) -> HTTPRequest {
        let (method, target, body) = ("POST", "/logstores/app/index", Array(#"{"line":{}}"#.utf8))
        let signedBody = mistakes.contains(.body) ? Array("{}".utf8) : body
        var headers: HTTPHeaders = [
            "Host": "demo-project.localhost", "x-log-apiversion": mistakes.contains(.version) ? "0.5.0" : "0.6.0",
        ]
        let key = mistakes.contains(.key) ? "stranger" : "fake-id"
        let authorization: String
        switch scheme {
        case .v1:
            headers.append("Date", mistakes.contains(.date) ? "yesterday" : "Tue, 05 Mar 2024 06:07:08 GMT")
            headers.append("Content-MD5", Digest.md5Hex(signedBody))
            headers.append("x-log-signaturemethod", mistakes.contains(.method) ? "hmac-md5" : "hmac-sha1")
            let signature = SignatureV1(
                method: method, path: target, query: [], headers: headers.map { (name: $0.name, value: $0.value) }
            ).signature(secret: "fake-secret")
            authorization = "LOG \(key):\(mistakes.contains(.signature) ? "AAAA" : signature)"
        case .v4:
            let date = mistakes.contains(.date) ? "yesterday" : "20240305T060708Z"
            headers.append("x-log-date", date)
            headers.append("x-log-content-sha256", Digest.sha256Hex(signedBody))
            let right = SignatureV4(
                method: method, path: target, query: [], headers: headers.map { (name: $0.name, value: $0.value) }
            ).authorization(
                keyID: key, secret: "fake-secret", date: date,
                scope: SignatureV4.Scope(day: "20240305", region: "cn-hangzhou"))
            let signed = right.firstRange(of: "Signature=").map { right[..<$0.upperBound] } ?? ""
            authorization = mistakes.contains(.signature) ? signed + "AAAA" : right
        }
        headers.append("Authorization", mistakes.contains(.form) ? "nonsense" : authorization)
        return HTTPRequest(method: method, target: target, headers: headers, body: body)
    }

    @Test(arguments: CheckOrderTests.pairs)
    func `of two mistakes the earlier is told`(scheme: Scheme, first: Step, second: Step) throws {
        let answer = try server().turn([request(scheme, with: [first, second])])[0]
        #expect(answer.status == first.refusal.status)
        #expect(answer.errorCode == first.refusal.code)
        #expect(answer.text.contains(first.refusal.text), "\(answer.text)")
    }

    @Test(arguments: Scheme.allCases) func `without a mistake the call itself is answered`(scheme: Scheme) throws {
        #expect(try server().turn([request(scheme, with: [])])[0].errorCode == "LogStoreNotExist")
    }

    @Test(arguments: Scheme.allCases)
    func `a request without Authorization is told that before all else`(scheme: Scheme) throws {
        let wrong = request(scheme, with: [.version, .date, .body])
        var headers = HTTPHeaders()
        for (name, value) in wrong.headers where name != "Authorization" { headers.append(name, value) }
        let unsigned = HTTPRequest(method: wrong.method, target: wrong.target, headers: headers, body: wrong.body)
        let answer = try server().turn([unsigned])[0]
        #expect(answer.status == 401 && answer.errorCode == "Unauthorized")
    }
}
