import Testing

@testable import SLSProtocol

@Suite struct SignatureV4Tests {
    private func signature(_ request: SignedRequestV4) -> SignatureV4 {
        SignatureV4(
            method: request.method, path: request.path, query: request.query.map { (name: $0.0, value: $0.1) },
            headers: request.headers.map { (name: $0.0, value: $0.1) })
    }

    @Test func `the signing key is made in the official SDK's four steps`() {
        let keys = SignatureV4.signingKeys(secret: Vectors.secret, scope: SignedRequestV4.scope)
        #expect(
            keys.map { Digest.hex($0) } == [
                "072fa759e085328c71d1eae686e8c575baa965a7896fca9f51ad7777c43853ee",
                "74f0f00bf69d0f31884b092a9784e652dc0ddd38c5c0ab3900bb42e734d8cb95",
                "a72f9a5060e013f7f13b07f6509609f07385795462d8e1b9275408cdaaa49c47",
                "109d8e69fbd14009aa059ce34e950f3120a0152210552b2b07dfe77b002b6b72",
            ])
    }

    @Test(arguments: SignedRequestV4.all)
    func `texts and signature are the official SDK's`(request: SignedRequestV4) {
        let signed = signature(request)
        let (date, scope) = (SignedRequestV4.date, SignedRequestV4.scope)
        #expect(signed.canonicalString == request.text)
        #expect(
            signed.stringToSign(date: date, scope: scope)
                == "SLS4-HMAC-SHA256\n\(date)\n20240305/cn-hangzhou/sls/aliyun_v4_request\n\(request.digest)")
        #expect(signed.signature(secret: Vectors.secret, date: date, scope: scope) == request.signature)
        #expect(
            signed.authorization(keyID: "testAccessKeyId", secret: Vectors.secret, date: date, scope: scope)
                == "SLS4-HMAC-SHA256 Credential=testAccessKeyId/20240305/cn-hangzhou/sls/aliyun_v4_request,"
                + "Signature=\(request.signature)")
    }

    @Test(arguments: SignedRequestV4.all)
    func `the digest of the body is the one that the SDK sent`(request: SignedRequestV4) {
        let digits = Array(request.body.utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        #expect(request.text.hasSuffix("\n\(Digest.sha256Hex(bytes))"))
    }

    @Test func `a parameter without a value stands bare, whether it had an equals sign or not`() {
        let signed = SignatureV4(
            method: "GET", path: "/", query: [(name: "b", value: ""), (name: "a", value: nil)], headers: [])
        #expect(signed.canonicalString == "GET\n/\na&b\n\n\n")
    }

    @Test func `values are encoded but for the unreserved, names are not`() {
        let signed = SignatureV4(
            method: "GET", path: "/", query: [(name: "n m", value: "aZ09-_.~ /+*'中")], headers: [])
        #expect(signed.canonicalString.contains("\nn m=aZ09-_.~%20%2F%2B%2A%27%E4%B8%AD\n"))
    }

    @Test func `a scope is read back, and any other text is none`() {
        let scope = SignatureV4.Scope("20240305/cn-hangzhou/sls/aliyun_v4_request")
        #expect(scope == SignedRequestV4.scope)
        for text in ["", "20240305/cn/sls", "20240305/cn/oss/aliyun_v4_request", "20240305//sls/aliyun_v4_request"] {
            #expect(SignatureV4.Scope(text) == nil)
        }
    }

    @Test func `dates are written and read in the compact form`() {
        let time = Timestamp(seconds: 1_709_618_828)
        #expect(time.compactDate == SignedRequestV4.date)
        #expect(Timestamp(compactDate: SignedRequestV4.date) == time)
        for text in ["", "20240305T060708", "20241305T060708Z", "20240305T2x0708Z", "2024-3-5T06:07:0Z"] {
            #expect(Timestamp(compactDate: text) == nil)
        }
    }
}
