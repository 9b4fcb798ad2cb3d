import SLSProtocol
import Testing

/// One request of the official Python SDK, the text it signed and what it signed it with.
struct SignedRequest: Sendable {
    let method: String
    let path: String
    let query: [(String, String?)]
    let headers: [(String, String)]
    let text: String
    let signature: String

    static let all = [
        SignedRequest(
            method: "GET", path: "/logstores/demo-logstore/shards/0", query: [("type", "cursor"), ("from", "begin")],
            headers: [
                ("Content-Type", "application/json"), ("Date", "Tue, 05 Mar 2024 06:07:08 GMT"),
                ("x-log-date", "Tue, 05 Mar 2024 06:07:08 GMT"), ("x-log-apiversion", "0.6.0"),
                ("x-log-bodyrawsize", "0"), ("x-log-signaturemethod", "hmac-sha1"),
            ],
            text: "GET\n\napplication/json\nTue, 05 Mar 2024 06:07:08 GMT\nx-log-apiversion:0.6.0\n"
                + "x-log-bodyrawsize:0\nx-log-signaturemethod:hmac-sha1\n"
                + "/logstores/demo-logstore/shards/0?from=begin&type=cursor",
            signature: "2W9gKQsDSvxBUP++0TH+YgSMU+E="),
        SignedRequest(
            method: "POST", path: "/logstores/demo-logstore/shards/route",
            query: [("key", "14d2f850ad6ea48e46e4547edbbb27e0")],
            headers: [
                ("Content-MD5", "D65CEFCFAA9605C4FF40E8DE218A72F2"), ("Content-Type", "application/x-protobuf"),
                ("Date", "Tue, 05 Mar 2024 06:07:08 GMT"), ("x-log-compresstype", "lz4"),
                ("x-log-bodyrawsize", "79"), ("x-log-apiversion", "0.6.0"), ("x-log-signaturemethod", "hmac-sha1"),
            ],
            text: "POST\nD65CEFCFAA9605C4FF40E8DE218A72F2\napplication/x-protobuf\nTue, 05 Mar 2024 06:07:08 GMT\n"
                + "x-log-apiversion:0.6.0\nx-log-bodyrawsize:79\nx-log-compresstype:lz4\n"
                + "x-log-signaturemethod:hmac-sha1\n"
                + "/logstores/demo-logstore/shards/route?key=14d2f850ad6ea48e46e4547edbbb27e0",
            signature: "qrhkW/Fta6iA+0qobg3s6Q+jNVc="),
        SignedRequest(
            method: "POST", path: "/logstores/demo-logstore/shards/lb", query: [],
            headers: [
                ("Content-MD5", "B63BF916F7B2BB23E11D3C8633999F72"), ("Content-Type", "application/x-protobuf"),
                ("Date", "Tue, 05 Mar 2024 06:07:08 GMT"), ("x-log-bodyrawsize", "55"),
                ("x-log-apiversion", " 0.6.0 "), ("X-Log-SignatureMethod", "hmac-sha1"),
            ],
            text: "POST\nB63BF916F7B2BB23E11D3C8633999F72\napplication/x-protobuf\nTue, 05 Mar 2024 06:07:08 GMT\n"
                + "x-log-apiversion:0.6.0\nx-log-bodyrawsize:55\nx-log-signaturemethod:hmac-sha1\n"
                + "/logstores/demo-logstore/shards/lb",
            signature: "OJAoBDiUWD46jV2JU9lS0PJH2s8="),
        SignedRequest(
            method: "GET", path: "/logstores/demo-logstore/shards/3",
            query: [
                ("type", "log"), ("cursor", "MTcwOTYxODgyODAwMDAwMDAwMA=="), ("count", "100"),
                ("query", "* | where a = 'x y/z'"), ("pullMode", "scan_on_stream"),
            ],
            headers: [
                ("Date", "Tue, 05 Mar 2024 06:07:08 GMT"), ("x-log-apiversion", "0.6.0"), ("x-log-bodyrawsize", "0"),
                ("x-log-signaturemethod", "hmac-sha1"),
            ],
            text: "GET\n\n\nTue, 05 Mar 2024 06:07:08 GMT\nx-log-apiversion:0.6.0\nx-log-bodyrawsize:0\n"
                + "x-log-signaturemethod:hmac-sha1\n"
                + "/logstores/demo-logstore/shards/3?count=100&cursor=MTcwOTYxODgyODAwMDAwMDAwMA==&"
                + "pullMode=scan_on_stream&query=* | where a = 'x y/z'&type=log",
            signature: "gaQI5jd6PtOVotQruwrKso8OsNE="),
        SignedRequest(
            method: "POST", path: "/logstores/demo-logstore/consumergroups/cg-1",
            query: [("type", "heartbeat"), ("consumer", "consumer 1/中")],
            headers: [
                ("Content-MD5", "264884439B70AB09A86BC848421C6DE6"), ("Content-Type", "application/json"),
                ("Date", "Tue, 05 Mar 2024 06:07:08 GMT"), ("x-log-apiversion", "0.6.0"),
                ("x-log-signaturemethod", "hmac-sha1"), ("x-acs-security-token", "sts-token-1"),
            ],
            text: "POST\n264884439B70AB09A86BC848421C6DE6\napplication/json\nTue, 05 Mar 2024 06:07:08 GMT\n"
                + "x-acs-security-token:sts-token-1\nx-log-apiversion:0.6.0\nx-log-signaturemethod:hmac-sha1\n"
                + "/logstores/demo-logstore/consumergroups/cg-1?consumer=consumer 1/中&type=heartbeat",
            signature: "4DdlDa73yxEk0ynlKrQVsx1W6fI="),
    ]
}

@Suite struct SignatureV1Tests {
    @Test(arguments: SignedRequest.all)
    func `the text and the signature are the official SDK's`(request: SignedRequest) {
        let signature = SignatureV1(
            method: request.method, path: request.path, query: request.query.map { (name: $0.0, value: $0.1) },
            headers: request.headers.map { (name: $0.0, value: $0.1) })
        #expect(signature.canonicalString == request.text)
        #expect(signature.signature(secret: Vectors.secret) == request.signature)
    }

    @Test func `a parameter without an equals sign stays bare and an empty one keeps it`() {
        let signature = SignatureV1(
            method: "GET", path: "/", query: [(name: "b", value: ""), (name: "a", value: nil)], headers: [])
        #expect(signature.canonicalString.hasSuffix("/?a&b="))
    }

    @Test func `names are sorted by their bytes, as the SDKs do`() {
        let query: [(name: String, value: String?)] = [
            (name: "f", value: "1"), (name: "é", value: "2"), (name: "e\u{301}", value: "3"), (name: "_", value: "4"),
            (name: "F", value: "5"),
        ]
        let text = "F=5&_=4&e\u{301}=3&f=1&é=2"
        let first = SignatureV1(method: "GET", path: "/", query: query, headers: [])
        #expect(Array(first.canonicalString.utf8) == Array("GET\n\n\n\n/?\(text)".utf8))
        let fourth = SignatureV4(method: "GET", path: "/", query: query, headers: [])
        #expect(Array(fourth.canonicalString.utf8) == Array("GET\n/\n\(text)\n\n\n".utf8))
    }

    @Test func `the digest of a heartbeat's body is the one in the vector`() {
        #expect(Digest.md5Hex(Array("[0, 1]".utf8)) == "264884439B70AB09A86BC848421C6DE6")
        #expect(
            Digest.sha256Hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `texts compare equal only when every byte is`() {
        #expect(Digest.isEqual("abc", "abc"))
        #expect(!Digest.isEqual("abc", "abd"))
        #expect(!Digest.isEqual("abc", "ab"))
    }
}
