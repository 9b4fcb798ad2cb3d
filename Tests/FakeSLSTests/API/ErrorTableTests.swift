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
        var body = ""
        var host: String?
        var mode = EmulatorConfiguration.Authentication.lenient
        var testDescription: String { "\(code) \(method) \(target)" }

        init(
            _ code: String, _ status: Int, _ method: String, _ target: String, _ headers: [(String, String)] = [],
            body: String = "", host: String? = nil, mode: EmulatorConfiguration.Authentication = .lenient
        ) {
            (self.code, self.status, self.method, self.target) = (code, status, method, target)
            (self.headers, self.body, self.host, self.mode) = (headers, body, host, mode)
        }
    }

    private static let signed = ("Authorization", "LOG fake-id:c2ln")
    private static let proto = ("Content-Type", "application/x-protobuf")
    private static let date = ("Date", "Tue, 05 Mar 2024 06:07:08 GMT")
    private static let store = #"{"logstoreName":"app","ttl":1,"shardCount":1}"#
    private static let put = "/logstores/app/shards/lb"
    private static let pull = "/logstores/app/shards/0?type=log&cursor="
    private static let group = "/logstores/app/consumergroups/cg"

    static let all = addressing + access + stores + shards + groups + documents

    private static let addressing = [
        Case("InvalidHost", 400, "GET", "/logstores", host: "127.0.0.1"),
        Case("InvalidMethod", 405, "PUT", "/logstores"),
        Case("NotSupported", 400, "GET", "/logs"),
        Case("MissingParameter", 400, "GET", "/logstores/app/shards/0"),
        Case("ParameterInvalid", 400, "GET", "/logstores?size=501"),
    ]

    private static let access = [
        Case("Unauthorized", 401, "GET", "/logstores", mode: .strict),
        Case("Unauthorized", 401, "GET", "/logstores", [("Authorization", "LOG who:c2ln"), date], mode: .strict),
        Case("MissAccessKeyId", 400, "GET", "/logstores", [("Authorization", "LOG :c2ln")], mode: .strict),
        Case("ParameterInvalid", 400, "GET", "/logstores", [("Authorization", "Basic YTpi")], mode: .strict),
        Case("MissingDate", 400, "GET", "/logstores", [signed], mode: .strict),
        Case("InvalidRequestTime", 400, "GET", "/logstores", [signed, ("Date", "now")], mode: .strict),
        Case(
            "RequestTimeExpired", 400, "GET", "/logstores", [signed, ("Date", "Tue, 05 Mar 2024 07:07:08 GMT")],
            mode: .strict),
        Case("MissingSignatureMethod", 400, "GET", "/logstores", [signed, date], mode: .strict),
        Case(
            "InvalidSignatureMethod", 400, "GET", "/logstores", [signed, date, ("x-log-signaturemethod", "md5")],
            mode: .strict),
        Case(
            "SignatureNotMatch", 401, "GET", "/logstores", [signed, date, ("x-log-signaturemethod", "hmac-sha1")],
            mode: .strict),
        Case("SignatureNotMatch", 401, "POST", put, [("Content-MD5", "00")], body: "x"),
    ]

    private static let stores = [
        Case("ProjectNotExist", 404, "GET", "/", host: "none.localhost"),
        Case("ProjectAlreadyExist", 400, "POST", "/", body: #"{"projectName":"demo","description":""}"#),
        Case("LogStoreNotExist", 404, "GET", "/logstores/none"),
        Case("LogStoreAlreadyExist", 400, "POST", "/logstores", body: store),
        Case("LogStoreInfoInvalid", 400, "POST", "/logstores", body: #"{"logstoreName":"X","ttl":1,"shardCount":1}"#),
        Case("IndexConfigNotExist", 400, "GET", "/logstores/app/index"),
        Case("IndexInfoInvalid", 400, "POST", "/logstores/app/index", body: "{}"),
        Case("PostBodyInvalid", 400, "POST", "/tag", body: "{}"),
    ]

    private static let shards = [
        Case("ShardNotExist", 400, "GET", "/logstores/app/shards/77?type=cursor&from=begin"),
        Case("ParameterInvalid", 400, "GET", pull + "nonsense"),
        Case("MissingContentType", 400, "POST", put, body: "x"),
        Case("PostBodyInvalid", 400, "POST", put, [proto], body: "not protobuf"),
        Case("InvalidCompressType", 400, "POST", put, [proto, ("x-log-compresstype", "snappy")], body: "x"),
        Case("MissingBodyRawSize", 400, "POST", put, [proto, ("x-log-compresstype", "lz4")], body: "x"),
        Case(
            "InvalidBodyRawSize", 400, "POST", put,
            [proto, ("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", "-1")],
            body: "x"),
        Case(
            "PostBodyUncompressError", 400, "POST", put,
            [proto, ("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", "9")], body: "xxxx"),
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
            "InvalidShardCheckPoint", 400, "POST", group + "?type=checkpoint&forceSuccess=true",
            body: #"{"shard":0,"checkpoint":"%"}"#),
        Case(
            "ShardNotExist", 404, "POST", group + "?type=checkpoint&forceSuccess=true",
            body: #"{"shard":77,"checkpoint":"MTIz"}"#),
    ]

    private static let documents = [
        Case("MachineGroupNotExist", 404, "GET", "/machinegroups/none"),
        Case("MachineGroupAlreadyExist", 400, "POST", "/machinegroups", body: #"{"groupName":"taken"}"#),
        Case("InvalidParameter", 400, "POST", "/machinegroups", body: "{}"),
        Case("ConfigNotExist", 404, "GET", "/configs/none"),
        Case("ConfigAlreadyExist", 400, "POST", "/configs", body: #"{"configName":"taken"}"#),
        Case("SavedSearchNotExist", 404, "GET", "/savedsearches/none"),
        Case("DashboardNotExist", 404, "GET", "/dashboards/none"),
        Case("JobNotExist", 404, "GET", "/jobs/none"),
        Case("NoSuchCname", 404, "DELETE", "/domains/none"),
        Case("CnameAlreadyExists", 400, "POST", "/domains", body: #"{"domainName":"taken"}"#),
        Case("ShipperNotExist", 400, "GET", "/logstores/app/shipper/none"),
    ]

    @Test(arguments: ErrorTableTests.all)
    func `each error has its code, its status and its shape`(line: Case) throws {
        let server = try InProcessEmulator()
        server.makeLogstore()
        server.makeGroup()
        for (path, key) in [("machinegroups", "groupName"), ("configs", "configName"), ("domains", "domainName")] {
            server.send("POST", "/\(path)", json: #"{"\#(key)":"taken"}"#)
        }
        var headers = HTTPHeaders()
        for (name, value) in line.headers { headers.append(name, value) }
        let request = server.request(
            line.method, line.target, headers, body: Array(line.body.utf8), host: line.host)
        // Modes differ in who is let in alone; the strict one needs no stores of its own to refuse.
        let asked = line.mode == .lenient ? server : try InProcessEmulator { $0.authentication = line.mode }
        let answer = asked.turn([request])[0]
        #expect(answer.errorCode == line.code)
        #expect(answer.status == line.status)
        #expect(try !answer.decoded(ErrorBody.self).errorMessage.isEmpty)
        #expect(answer.headers["x-log-requestid"]?.count == 24)
    }
}
