internal import CHTTPParser
import Glibc
import System

/// Writes the heads of answers; holds the text of the current second's date.
struct ResponseHeadWriter {
    private var second = -1
    private var date: [UInt8] = []

    /// The head of an answer, with the blank line that ends it.
    ///
    /// - Parameters:
    ///   - carriesBody: Whether the status allows a body; the length is then announced.
    ///   - connection: The value of `Connection`; nil leaves the field out.
    mutating func head(for response: HTTPResponse, carriesBody: Bool, connection: String?) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(512)
        head.append(contentsOf: "HTTP/1.1 \(response.status) ".utf8)
        head.append(contentsOf: Self.reason(response.status).utf8)
        head.append(contentsOf: "\r\n".utf8)
        response.headers.write(to: &head, except: Self.ownFields)
        if !response.headers.contains("Date") {
            refreshDate()
            head.append(contentsOf: date)
        }
        if carriesBody { head.append(contentsOf: "Content-Length: \(response.body.count)\r\n".utf8) }
        if let connection { head.append(contentsOf: "Connection: \(connection)\r\n".utf8) }
        head.append(contentsOf: "\r\n".utf8)
        return head
    }

    /// The fields that say where a message ends, and what becomes of the connection.
    private static let ownFields = ["content-length", "connection", "transfer-encoding", "keep-alive"]

    private static func reason(_ status: Int) -> String {
        guard let known = unsafe http_status_str(http_status(rawValue: UInt32(clamping: status))) else { return "" }
        let text = unsafe String(cString: known)
        return text.hasPrefix("<") ? "Status" : text
    }

    private mutating func refreshDate() {
        let now = Int(WallClock.nanoseconds() / 1_000_000_000)
        guard now != second else { return }
        second = now
        var time = time_t(now)
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let count = unsafe strftime(&text, text.count, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts)
        date = text.prefix(count).map { UInt8(bitPattern: $0) }
    }
}
