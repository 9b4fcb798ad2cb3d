import EventHTTP
import SLSProtocol
import TestKit
import Testing

@testable import FakeSLS

/// The codes of the service's error pages, each provoked once over the whole way that a request goes.
struct ErrorTableTests {
    /// One line of the table: what is sent to get the error.
    struct Case: CustomTestStringConvertible, Sendable {
        let code: String
        let status: Int
        let method: String
        let target: String
        var headers: [(String, String)] = []
        var body: [UInt8]
        var host: String? = "demo.cn-hangzhou.log.aliyuncs.com"
        var version: String? = "0.6.0"
        /// JSON requests sent before it, each of method, target and body.
        var before: [(String, String, String)] = []
        /// An emulator of its own, without stores; nil for the usual one, which has some.
        var configure: (@Sendable (inout EmulatorConfiguration) -> Void)?
        var testDescription: String { "\(code) \(method) \(target)" }

        init(
            _ code: String, _ status: Int, _ method: String, _ target: String, _ headers: [(String, String)] = [],
            body: String = ""
        ) {
            (self.code, self.status, self.method, self.target) = (code, status, method, target)
            (self.headers, self.body) = (headers, Array(body.utf8))
        }

        /// The same line with something else changed.
        func with(_ change: (inout Case) -> Void) -> Case {
            var line = self
            change(&line)
            return line
        }

        /// The same line, sent to an emulator that lets in only who signs.
        var strict: Case { with { $0.configure = { $0.authentication = .strict } } }

        /// The same line, sent to an emulator whose rate is used up from the start.
        func without(_ rate: Limits.Rate) -> Case { with { $0.configure = { $0.limits[rate] = 0 } } }
    }

    private static let signed = ("Authorization", "LOG fake-id:c2ln")
    private static let proto = ("Content-Type", "application/x-protobuf")
    private static let date = ("Date", "Tue, 05 Mar 2024 06:07:08 GMT")
    private static let store = #"{"logstoreName":"app","ttl":1,"shardCount":1}"#
    private static let put = "/logstores/app/shards/lb"
    private static let pull = "/logstores/app/shards/0?type=log&count=1&cursor="
    private static let group = "/logstores/app/consumergroups/cg"
    private static let index = #"{"line":{"token":[","]}}"#

    static let all = addressing + access + stores + shards + bodies + groups + documents + quotas

    private static let addressing = [
        Case("MissingHost", 400, "GET", "/logstores").with { $0.host = nil },
        Case("InvalidHost", 400, "GET", "/logstores").with { $0.host = "127.0.0.1" },
        Case("InvalidMethod", 405, "PUT", "/logstores"),
        Case("NotFound", 404, "GET", "/no/such/path"),
        Case("NotSupported", 400, "GET", "/logs"),
        Case("MissingParameter", 400, "GET", "/logstores/app/shards/0"),
        Case("ParameterInvalid", 400, "GET", "/logstores?size=501"),
    ]

    private static let access = [
        Case("Unauthorized", 401, "GET", "/logstores").strict,
        Case("Unauthorized", 401, "GET", "/logstores", [("Authorization", "LOG who:c2ln"), date]).strict,
        Case("Unauthorized", 401, "GET", "/logstores/app/track?APIVersion=0.6.0&k=v"),
        Case("MissAccessKeyId", 400, "GET", "/logstores", [("Authorization", "LOG :c2ln")]).strict,
        Case("ParameterInvalid", 400, "GET", "/logstores", [("Authorization", "Basic YTpi")]).strict,
        Case("MissingAPIVersion", 400, "GET", "/logstores", [signed]).with { $0.version = nil },
        Case("InvalidAPIVersion", 400, "GET", "/logstores", [signed]).strict.with { $0.version = "0.5.0" },
        Case("MissingDate", 400, "GET", "/logstores", [signed]).strict,
        Case("InvalidRequestTime", 400, "GET", "/logstores", [signed, ("Date", "now")]).strict,
        Case("RequestTimeExpired", 400, "GET", "/logstores", [signed, ("Date", "Tue, 05 Mar 2024 07:07:08 GMT")])
            .strict,
        Case("MissingSignatureMethod", 400, "GET", "/logstores", [signed, date]).strict,
        Case(
            "InvalidSignatureMethod", 400, "GET", "/logstores", [signed, date, ("x-log-signaturemethod", "md5")]
        ).strict,
        Case(
            "SignatureNotMatch", 401, "GET", "/logstores", [signed, date, ("x-log-signaturemethod", "hmac-sha1")]
        ).strict,
        Case("SignatureNotMatch", 401, "POST", put, [("Content-MD5", "00")], body: "x"),
    ]

    private static let stores = [
        Case("ProjectNotExist", 404, "GET", "/").with { $0.host = "none.localhost" },
        Case("ProjectAlreadyExist", 400, "POST", "/", body: #"{"projectName":"demo","description":""}"#),
        Case("LogStoreNotExist", 404, "GET", "/logstores/none"),
        Case("LogStoreAlreadyExist", 400, "POST", "/logstores", body: store),
        Case("LogStoreInfoInvalid", 400, "POST", "/logstores", body: #"{"logstoreName":"X","ttl":1,"shardCount":1}"#),
        Case("IndexConfigNotExist", 400, "GET", "/logstores/app/index"),
        Case("IndexInfoInvalid", 400, "POST", "/logstores/app/index", body: "{}"),
        Case("IndexAlreadyExist", 400, "POST", "/logstores/app/index", body: index).with {
            $0.before = [("POST", "/logstores/app/index", index)]
        },
        Case("PostBodyInvalid", 400, "POST", "/tag", body: "{}"),
        Case("LoggingNotExist", 404, "GET", "/logging"),
        Case("LoggingAlreadyExist", 400, "POST", "/logging", body: "{}").with {
            $0.before = [("POST", "/logging", "{}")]
        },
    ]

    private static let shards = [
        Case("ShardNotExist", 400, "GET", "/logstores/app/shards/77?type=cursor&from=begin"),
        Case("ParameterInvalid", 400, "GET", pull + "nonsense"),
        Case("InvalidCursor", 400, "GET", pull + "MTIz"),
        Case("InvalidAcceptEncoding", 400, "GET", pull + "MTIz", [("Accept-Encoding", "snappy")]),
        Case("InvalidSequenceId", 400, "POST", "/logstores/app/shards/route?key=00&seqid=7", [proto], body: "x").with {
            let logs = #"{"__logs__":[{"k":"v"}]}"#
            $0.before = [("POST", "/logstores/app/shards/route?key=00&seqid=7", logs)]
        },
    ]

    private static let bodies = [
        Case("MissingContentType", 400, "POST", put, body: "x"),
        Case("InvalidContentType", 415, "POST", put, [("Content-Type", "text/plain")], body: "x"),
        Case("MissingContentLength", 411, "POST", put, [proto]),
        Case("PostBodyInvalid", 400, "POST", put, [proto], body: "not protobuf"),
        Case(
            "PostBodyTooLarge", 413, "POST", put,
            [proto, ("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", "10485761")], body: "x"),
        Case("InvalidCompressType", 400, "POST", put, [proto, ("x-log-compresstype", "snappy")], body: "x"),
        Case("MissingBodyRawSize", 400, "POST", put, [proto, ("x-log-compresstype", "lz4")], body: "x"),
        Case(
            "InvalidBodyRawSize", 400, "POST", put,
            [proto, ("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", "-1")],
            body: "x"),
        Case(
            "PostBodyUncompressError", 400, "POST", put,
            [proto, ("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", "9")], body: "xxxx"),
        Case("InvalidKey", 400, "POST", put, [proto]).with {
            let key = String(repeating: "k", count: 129)
            let log = LogGroup.Log(time: 1, contents: [LogGroup.Pair(key, "v")])
            $0.body = LogGroup(logs: [log]).serialized
            $0.configure = { $0.writes.checksLogContents = true }
        },
        Case("InternalServerError", 500, "POST", put, [proto]).with {
            $0.body = LogGroup.bytes(count: 5_000_000)
            $0.configure = { $0.storePageLimit = 60 }
        },
    ]

    private static let groups = [
        Case("ConsumerGroupNotExist", 404, "GET", "/logstores/app/consumergroups/none"),
        Case(
            "ConsumerGroupAlreadyExist", 400, "POST", "/logstores/app/consumergroups",
            body: #"{"consumerGroup":"cg","timeout":60,"order":false}"#),
        Case("JsonInfoInvalid", 400, "POST", "/logstores/app/consumergroups", body: "{}"),
        Case("NotExistConsumerWithBody", 400, "POST", group + "?type=heartbeat&consumer=c", body: "[0]"),
        Case(
            "ConsumerNotExist", 404, "POST", group + "?type=checkpoint&consumer=c",
            body: #"{"shard":0,"checkpoint":"MTIz"}"#),
        Case(
            "ConsumerNotMatch", 400, "POST", group + "?type=checkpoint&consumer=late",
            body: #"{"shard":0,"checkpoint":"MTIz"}"#
        ).with {
            $0.before = ["early", "late"].map { ("POST", group + "?type=heartbeat&consumer=\($0)", "[]") }
        },
        Case(
            "InvalidShardCheckPoint", 400, "POST", group + "?type=checkpoint&forceSuccess=true",
            body: #"{"shard":0,"checkpoint":"%"}"#),
        Case(
            "ShardNotExist", 404, "POST", group + "?type=checkpoint&forceSuccess=true",
            body: #"{"shard":77,"checkpoint":"MTIz"}"#),
    ]

    /// The codes that begin with the name of a family are provoked for each family below.
    private static let documents = [
        Case("InvalidParameter", 400, "POST", "/machinegroups", body: "{}"),
        Case("ExceedQuota", 400, "POST", "/dashboards", body: #"{"dashboardName":"d"}"#).with {
            $0.configure = { $0.limits.dashboardsPerProject = 0 }
        },
    ]

    private static let quotas = [
        Case("ProjectQuotaExceed", 400, "POST", "/", body: #"{"projectName":"more","description":""}"#).with {
            $0.configure = { $0.limits.projects = 1 }
        },
        Case(
            "ConsumerGroupQuotaExceed", 400, "POST", "/logstores/app/consumergroups",
            body: #"{"consumerGroup":"more","timeout":60,"order":false}"#
        ).with { $0.configure = { $0.limits.consumerGroupsPerLogstore = 1 } },
        Case("WriteQuotaExceed", 403, "POST", put, [("Content-Type", "application/json")], body: logs)
            .without(.projectWriteCalls),
        Case("ShardWriteQuotaExceed", 403, "POST", put, [("Content-Type", "application/json")], body: logs)
            .without(.shardWriteCalls),
        Case("ReadQuotaExceed", 403, "GET", pull + "MTIz").without(.projectReadCalls),
        Case("ShardReadQuotaExceed", 403, "GET", pull + startCursor).without(.shardReadCalls),
        Case("MetaOperationQpsLimitExceeded", 403, "GET", "/logstores").without(.controlCalls),
    ]

    private static let logs = #"{"__logs__":[{"__time__":1709618828,"k":"v"}]}"#
    /// Where a shard begins that was made when the virtual clock starts.
    private static let startCursor = Cursor(number: 1_709_618_828_000_000_000).encoded

    /// What ended a connection before there was a request.
    static let violations: [(HTTPViolation, Int, String)] = [
        (.malformed(reason: "invalid HTTP method"), 400, "BadRequest"),
        (.truncated, 400, "BadRequest"),
        (.headTooLarge(limit: 65_536), 400, "BadRequest"),
        (.bodyTooLarge(limit: 10), 413, "PostBodyTooLarge"),
        (.unsupportedTransferCoding, 400, "BadRequest"),
        (.timedOut(limit: .seconds(60)), 500, "RequestTimeout"),
        (.tunnelRefused(target: "x:443"), 405, "InvalidMethod"),
    ]

    @Test(arguments: ErrorTableTests.all)
    func `each error has its code, its status and its shape`(line: Case) throws {
        let server = try InProcessEmulator { line.configure?(&$0) }
        server.makeLogstore(shards: 1)
        server.makeGroup()
        for (method, target, body) in line.before {
            #expect(server.send(method, target, json: body).status == 200)
        }
        var headers = HTTPHeaders()
        if let host = line.host { headers.append("Host", host) }
        if let version = line.version { headers.append("x-log-apiversion", version) }
        for (name, value) in line.headers { headers.append(name, value) }
        let request = HTTPRequest(method: line.method, target: line.target, headers: headers, body: line.body)
        let answer = server.turn([request])[0]
        #expect(answer.errorCode == line.code)
        #expect(answer.status == line.status)
        #expect(try !answer.decoded(ErrorBody.self).errorMessage.isEmpty)
        #expect(answer.headers["x-log-requestid"]?.count == 24)
    }

    @Test(arguments: DocumentFamily.all.map(\.noun))
    func `each family of documents has its two codes`(noun: String) throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        let family = try #require(DocumentFamily.all.first { $0.noun == noun })
        let path = family.path.replacing("{logstore}", with: "app")
        let unknown = server.send("GET", path + "/none")
        let error = family.notExist("none")
        #expect(unknown.errorCode == error.code.rawValue)
        #expect(unknown.status == error.status)
        let body = #"{"\#(family.nameKey)":"taken"}"#
        #expect(server.send("POST", path, json: body).status == 200)
        let taken = server.send("POST", path, json: body)
        #expect(taken.errorCode == family.alreadyExist.rawValue)
        #expect(taken.status == 400)
    }

    @Test func `a violation of HTTP is answered in the service's shape`() throws {
        let emulator = try InProcessEmulator().emulator
        for (violation, status, code) in Self.violations {
            let answer = emulator.violation(violation)
            #expect(answer.status == status)
            #expect(answer.errorCode == code)
            #expect(answer.headers["x-log-requestid"] != nil)
        }
    }
}
