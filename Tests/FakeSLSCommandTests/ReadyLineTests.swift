import Testing

@testable import fake_sls

@Suite struct ReadyLineTests {
    @Test func `absent listeners are left out`() {
        let line = ReadyLine(http: ["127.0.0.1:10180"], https: [], authorityPath: "/tmp/x/ca.pem", processID: 123)
        #expect(line.text == #"{"event":"ready","http":"127.0.0.1:10180","ca":"/tmp/x/ca.pem","pid":123}"# + "\n")
    }

    @Test func `with several hosts the first is named, and listeners holds all`() {
        let line = ReadyLine(
            http: ["127.0.0.1:1", "[::1]:1"], https: ["127.0.0.1:2", "[::1]:2"], authorityPath: "/ca.pem", processID: 1)
        #expect(
            line.text == #"{"event":"ready","http":"127.0.0.1:1","https":"127.0.0.1:2","listeners":"#
                + #"["http://127.0.0.1:1","http://[::1]:1","https://127.0.0.1:2","https://[::1]:2"],"#
                + #""ca":"/ca.pem","pid":1}"# + "\n")
    }

    @Test func `a path with odd characters stays one JSON text`() {
        let line = ReadyLine(http: [], https: [], authorityPath: "/a\"b\\c\nd/ca.pem", processID: 1)
        #expect(line.text.contains(#""ca":"/a\"b\\c\u000ad/ca.pem""#))
    }
}
