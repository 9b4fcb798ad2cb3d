import SLSClient
import Testing

@testable import SLSClient

@Suite struct EndpointTests {
    @Test(
        arguments: [
            ("cn-hangzhou.log.aliyuncs.com", "http://demo.cn-hangzhou.log.aliyuncs.com", nil),
            ("http://cn-hangzhou.log.aliyuncs.com/", "http://demo.cn-hangzhou.log.aliyuncs.com", nil),
            ("HTTPS://CN-Hangzhou.log.aliyuncs.com", "https://demo.cn-hangzhou.log.aliyuncs.com", nil),
            ("  https://cn.log.aliyuncs.com:443//\n", "https://demo.cn.log.aliyuncs.com:443", nil),
            ("localhost:10180", "http://demo.localhost:10180", nil),
            ("fake-sls", "http://demo.fake-sls", nil),
            ("fake_sls:1", "http://demo.fake_sls:1", nil),
            ("127.0.0.1", "http://demo.127.0.0.1", "127.0.0.1:80"),
            ("127.0.0.1:10180", "http://demo.127.0.0.1:10180", "127.0.0.1:10180"),
            ("https://10.0.0.1", "https://demo.10.0.0.1", "10.0.0.1:443"),
            ("[::1]:10180", "http://demo.localhost:10180", "[::1]:10180"),
            ("::1", "http://demo.localhost", "[::1]:80"),
            ("https://[2001:db8::192.0.2.1]", "https://demo.localhost", "[2001:db8::192.0.2.1]:443"),
        ] as [(String, String, String?)]
    ) func `an endpoint leads to the project's URLs`(text: String, base: String, connectTo: String?) throws {
        let endpoint = try Endpoint(parsing: text)
        #expect(endpoint.base(project: "demo") == base)
        #expect(endpoint.connectTo(project: "demo") == connectTo)
        #expect(endpoint.connectTo(project: nil) == nil)
    }

    @Test func `without a project the service's own host is asked`() throws {
        #expect(try Endpoint(parsing: "[::1]:10180").base(project: nil) == "http://[::1]:10180")
        #expect(try Endpoint(parsing: "https://a.b").base(project: nil) == "https://a.b")
        #expect(try Endpoint(parsing: "https://A.b:8/").description == "https://a.b:8")
    }

    @Test(
        arguments: [
            ("", "no host name"), ("   ", "no host name"), ("https://", "no host name"), ("/logstores", "no host name"),
            ("ftp://a.b", "scheme"), ("://a.b", "scheme"), ("key:secret@a.b", "user names"), ("a.b:", "port \"\""),
            ("a.b:0", "port \"0\""), ("a.b:65536", "port \"65536\""), ("a.b:+80", "port \"+80\""),
            ("a.b:80x", "port \"80x\""), ("[::1]x", "port \"x\""), ("[::1", "neither"), ("[1.2.3.4]", "neither"),
            ("1:2:3", "neither"), ("1::2::3", "neither"), ("256.0.0.1", "neither"), ("1.2.3", "neither"),
            ("a.b/c", "\"/c\" does not belong here"), ("http://a.b?x", "\"?x\""), ("https://a.b:1//c/", "\"//c/\""),
            ("a.b#c", "\"#c\""), ("a..b", "neither"), (".a", "neither"), ("a.b.", "neither"), ("-a.b", "neither"),
            ("a b.c", "neither"),
            ("a\r\nHost: c", "port"), ("a\r\nb.c", "neither"), ("höst.de", "neither"), ("a.b%00", "neither"),
        ]
    ) func `what is no endpoint is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: EndpointError.self) { try Endpoint(parsing: text) }
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
        #expect("\(String(describing: error))".contains(text.debugDescription) == !text.contains("@"))
    }

    @Test(arguments: [
        "key:secret@a.b", "http://key:secret@a.b:1", "ftp://key:secret@a.b", "https://key:secret@",
        "http://key:sec/ret@a.b",
        "key:sec#ret@a.b", "key:sec?ret@a.b",
    ])
    func `no password is in the error`(text: String) {
        let error = #expect(throws: EndpointError.self) { try Endpoint(parsing: text) }
        #expect(error?.text == nil && error?.description.contains("ret") == false)
        #expect(error?.description.hasPrefix("endpoint: ") == true)
    }
}
