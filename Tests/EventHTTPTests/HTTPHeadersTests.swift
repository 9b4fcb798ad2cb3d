import EventHTTP
import Testing

@Suite struct HTTPHeadersTests {
    private let headers: HTTPHeaders = ["Content-Type": "a/b", "x-log-a": "1", "X-Log-A": "2", "Empty": ""]

    @Test func `names are found in any case, the first one first`() {
        #expect(headers["content-type"] == "a/b")
        #expect(headers["X-LOG-A"] == "1")
        #expect(headers.all("x-log-a") == ["1", "2"])
        #expect(headers["empty"] == "")
        #expect(headers["x-log"] == nil)
        #expect(headers.all("none").isEmpty)
    }

    @Test func `order and case are kept`() {
        #expect(headers.map { $0.name } == ["Content-Type", "x-log-a", "X-Log-A", "Empty"])
        #expect(headers.count == 4)
        #expect(headers.description == "Content-Type: a/b\nx-log-a: 1\nX-Log-A: 2\nEmpty: ")
    }

    @Test func `equal means the same fields in the same order`() {
        #expect(headers == ["Content-Type": "a/b", "x-log-a": "1", "X-Log-A": "2", "Empty": ""])
        #expect(headers != ["content-type": "a/b", "x-log-a": "1", "X-Log-A": "2", "Empty": ""])
        #expect(headers != HTTPHeaders())
    }

    @Test func `a value cannot smuggle in a line`() {
        var headers = HTTPHeaders()
        headers.append("x-echo", "a\r\nSet-Cookie: b\0")
        #expect(headers["x-echo"] == "a  Set-Cookie: b ")
    }
}
