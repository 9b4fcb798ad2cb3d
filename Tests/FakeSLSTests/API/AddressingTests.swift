import Testing

@testable import FakeSLS

struct AddressingTests {
    @Test(arguments: [
        ("demo.cn-hangzhou.log.aliyuncs.com", "demo"),
        ("DEMO.cn-hangzhou.log.aliyuncs.com:80", "demo"),
        ("demo.cn-hangzhou-intranet.log.aliyuncs.com", "demo"),
        ("demo.cn-hangzhou.sls.aliyuncs.com", "demo"),
        ("demo.log-global.aliyuncs.com", "demo"),
        ("demo.localhost:10180", "demo"),
        ("demo.127.0.0.1:8080", "demo"),
        ("demo.fake.test", "demo"),
        ("demo.sls.corp.example.com", "demo"),
        ("demo.cn-hangzhou.log.aliyuncs.com.", "demo"),
        ("demo.cn-hangzhou.log.aliyuncs.com.:80", "demo"),
        ("demo.localhost.", "demo"),
        ("cn-hangzhou.log.aliyuncs.com", nil),
        ("cn-hangzhou.log.aliyuncs.com.", nil),
        ("cn-hangzhou.log.aliyuncs.com.:80", nil),
        ("localhost.", nil),
        ("log.aliyuncs.com", nil),
        ("log-global.aliyuncs.com", nil),
        ("localhost:10180", nil),
        ("127.0.0.1:10180", nil),
        ("[::1]:10180", nil),
        ("fake-sls", nil),
        ("", nil),
    ])
    func `the host name decides the project`(host: String, project: String?) {
        let addressing = Addressing()
        #expect(addressing.project(target: RequestTarget("/logstores"), host: host, projectHeader: nil) == project)
    }

    @Test func `a configured base domain is no project's name`() {
        let addressing = Addressing(baseDomains: ["SLS.corp.example.com"])
        let target = RequestTarget("/")
        #expect(addressing.project(target: target, host: "sls.corp.example.com", projectHeader: nil) == nil)
        #expect(addressing.project(target: target, host: "demo.sls.corp.example.com", projectHeader: nil) == "demo")
    }

    @Test func `the authority of an absolute target counts before the host`() {
        let target = RequestTarget("http://demo.cn-hangzhou.log.aliyuncs.com:80/logstores?size=1")
        #expect(Addressing().project(target: target, host: "127.0.0.1:10180", projectHeader: nil) == "demo")
        #expect(target.path == "/logstores")
        #expect(target.value("size") == "1")
    }

    @Test func `the project header counts before any host`() {
        let target = RequestTarget("/logstores")
        #expect(Addressing().project(target: target, host: "127.0.0.1", projectHeader: "demo") == "demo")
    }

    @Test func `a metric write names the project in its path`() {
        let target = RequestTarget("/prometheus/demo/metrics/api/v1/write")
        #expect(Addressing().project(target: target, host: "127.0.0.1", projectHeader: nil) == "demo")
    }
}

struct RequestTargetTests {
    @Test func `segments are decoded one by one, so that a slash in a name stays in it`() {
        let target = RequestTarget("/logstores/app/consumergroups/a%2Fb%20c%E4%B8%AD")
        #expect(target.segments == ["logstores", "app", "consumergroups", "a/b c中"])
        #expect(target.path == "/logstores/app/consumergroups/a%2Fb%20c%E4%B8%AD")
    }

    @Test func `a plus is a space in the query and a plus in the path`() {
        let target = RequestTarget("/a+b?c=d+e%2Bf&g&h=&c=second")
        #expect(target.segments == ["a+b"])
        #expect(target.value("c") == "d e+f")
        #expect(target.value("g") == "")
        #expect(target.query[1] == RequestTarget.Parameter(name: "g", value: nil))
        #expect(target.query[2] == RequestTarget.Parameter(name: "h", value: ""))
        #expect(target.value("absent") == nil)
    }

    @Test func `a percent sign that begins no code stays as it is`() {
        #expect(RequestTarget("/100%/%zz/%4").segments == ["100%", "%zz", "%4"])
    }

    @Test func `a slash at the end is noted and makes no segment`() {
        #expect(RequestTarget("/logstores/").segments == ["logstores"])
        #expect(RequestTarget("/logstores/").hasTrailingSlash)
        #expect(RequestTarget("/").segments == [])
        #expect(!RequestTarget("/").hasTrailingSlash)
        #expect(RequestTarget("http://demo.localhost").path == "/")
        #expect(RequestTarget("http://demo.localhost?size=1").value("size") == "1")
    }
}
