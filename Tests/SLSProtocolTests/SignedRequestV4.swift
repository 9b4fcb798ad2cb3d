import SLSProtocol
import Testing

/// One request of the official Python SDK, the text it signed by V4 and what it signed it with.
struct SignedRequestV4: Sendable, CustomTestStringConvertible {
    let name: String
    let method: String
    let path: String
    let query: [(String, String?)]
    let headers: [(String, String)]
    let body: String
    let text: String
    let digest: String
    let signature: String
    var testDescription: String { name }

    static let scope = SignatureV4.Scope(day: "20240305", region: "cn-hangzhou")
    static let date = "20240305T060708Z"

    static let all = [
        SignedRequestV4(
            name: "V4-a", method: "GET", path: "/logstores/demo-logstore/shards/0",
            query: [("type", "cursor"), ("from", "begin")],
            headers: [
                ("x-log-date", "20240305T060708Z"),
                ("x-log-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                ("x-log-bodyrawsize", "0"),
                ("x-log-apiversion", "0.6.0"),
                ("host", "demo-project.cn-hangzhou.log.aliyuncs.com"),
                ("content-type", "application/json"),
                ("User-Agent", "not signed"),
            ],
            body: "",
            text: "GET\n/logstores/demo-logstore/shards/0\nfrom=begin&type=cursor\n"
                + "content-type:application/json\nhost:demo-project.cn-hangzhou.log.aliyuncs.com\n"
                + "x-log-apiversion:0.6.0\nx-log-bodyrawsize:0\n"
                + "x-log-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
                + "x-log-date:20240305T060708Z\n\n"
                + "content-type;host;x-log-apiversion;x-log-bodyrawsize;x-log-content-sha256;x-log-date\n"
                + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            digest: "1dfa68ab6918096e2351d2b0444dfc2855abdda17b328bdeda3079e11b758ace",
            signature: "333974a5e373fdef3a3347106aa51c1723620bacc742a7c245a11e118805e0be"),
        SignedRequestV4(
            name: "V4-b", method: "POST", path: "/logstores/demo-logstore/shards/route",
            query: [("key", "14d2f850ad6ea48e46e4547edbbb27e0")],
            headers: [
                ("x-log-date", "20240305T060708Z"),
                ("x-log-content-sha256", "1032ca43c8b44481b822e4d8af6129d689844767551a400e175106b732a98144"),
                ("x-log-compresstype", "lz4"),
                ("x-log-bodyrawsize", "79"),
                ("x-log-apiversion", "0.6.0"),
                ("host", "demo-project.cn-hangzhou.log.aliyuncs.com"),
                ("content-type", "application/x-protobuf"),
                ("User-Agent", "not signed"),
            ],
            body: "ff100a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f"
                + "20060004f00a2500fb8c051a07746f7069632d6122093139322e302e322e31",
            text: "POST\n/logstores/demo-logstore/shards/route\nkey=14d2f850ad6ea48e46e4547edbbb27e0\n"
                + "content-type:application/x-protobuf\nhost:demo-project.cn-hangzhou.log.aliyuncs.com\n"
                + "x-log-apiversion:0.6.0\nx-log-bodyrawsize:79\nx-log-compresstype:lz4\n"
                + "x-log-content-sha256:1032ca43c8b44481b822e4d8af6129d689844767551a400e175106b732a98144\n"
                + "x-log-date:20240305T060708Z\n\n"
                + "content-type;host;x-log-apiversion;x-log-bodyrawsize;x-log-compresstype;x-log-content-sha2"
                + "56;x-log-date\n"
                + "1032ca43c8b44481b822e4d8af6129d689844767551a400e175106b732a98144",
            digest: "1a79c3d2d08086a2c3dad03aa5304886638061f6f8ea51ebb9b421784b2d4743",
            signature: "178708a392fbe0f8bc9dc1fcff5e3078877fc67632dc325569712d686a7f2c47"),
        SignedRequestV4(
            name: "V4-c", method: "GET", path: "/logstores/demo-logstore/shards/3",
            query: [
                ("type", "log"), ("query", "* | where a = 'x y/z'"), ("pullMode", "scan_on_stream"),
                ("cursor", "MTcwOTYxODgyODAwMDAwMDAwMA=="), ("count", "100"),
            ],
            headers: [
                ("x-log-date", "20240305T060708Z"),
                ("x-log-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                ("x-log-bodyrawsize", "0"),
                ("x-log-apiversion", "0.6.0"),
                ("host", "demo-project.cn-hangzhou.log.aliyuncs.com"),
                ("User-Agent", "not signed"),
            ],
            body: "",
            text: "GET\n/logstores/demo-logstore/shards/3\n"
                + "count=100&cursor=MTcwOTYxODgyODAwMDAwMDAwMA%3D%3D&pullMode=scan_on_stream&query=%2A%20%7C%"
                + "20where%20a%20%3D%20%27x%20y%2Fz%27&type=log\n"
                + "host:demo-project.cn-hangzhou.log.aliyuncs.com\nx-log-apiversion:0.6.0\nx-log-bodyrawsize:0\n"
                + "x-log-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
                + "x-log-date:20240305T060708Z\n\n"
                + "host;x-log-apiversion;x-log-bodyrawsize;x-log-content-sha256;x-log-date\n"
                + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            digest: "de8743fe35c820868f49634eaf6c2bebf5007887be18d7715ecb2d90deaff650",
            signature: "998ad4797ed3b114c5ef585b576d0254bfcf8e43a085be5633d3628336f1f3bc"),
        SignedRequestV4(
            name: "V4-d", method: "POST", path: "/logstores/demo-logstore/consumergroups/cg-1",
            query: [("type", "heartbeat"), ("consumer", "consumer 1/中")],
            headers: [
                ("x-log-date", "20240305T060708Z"),
                ("x-log-content-sha256", "923682bea6d517dc178d480c88e129e485ed902f4fa024866666658cd4ea6836"),
                ("x-log-apiversion", "0.6.0"),
                ("x-acs-security-token", "sts-token-1"),
                ("host", "demo-project.cn-hangzhou.log.aliyuncs.com"),
                ("content-type", "application/json"),
                ("User-Agent", "not signed"),
            ],
            body: "5b302c20315d",
            text: "POST\n/logstores/demo-logstore/consumergroups/cg-1\n"
                + "consumer=consumer%201%2F%E4%B8%AD&type=heartbeat\ncontent-type:application/json\n"
                + "host:demo-project.cn-hangzhou.log.aliyuncs.com\nx-acs-security-token:sts-token-1\n"
                + "x-log-apiversion:0.6.0\n"
                + "x-log-content-sha256:923682bea6d517dc178d480c88e129e485ed902f4fa024866666658cd4ea6836\n"
                + "x-log-date:20240305T060708Z\n\n"
                + "content-type;host;x-acs-security-token;x-log-apiversion;x-log-content-sha256;x-log-date\n"
                + "923682bea6d517dc178d480c88e129e485ed902f4fa024866666658cd4ea6836",
            digest: "4c8c3326eb85ef87f95297c7b771664d539af35d1f3b92e7eda97f3a33b60b4e",
            signature: "66cf603ebb829e121e9b03ec1401e1fe86d92dc4a2188eb497025d0ff4472873"),
    ]
}
